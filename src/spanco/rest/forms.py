"""Capture points on the wire, for strangers: forms as pages, schemas and scripts, their posts, receipts and links."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from spanco import clock
from spanco.kernel.errors import BadHeader, NotFound, Problem
from spanco.kernel.wire import decode_document, encode
from spanco.rest import formpages as pages
from spanco.rest.errors import BadAnswers, Closed, MethodNotAllowed, NoSuchPath, OtherSite, TooOften
from spanco.rest.pace import Pace
from spanco.rest.posts import address_of, fits, languages_of, network_of, pairs, posted
from spanco.rest.representation import list_tag, matches_tag
from spanco.rest.request import Request
from spanco.rest.responses import JSON, Answer, Headers, problem_answer
from spanco.rest.site import Site
from spanco.sales.actions.capture import Counter, Post, Receipt
from spanco.sales.actions.doors import FORMS, digest
from spanco.sales.rules.answers import answered, is_trapped
from spanco.sales.rules.forms import OPEN, PAUSED, Form, chosen, read_form
from spanco.sales.rules.formschema import schema_of
from spanco.sales.rules.submissions import told
from spanco.sales.rules.touches import TRACKED
from spanco.sales.rules.words import words
from spanco.store import capture
from spanco.store.capture import Door

PATH = "/form/"
_HTML: Headers = (
    (b"content-type", b"text/html;charset=utf-8"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
_PLAIN = (
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_STATIC: Headers = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"public, max-age=300"))
_LONGEST_ID, _LONGEST_ONCE = 100, 200
_AT_ONCE = 2
"""So many strangers are at the database at once: a flood of them waits for itself, and not staff for it."""

_UNSEEN = frozenset({"_stamp", "_referrer", "_page", "_language"})
_WORDS: Mapping[type[Problem], str] = {
    TooOften: "often",
    Closed: "closed",
    NotFound: "absent",
    NoSuchPath: "absent",
    OtherSite: "origin",
}


@dataclass(slots=True, eq=False)
class _Visit:
    """A stranger at a form."""

    request: Request
    root: str
    languages: tuple[str, ...]
    door: Door
    form: Form

    @property
    def here(self) -> str:
        """The address of the form."""
        return f"{self.root}{PATH}{self.form.id}"

    @property
    def origin(self) -> str:
        """The site that a browser posts from; empty when it does not say."""
        return (self.request.header(b"origin") or "").lower()

    @property
    def shares(self) -> Headers:
        """That the site may read the answer, where the form may be embedded in it."""
        if self.origin not in self.form.sites:
            return ((b"vary", b"origin"),)
        return (
            (b"access-control-allow-origin", self.origin.encode("latin-1")),
            (b"access-control-expose-headers", b"retry-after, etag"),
            (b"vary", b"origin"),
        )

    def check_origin(self) -> None:
        """Raise `OtherSite` for a browser on a site that may not embed the form; programs name no site."""
        own = {(self.request.header(b"host") or "").lower(), urlsplit(self.root).netloc.lower()}
        if self.origin and self.origin not in self.form.sites and urlsplit(self.origin).netloc not in own:
            raise OtherSite


class Forms:
    """Answers below `/form/`. Tokens are not looked at: the public id of a form says whose it is."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._database = site.means.database
        self._counter = Counter(site.means.database, site.means.capture_secret)
        self._pace = Pace()
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._parts: Mapping[str, Callable[[_Visit], Answer]] = {
            "": _page,
            "schema.json": _schema,
            "embed.js": _script,
        }

    async def answer(self, request: Request) -> Answer:
        """The answer, also when something is wrong: a page for people, the usual error for programs."""
        try:
            return await self._answer(request)
        except Problem as problem:
            return _refusal(request, problem, ())

    async def _answer(self, request: Request) -> Answer:
        step, _, rest = request.path.removeprefix(PATH).partition("/")
        if request.path == pages.STYLE_PATH:
            return _file(request, b"text/css;charset=utf-8", pages.style().encode())
        if step == "receipt":
            return await self._receipt(request, rest)
        if step == "confirm":
            return await self._confirm(request, rest)
        if rest not in self._parts or not 0 < len(step) <= _LONGEST_ID or "\0" in step:
            raise NoSuchPath
        visit = await self._visit(request, step)
        try:
            return await self._visited(visit, rest)
        except Problem as problem:
            return _refusal(request, problem, visit.shares, visit)

    async def _visit(self, request: Request, id_: str) -> _Visit:
        root = self._site.public_url or request.origin()
        async with self._turns, self._database.connected() as connection:
            door = await capture.door(connection, id_, FORMS)
        if door is None:
            raise NotFound("There is no such form.")
        form = read_form(door.id, door.version, door.document)
        return _Visit(request, root, languages_of(request.header(b"accept-language")), door, form)

    async def _visited(self, visit: _Visit, rest: str) -> Answer:
        if visit.form.status not in {OPEN, PAUSED}:
            raise Closed
        method = visit.request.method
        if method == "OPTIONS":
            return _preflight(visit)
        if method in {"GET", "HEAD"}:
            return self._parts[rest](visit)
        if method != "POST" or rest:
            raise MethodNotAllowed({"GET", "HEAD", "OPTIONS"} | (set() if rest else {"POST"}))
        if visit.form.status != OPEN:
            raise Closed
        return await self._post(visit)

    async def _post(self, visit: _Visit) -> Answer:
        """Keep a post. Answers that the form does not take are refused at once, so that people can mend them.

        There is nothing to forge: no cookie or token is looked at, a forged post is a post like any other.
        """
        visit.check_origin()
        request, form = visit.request, visit.form
        address = address_of(request)
        # An address that is over its own limit takes nothing from that of all.
        self._pace.take((form.id, network_of(address)), form.pace.address)
        self._pace.take((form.id,), form.pace.all)
        found = await posted(request)
        post = _told(visit, found, _asked(visit) | found, address)
        answers = answered(form, post.content)
        if isinstance(answers, tuple) and not is_trapped(form, post.content):
            raise BadAnswers({fault.name: fault.because for fault in answers}, found)
        async with self._turns:
            receipt = await self._counter.form(visit.door, form, post)
        return _taken(visit, receipt)

    async def _receipt(self, request: Request, id_: str) -> Answer:
        """What the holder of a receipt is told: only how it fares."""
        _only(request, {"GET", "HEAD"})
        async with self._turns, self._database.connected() as connection:
            found = await capture.receipt(connection, id_) if _is_name(id_) else None
        if found is None:
            raise NotFound("There is no such receipt.")
        state, language = told(found[0]), found[1]
        if fits(request.header(b"accept"), "text/html"):
            good = state in {"open", "done"}
            return _html(pages.note_page(_tongues(request, language), f"state-{state}", good=good))
        return Answer(200, encode({"id": id_, "state": state}), (*JSON, (b"cache-control", b"no-store")))

    async def _confirm(self, request: Request, token: str) -> Answer:
        """GET shows a button, which mail scanners do not press; POST confirms."""
        _only(request, {"GET", "HEAD", "POST"})
        act: Callable[..., Awaitable[tuple[bool, str | None]]]
        act = capture.confirm if request.method == "POST" else capture.is_confirmable
        async with self._turns, self._database.connected() as connection:
            known = _is_name(token)
            good, language = await act(connection, digest(token), clock.now()) if known else (False, None)
        tongues = _tongues(request, language)
        if not good:
            return _html(pages.note_page(tongues, "over", good=False), 410)
        if request.method == "POST":
            return _html(pages.note_page(tongues, "confirmed", good=True))
        return _html(pages.confirm_page(tongues))


