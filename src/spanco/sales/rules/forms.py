"""Forms that strangers fill in: what a form document says, and what no schema can say of a good one."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlsplit

from spanco.kernel.errors import BadBody
from spanco.kernel.openapi import Resource
from spanco.kernel.query import regex
from spanco.kernel.wire import Document, Json

OPEN, PAUSED = "active", "paused"
"""The states of a form in which it is shown; in any other it is gone."""

_SHORT, _LONG = 200, 4000
_HOURS, _PER_MINUTE, _PER_ADDRESS = 48, 600, 10
_HONEYPOTS = ("homepage_url", "homepage_address", "homepage_link")

_AUTHORITY = re.compile(r"[\w.~:\[\]-]+")

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Option:
    """One choice: what is posted, what people read."""

    value: str
    label: Labels


@dataclass(frozen=True, slots=True)
class Field:
    """One question; `most` characters, `target` is where the answer goes in the lead."""

    name: str
    type: str
    label: Labels
    hint: Labels
    required: bool
    most: int
    pattern: str
    options: tuple[Option, ...]
    value: str
    target: str


@dataclass(frozen=True, slots=True)
class Consent:
    """A text to agree to, in one version."""

    code: str
    version: str
    purpose: str
    channel: str
    basis: str
    required: bool
    text: Labels

    @property
    def name(self) -> str:
        """Under which its box is posted; no field can have this name."""
        return f"consent.{self.code}"


@dataclass(frozen=True, slots=True)
class Origin:
    """What leads of one way of capturing are put down to; `code` is the source where the register has it today."""

    source: str = ""
    campaign: Document | None = None
    channel: Document | None = None
    cost: str = ""
    owner: Document | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class Pace:
    """How many posts are taken in a minute, of all and of one address."""

    all: int = _PER_MINUTE
    address: int = _PER_ADDRESS


@dataclass(frozen=True, slots=True)
class Form:
    """A form in one version."""

    id: str
    version: int
    name: str
    status: str
    language: str
    title: Labels
    introduction: Labels
    submit: Labels
    fields: tuple[Field, ...]
    consents: tuple[Consent, ...]
    origin: Origin
    sites: frozenset[str]
    success: Labels
    success_url: str
    hours: int
    pace: Pace
    difficulty: int

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that it has words in, its own first."""
        texts = [self.title, self.introduction, *(each.label for each in self.fields)]
        return tuple(dict.fromkeys([self.language, *(language for text in texts for language in text)]))

    @property
    def honeypot(self) -> str:
        """The name of a field that people do not see: whoever fills it in is none."""
        names = {field.name for field in self.fields}
        return next((name for name in _HONEYPOTS if name not in names), _HONEYPOTS[0] + "_")


def read_form(id_: str, version: int, document: Document) -> Form:
    """The form of a stored document."""
    success, opt_in = _part(document, "success"), _part(document, "doubleOptIn")
    return Form(
        id=id_,
        version=version,
        name=_text(document, "name"),
        status=_text(document, "status"),
        language=_text(document, "language") or "en",
        title=_labels(document.get("title")),
        introduction=_labels(document.get("introduction")),
        submit=_labels(document.get("submitLabel")),
        fields=tuple(_field(each) for each in _parts(document, "field")),
        consents=tuple(_consent(each) for each in _parts(document, "consent")),
        origin=read_origin(document),
        sites=frozenset(str(each).lower() for each in _list(document, "allowedOrigin")),
        success=_labels(success.get("text")),
        success_url=_text(success, "url"),
        hours=_number(opt_in, "hours", _HOURS) if opt_in.get("on") is True else 0,
        pace=read_pace(document),
        difficulty=_number(document, "proofOfWork", 0),
    )


def read_origin(document: Document) -> Origin:
    """What a form, or a capture key, says of where its leads come from."""
    return Origin(
        _text(document, "source"),
        _part(document, "campaign") or None,
        _part(document, "channel") or None,
        _text(document, "costReference"),
        _part(document, "owner") or None,
    )


def read_pace(document: Document) -> Pace:
    """The limits of a form, or of a capture key."""
    told = _part(document, "rateLimit")
    return Pace(_number(told, "perMinute", _PER_MINUTE), _number(told, "perAddressPerMinute", _PER_ADDRESS))


def chosen(text: Labels, languages: Iterable[str], fallback: str = "") -> str:
    """The text in the first of these languages that it has; a language of a region finds its language too."""
    for language in languages:
        for each in (language, language.partition("-")[0]):
            if each in text:
                return text[each]
    return next(iter(text.values()), fallback)


