"""Takes what strangers hand in: kept first, in one committed row, and processed after."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from spanco import clock, telemetry
from spanco.access.actor import Actor
from spanco.kernel.errors import KeyReused
from spanco.kernel.wire import Document, encode
from spanco.sales.rules.answers import is_trapped, is_worked
from spanco.sales.rules.forms import Form
from spanco.sales.rules.submissions import FORM, KEY, MAIL, REFUSED, SPAM, UNCONFIRMED, WAITING
from spanco.sales.rules.touches import tracking
from spanco.store import capture
from spanco.store.capture import Arrival, Door
from spanco.store.database import Connection, Database, atomic
from spanco.store.documents import Stamp
from spanco.work import Cause

CAPTURE = Cause("capture")
_TRAPPED, _IDLE, _REUSED = (
    "A field that people do not see was filled in.",
    "The work that the form asks for was not done.",
    "The stamp was used before, for another post.",
)


@dataclass(frozen=True, slots=True)
class Post:
    """What came in, and what is known of where it came from; `once` makes a repetition the same post."""

    content: Mapping[str, str]
    address: str = ""
    language: str = ""
    referrer: str = ""
    page: str = ""
    stamp: str = ""
    once: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender gets: the number of the submission, and whether it has to be confirmed."""

    id: str
    unconfirmed: bool = False


@dataclass(slots=True, eq=False)
class Counter:
    """Where posts are handed in. `secret` is what addresses are hashed with; empty: that of the database."""

    database: Database
    secret: str = field(default="", repr=False)

    async def form(self, door: Door, form: Form, post: Post) -> Receipt:
        """Keep a post to a form. What a program posted is kept too, and answered alike."""
        moment = clock.now()
        minute = int(moment.timestamp() // 60)
        trapped = is_trapped(form, post.content)
        spam = _TRAPPED if trapped else "" if is_worked(form, post.stamp, minute) else _IDLE
        tracked = tracking(post.content, post.referrer, post.page)
        content: Document = {"answers": dict(post.content), "tracked": tracked}
        state = SPAM if spam else UNCONFIRMED if form.hours else WAITING
        arrival = Arrival(
            tenant=door.tenant,
            id=clock.new_id(),
            origin=FORM,
            door=door.id,
            door_version=door.version,
            state=state,
            reason=spam or None,
            received_at=moment,
            content=encode(content),
            digest=_digest(content),
            language=post.language or None,
            address=await self._hashed(door.tenant, post.address),
            once=None if spam else post.stamp or post.once or None,
            expires_at=moment + timedelta(hours=form.hours) if state == UNCONFIRMED else None,
            due_at=moment if state == WAITING else None,
        )
        return Receipt(await self._keep(arrival), bool(form.hours))

    async def key(self, door: Door, lead: Document, post: Post) -> Receipt:
        """Keep a lead that a program handed in with a capture key."""
        moment = clock.now()
        content: Document = {"lead": lead, "tracked": tracking(post.content, "", "")}
        arrival = Arrival(
            tenant=door.tenant,
            id=clock.new_id(),
            origin=KEY,
            door=door.id,
            door_version=door.version,
            state=WAITING,
            received_at=moment,
            content=encode(content),
            digest=_digest(content),
            address=await self._hashed(door.tenant, post.address),
            once=post.once or None,
            due_at=moment,
        )
        return Receipt(await self._keep(arrival))

    async def mail(self, tenant: str, message_id: str, mail: Document, refused: str = "") -> bool:
        """Keep a mail; False when it is here already. One that cannot be read is kept as refused."""
        moment = clock.now()
        arrival = Arrival(
            tenant=tenant,
            id=clock.new_id(),
            origin=MAIL,
            door="",
            door_version=1,
            state=REFUSED if refused else WAITING,
            reason=refused or None,
            received_at=moment,
            content=encode({"mail": mail}),
            digest=hashlib.sha256(message_id.encode()).digest(),
            once=message_id,
            due_at=None if refused else moment,
        )
        async with self.database.connected() as connection:
            kept = await capture.accept(connection, arrival)
        if kept:
            telemetry.record_submission(MAIL)
        return kept

    async def _keep(self, arrival: Arrival) -> str:
        """The id of the submission: a new one, or the one that is here already."""
        async with self.database.connected() as connection:
            if await _accepted(connection, arrival):
                telemetry.record_submission(arrival.origin)
                return arrival.id
            known = await capture.posted_before(connection, arrival)
            assert known is not None
            if known[1] == arrival.digest:
                return known[0]
            if arrival.origin != FORM:
                raise KeyReused
            spam = replace(arrival, state=SPAM, reason=_REUSED, once=None, expires_at=None, due_at=None)
            await capture.accept(connection, spam)
        telemetry.record_submission(arrival.origin)
        return arrival.id

    async def _hashed(self, tenant: str, address: str) -> str | None:
        """An address that can be compared and not be read."""
        if not address:
            return None
        if not self.secret:
            async with self.database.connected() as connection:
                self.secret = await capture.salt(connection)
        return hmac.new(self.secret.encode(), f"{tenant}\n{address}".encode(), hashlib.sha256).hexdigest()


async def _accepted(connection: Connection, arrival: Arrival) -> bool:
    """Keep a post in one statement; with another one in the same transaction where a mailer is to be told."""
    if arrival.state != UNCONFIRMED:
        return await capture.accept(connection, arrival)
    async with atomic(connection):
        if not await capture.accept(connection, arrival):
            return False
        await capture.announce_unconfirmed(connection, _stamp(arrival), arrival.id)
        return True


def house(tenant: str) -> Actor:
    """On whose behalf captured leads are written in a tenant."""
    return Actor(tenant, "capture", frozenset())


def _stamp(arrival: Arrival) -> Stamp:
    return Stamp(arrival.tenant, house(arrival.tenant).subject, arrival.received_at, CAPTURE.text(), None)


def _digest(content: Document) -> bytes:
    return hashlib.sha256(encode(content)).digest()