def _asked(visit: _Visit) -> dict[str, str]:
    """What the address of the page says: how somebody came, and hidden fields. An address ticks no box for anybody."""
    wanted = TRACKED | {field.name for field in visit.form.fields if field.type == "hidden"}
    return {name: value for name, value in pairs(visit.request.query).items() if name in wanted}


def _told(visit: _Visit, found: Mapping[str, str], everything: Mapping[str, str], address: str) -> Post:
    """A post with what is known of it; `everything` has what its address says too."""
    request = visit.request
    once = request.header(b"idempotency-key") or ""
    if len(once) > _LONGEST_ONCE:
        raise BadHeader("Idempotency-Key", f"at most {_LONGEST_ONCE} characters are needed.")
    content = {name: value for name, value in everything.items() if name not in _UNSEEN}
    language = chosen_language(visit, found.get("_language", ""))
    page = found.get("_page") or request.path
    stamp = found.get("_stamp", "") if visit.form.difficulty else ""
    return Post(content, address, language, found.get("_referrer", ""), page, stamp, once)


def chosen_language(visit: _Visit, told_by_page: str) -> str:
    """The language in which the form was read."""
    wanted = (told_by_page, *visit.languages) if told_by_page else visit.languages
    known = visit.form.languages
    spelled = (each for language in wanted for each in (language, language.partition("-")[0]))
    return next((each for each in spelled if each in known), visit.form.language)


def _page(visit: _Visit) -> Answer:
    if visit.form.status != OPEN:
        raise Closed
    return _html(pages.form_page(visit.form, visit.languages, pages.Attempt()), 200, _policy(visit))


def _schema(visit: _Visit) -> Answer:
    body = encode(schema_of(visit.form, visit.languages, visit.here))
    return _file(visit.request, b"application/schema+json;charset=utf-8", body, _varying(visit))