def checked(_: Resource, document: Document, before: Document | None) -> Document:
    """A form whose parts fit together. Raises `BadBody`."""
    del before
    names: set[str] = set()
    for index, field in enumerate(_parts(document, "field")):
        where, name = f"field[{index}]", _text(field, "name").lower()
        if name in names:
            raise BadBody(f"{where}.name", "another field has this name; names differ within a form.")
        names.add(name)
        _check_field(where, field)
    codes = [_text(each, "code") for each in _parts(document, "consent")]
    if len(codes) != len(set(codes)):
        raise BadBody("consent", "two texts have the same code; a form shows one version of each.")
    if not _leads_on(_text(_part(document, "success"), "url")):
        raise BadBody("success.url", "this is no address that a browser could go to.")
    for where, labels in _localized("", document):
        languages = [_text(each, "language") for each in labels]
        if len(languages) != len(set(languages)):
            raise BadBody(where, "one language has two texts.")
    return document


def _leads_on(url: str) -> bool:
    """Whether an address can be taken apart, and its host be named in a header without beginning another rule there."""
    try:
        return not url or _AUTHORITY.fullmatch(urlsplit(url).netloc) is not None
    except ValueError:
        return False


def _check_field(where: str, field: Document) -> None:
    kind, options = field.get("type"), _parts(field, "option")
    if bool(options) != (kind == "select"):
        raise BadBody(f"{where}.option", "a 'select' has choices, and nothing else has.")
    values = [_text(each, "value") for each in options]
    if len(values) != len(set(values)):
        raise BadBody(f"{where}.option", "two choices have the same value.")
    if "value" in field and kind != "hidden":
        raise BadBody(f"{where}.value", "only a 'hidden' field holds a value of its own.")
    if kind == "hidden" and field.get("required") is True:
        raise BadBody(f"{where}.required", "nobody can fill in a 'hidden' field.")
    if "pattern" in field:
        try:
            regex.compile(whole(_text(field, "pattern")))
        except ValueError as error:
            raise BadBody(f"{where}.pattern", f"{error}.") from error


def whole(pattern: str) -> str:
    """The pattern for a text as a whole."""
    return f"^(?:{pattern})$"


def _localized(where: str, node: Json) -> Iterable[tuple[str, list[Document]]]:
    """Every list of texts by language in a document, with its place."""
    if isinstance(node, dict):
        for name, each in node.items():
            yield from _localized(f"{where}.{name}" if where else name, each)
    elif isinstance(node, list):
        texts = [each for each in node if isinstance(each, dict) and each.keys() >= {"language", "text"}]
        if texts:
            yield where, texts
        for index, each in enumerate(node):
            yield from _localized(f"{where}[{index}]", each)


def _field(told: Document) -> Field:
    kind = _text(told, "type")
    return Field(
        name=_text(told, "name"),
        type=kind,
        label=_labels(told.get("label")),
        hint=_labels(told.get("hint")),
        required=told.get("required") is True,
        most=_number(told, "maxLength", _LONG if kind == "textarea" else _SHORT),
        pattern=_text(told, "pattern"),
        options=tuple(Option(_text(each, "value"), _labels(each.get("label"))) for each in _parts(told, "option")),
        value=_text(told, "value"),
        target=_text(told, "target") or "characteristic",
    )


def _consent(told: Document) -> Consent:
    return Consent(
        _text(told, "code"),
        _text(told, "version"),
        _text(told, "purpose"),
        _text(told, "channel"),
        _text(told, "lawfulBasis") or "consent",
        told.get("required") is True,
        _labels(told.get("text")),
    )


def _labels(value: Json) -> Labels:
    texts = value if isinstance(value, list) else []
    return {_text(each, "language"): _text(each, "text") for each in texts if isinstance(each, dict)}


def _text(document: Document, name: str) -> str:
    value = document.get(name)
    return value if isinstance(value, str) else ""


def _number(document: Document, name: str, otherwise: int) -> int:
    value = document.get(name)
    return int(value) if isinstance(value, int | Decimal) else otherwise


def _list(document: Document, name: str) -> list[Json]:
    value = document.get(name)
    return value if isinstance(value, list) else []


def _part(document: Document, name: str) -> Document:
    value = document.get(name)
    return value if isinstance(value, dict) else {}


def _parts(document: Document, name: str) -> list[Document]:
    return [each for each in _list(document, name) if isinstance(each, dict)]
