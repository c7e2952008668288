"""What becomes of one row of any place when a person is forgotten, and what of it is told when the person asks."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from spanco.kernel.wire import Document, Json, decode_stored, encode
from spanco.sales.rules import erasure
from spanco.sales.rules.persons import Person, escaped_for_like, redacted, texts
from spanco.sales.rules.places import Care, Place

_STAYS = ("id", "href", "@type", "@baseType", "@referredType", "role")
_MADE = re.compile(r"\d*|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
"""Numbers and UUIDs: they tell nothing of anybody, and whoever comes again is known by them."""
_EMPTY: Mapping[type, object] = {str: "", list: [], bytes: b""}

TELLING = 16
"""An id of so many characters is looked for inside of texts too."""

Key = tuple[str, str]


@dataclass(frozen=True)
class About:
    """Whom to look for: the person, the kinds and ids of what is about the person, names and texts that stand there.

    Names and texts count only in rows that are about the person or refer to what is. `digest` makes a keyed hash.
    """

    person: Person
    own: frozenset[Key]
    names: frozenset[str]
    whole: frozenset[str]
    moment: str
    digest: Callable[[str], str]

    def is_own(self, key: Key | None) -> bool:
        """Whether a row of this kind and id is about the person."""
        return key is not None and key in self.own

    @cached_property
    def ids(self) -> frozenset[str]:
        """The ids alone."""
        return frozenset(id_ for _, id_ in self.own)

    @cached_property
    def classes(self) -> frozenset[str]:
        """The classes of what is about the person, in small letters."""
        return frozenset(kind.rpartition(".")[2].lower() for kind, _ in self.own)

    @cached_property
    def inside(self) -> re.Pattern[str] | None:
        """What matches the ids inside of longer texts, such as addresses; short ones could be anything there."""
        telling = [re.escape(each) for each in sorted(self.ids) if len(each) >= TELLING]
        return re.compile(rf"(?<![\w-])(?:{'|'.join(telling)})(?![\w-])") if telling else None


@dataclass(frozen=True, slots=True)
class _View:
    """What is looked for in one row."""

    own: bool
    connected: bool
    pattern: re.Pattern[str] | None
    whole: frozenset[str]


def treated(place: Place, key: Key | None, values: Mapping[str, object], about: About) -> Mapping[str, object] | None:
    """The columns of a row that change; None when the row goes as a whole."""
    view = _view(place, key, values, about)
    if place.removed and view.own:
        return None
    changed: dict[str, object] = {}
    for name, care in place.columns.items():
        before = values[name]
        if before is None or care is Care.NONE:
            continue
        if care is Care.DROP_ROW:
            if view.own or _is_named(before, view) or (place.together and view.connected):
                return None
            continue
        after = _after(care, before, (place, key, values), (view, about))
        if after != before:
            changed[name] = after
    return changed


def rewritten(kind: str, document: Document, about: About, *, own: bool, connected: bool) -> Document:
    """A document without the person."""
    view = _seen(about, own=own, connected=connected)
    if own and kind in erasure.KINDS:
        return erasure.scrubbed(kind, document, about.moment, view.pattern)
    after = redacted(emptied(document, about), view.pattern, view.whole)
    assert isinstance(after, dict)
    return after


def is_connected(value: Json, about: About) -> bool:
    """Whether it refers to something that is about the person."""
    ids, inside = about.ids, about.inside
    return any(text in ids or (inside is not None and inside.search(text)) for text in texts(value))


def near_to(about: About) -> list[str]:
    """Patterns of LIKE for rows in which an id stands: anywhere where it tells something, else as a value of JSON."""
    escaped = [escaped_for_like(each) for each in sorted(about.ids)]
    return [f"%{each}%" if len(each) >= TELLING else f'%"{each}"%' for each in escaped]


def emptied(value: Json, about: About) -> Json:
    """The same, where whatever has the id of what is about the person is reduced to a reference."""
    if isinstance(value, list):
        return [emptied(each, about) for each in value]
    if not isinstance(value, dict):
        return value
    class_ = value.get("@referredType")
    if value.get("id") in about.ids and (not isinstance(class_, str) or class_.lower() in about.classes):
        return {name: each for name, each in value.items() if name in _STAYS}
    return {name: emptied(each, about) for name, each in value.items()}


def is_own(place: Place, key: Key | None, values: Mapping[str, object], about: About) -> bool:
    """Whether a row is about the person, or was handed in by the person."""
    handed_in = (values[name] for name, care in place.columns.items() if care is Care.CONTENT)
    return about.is_own(key) or any(
        about.person.is_meant(text) for each in handed_in if each is not None for text in texts(_read(each))
    )


def told(place: Place, key: Key | None, values: Mapping[str, object], about: About) -> list[str]:
    """The texts of a row of somebody else in which the person is named; nothing else of it is theirs to read."""
    view = _view(place, key, values, about)
    return sorted({text for each in values.values() for text in texts(_read(each)) if _names(text, view)})


def _view(place: Place, key: Key | None, values: Mapping[str, object], about: About) -> _View:
    own = is_own(place, key, values, about)
    return _seen(
        about, own=own, connected=own or any(is_connected(_read(values[name]), about) for name in place.columns)
    )


def _seen(about: About, *, own: bool, connected: bool) -> _View:
    person = about.person.named(about.names) if connected else about.person
    return _View(own, connected, person.pattern, about.whole if connected else frozenset())


def _after(
    care: Care, before: object, row: tuple[Place, Key | None, Mapping[str, object]], looked: tuple[_View, About]
) -> object:
    (place, key, values), (view, about) = row, looked
    match care:
        case Care.DOCUMENT | Care.CAUSE:
            assert isinstance(before, bytes)
            assert key is not None
            return _json(before, key[0], (care, view, about))
        case Care.CONTENT if view.own:
            return None
        case Care.BLANK:
            return _EMPTY[type(before)] if view.own or _is_told(before, view) else before
        case Care.KEY:
            return about.digest(before) if isinstance(before, str) and _is_key(before, view) else before
        case Care.KEYS:
            ids, keys = values[place.beside], before
            assert isinstance(ids, list)
            assert isinstance(keys, list)
            own = about.ids
            return [about.digest(each) if id_ in own else each for each, id_ in zip(keys, ids, strict=True)]
        case _:
            return _cleaned(before, (view, about))


def _json(before: bytes, kind: str, how: tuple[Care, _View, About]) -> bytes:
    care, view, about = how
    document = decode_stored(before)
    if not isinstance(document, dict):
        return before
    if care is Care.CAUSE and view.own:
        document = erasure.told_of(document)
    if care is Care.CAUSE:
        after = redacted(document, view.pattern, view.whole)
    else:
        after = rewritten(kind, document, about, own=view.own, connected=view.connected)
    return before if after == decode_stored(before) else encode(after)


def _cleaned(before: object, how: tuple[_View, About]) -> object:
    view, about = how
    read = _read(before)
    after = redacted(emptied(read, about) if view.connected else read, view.pattern, view.whole)
    if after == read:
        return before
    if isinstance(before, bytes):
        return encode(after) if not isinstance(after, str) else after.encode()
    return after


def _read(value: object) -> Json:
    """What stands in a column: JSON where it is, else the text of it."""
    if not isinstance(value, bytes):
        return value  # type: ignore[return-value]
    try:
        return decode_stored(value)
    except ValueError:
        return value.decode("utf-8", "replace")


def _is_key(text: str, view: _View) -> bool:
    return (view.own and not _MADE.fullmatch(text)) or _names(text, view)


def _names(text: str, view: _View) -> bool:
    return text in view.whole or bool(view.pattern and view.pattern.search(text))


def _is_told(value: object, view: _View) -> bool:
    return view.connected or _is_named(value, view)


def _is_named(value: object, view: _View) -> bool:
    return any(_names(text, view) for text in texts(_read(value)))