def _script(visit: _Visit) -> Answer:
    body = pages.script(visit.form, visit.languages, visit.here).encode()
    return _file(visit.request, b"text/javascript;charset=utf-8", body, _varying(visit))


def _varying(visit: _Visit) -> Headers:
    return (*(each for each in visit.shares if each[0] != b"vary"), (b"vary", b"origin, accept-language"))


def _policy(visit: _Visit) -> str:
    """Nothing is loaded from elsewhere; sites that may embed a form may frame it, and it may lead to its own end."""
    after = urlsplit(visit.form.success_url)
    leads_to = f" {after.scheme}://{after.netloc}" if after.netloc else ""
    framing = " ".join(sorted(visit.form.sites)) or "'none'"
    own = "style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'"
    return f"default-src 'none'; {own}; form-action 'self'{leads_to}; frame-ancestors {framing}"


def _preflight(visit: _Visit) -> Answer:
    """Whether a browser may post from a site (Fetch standard, CORS)."""
    if visit.origin and visit.origin not in visit.form.sites:
        raise OtherSite
    allowed = (
        (b"allow", b"GET, HEAD, OPTIONS, POST"),
        (b"access-control-allow-methods", b"GET, POST"),
        (b"access-control-allow-headers", b"content-type, idempotency-key"),
        (b"access-control-max-age", b"600"),
    )
    return Answer(204, b"", (*visit.shares, *allowed))


def _taken(visit: _Visit, receipt: Receipt) -> Answer:
    """202 with the receipt; people without a script read the thanks, or go where the form sends them."""
    form, tongues = visit.form, (*visit.languages, visit.form.language)
    word = "confirm-sent" if receipt.unconfirmed else "thanks"
    text = "" if receipt.unconfirmed else chosen(form.success, tongues)
    place = f"{visit.root}{PATH}receipt/{receipt.id}"
    if _is_page(visit.request):
        if form.success_url and not receipt.unconfirmed:
            return Answer(303, b"", ((b"location", form.success_url.encode()), (b"cache-control", b"no-store")))
        return _html(pages.note_page(tongues, word, good=True, receipt=receipt.id, text=text), 202)
    content = {"id": receipt.id, "href": place, "message": text or words(tongues)[word]}
    if form.success_url and not receipt.unconfirmed:
        content["next"] = form.success_url
    headers = (*JSON, (b"location", place.encode()), (b"cache-control", b"no-store"), *visit.shares)
    return Answer(202, encode(content), headers)


def _refusal(request: Request, problem: Problem, shares: Headers, visit: _Visit | None = None) -> Answer:
    """The usual error; for people a page that says it."""
    usual = problem_answer(problem)
    if not _is_page(request):
        body = usual.body
        if isinstance(problem, BadAnswers) and visit:
            said = words((*visit.languages, visit.form.language))
            faults = [{"name": name, "message": said[because]} for name, because in problem.faults.items()]
            body = encode({**decode_document(body), "field": faults})
        return Answer(usual.status, body, (*usual.headers, *shares))
    others = tuple(each for each in usual.headers if each[0] != b"content-type")
    if isinstance(problem, BadAnswers) and visit:
        attempt = pages.Attempt(problem.faults, problem.typed)
        page = _html(pages.form_page(visit.form, visit.languages, attempt), usual.status, _policy(visit))
    else:
        word = _WORDS.get(type(problem), "failed")
        page = _html(pages.note_page(languages_of(request.header(b"accept-language")), word, good=False), usual.status)
    return Answer(page.status, page.body, (*page.headers, *others))


def _is_page(request: Request) -> bool:
    return fits(request.header(b"accept"), "text/html")


def _is_name(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_ID and "\0" not in text


def _only(request: Request, methods: set[str]) -> None:
    if request.method not in methods:
        raise MethodNotAllowed(methods)


def _tongues(request: Request, language: str | None) -> tuple[str, ...]:
    read = languages_of(request.header(b"accept-language"))
    return (language, *read) if language else read


def _html(page: str, status: int = 200, policy: str = "") -> Answer:
    return Answer(status, page.encode(), (*_HTML, (b"content-security-policy", (policy or _PLAIN).encode())))


def _file(request: Request, kind: bytes, body: bytes, headers: Headers = ()) -> Answer:
    """Something that browsers keep, with its tag."""
    _only(request, {"GET", "HEAD"})
    tag = list_tag([], body.decode())
    known = request.header(b"if-none-match")
    headers = (*headers, *_STATIC, (b"etag", tag.encode()))
    if known is not None and matches_tag(known, tag):
        return Answer(304, b"", headers)
    return Answer(200, body, (*headers, (b"content-type", kind)))
