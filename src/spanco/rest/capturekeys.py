"""Where programs hand in leads with a capture key: `POST /capture`, kept first like everything that strangers send."""

import asyncio

from spanco.kernel.errors import BadBody, BadHeader
from spanco.kernel.wire import decode, encode
from spanco.rest.errors import BadKey, MethodNotAllowed
from spanco.rest.pace import Pace
from spanco.rest.posts import MOST_BYTES, address_of, pairs
from spanco.rest.request import Request
from spanco.rest.responses import JSON, Answer
from spanco.rest.site import Site
from spanco.sales.actions.capture import Counter, Post
from spanco.sales.actions.doors import KEYS, digest
from spanco.sales.rules.forms import OPEN, read_pace
from spanco.store import capture
from spanco.store.capture import Door

PATH = "/capture"
_LONGEST_KEY, _LONGEST_ONCE = 200, 200
_REFUSED_PER_MINUTE = 60
_AT_ONCE = 2
"""So many are at the database at once: a flood of them waits for itself, and not staff for it."""


class CaptureKeys:
    """Answers `/capture`."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._counter = Counter(site.means.database, site.means.capture_secret)
        self._pace = Pace()
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def answer(self, request: Request) -> Answer:
        """202 with a receipt: the lead is kept, and made afterwards. Its own attributes are those of a lead."""
        if request.method != "POST":
            raise MethodNotAllowed({"POST"})
        address = address_of(request)
        door = await self._door(request.header(b"x-capture-key") or "", address)
        pace = read_pace(door.document)
        self._pace.take((door.id,), pace.all)
        request.media_type(("application/json",))
        lead = decode(await request.body(MOST_BYTES))
        if not isinstance(lead, dict):
            raise BadBody("", "Send one JSON object with the attributes of a lead.")
        once = request.header(b"idempotency-key") or ""
        if len(once) > _LONGEST_ONCE:
            raise BadHeader("Idempotency-Key", f"at most {_LONGEST_ONCE} characters are needed.")
        post = Post(pairs(request.query), address, once=once)
        async with self._turns:
            receipt = await self._counter.key(door, lead, post)
        place = f"{self._site.public_url or request.origin()}/form/receipt/{receipt.id}"
        headers = (*JSON, (b"location", place.encode()), (b"cache-control", b"no-store"))
        return Answer(202, encode({"id": receipt.id, "href": place}), headers)

    async def _door(self, secret: str, address: str) -> Door:
        """What a secret opens. Who guesses has few tries in a minute, and the secrets are too long to be guessed."""
        if 0 < len(secret) <= _LONGEST_KEY:
            async with self._turns, self._site.means.database.connected() as connection:
                door = await capture.door(connection, digest(secret).hex(), KEYS)
            if door and door.document.get("status") == OPEN:
                return door
        self._pace.take(("refused", address), _REFUSED_PER_MINUTE)
        raise BadKey
