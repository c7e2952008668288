"""Labels in the reader's language, and as they once were (`x-spanco-label`; RFC 4647, RFC 9110 section 12.5.4)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from spanco.kernel.wire import Document, Json

_MOST_RANGES = 20
_MOST_FORMER = 100
_RANGE = re.compile(r"(\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)(?:\s*;\s*[qQ]=([01](?:\.\d{0,3})?))?", re.ASCII)
_UNTIL, _VERSION = "until", "labelVersion"


@dataclass(frozen=True, slots=True)
class Labelled:
    """Which attribute the server answers with a label, what it is taken from, and where former labels are kept.

    `source` holds the label where no language fits, `languages` an object by language tags, whose values are labels
    or objects with the `source` in them. `former` (empty: none) keeps what `kept` attributes were before each change.
    """

    attribute: str
    source: str
    languages: str
    former: str = ""
    kept: tuple[str, ...] = ()


def labelled_of(schema: Mapping[str, Any]) -> Labelled | None:
    """What a resource schema declares of its labels, if it does."""
    declared = schema.get("x-spanco-label")
    if declared is None:
        return None
    kept = tuple(declared.get("kept", ()))
    return Labelled(declared["attribute"], declared["from"], declared["languages"], declared.get("former", ""), kept)


def ranges(header: str | None) -> tuple[str, ...]:
    """The language ranges of an `Accept-Language`, the most wanted first; what cannot be read is passed over."""
    found: list[tuple[float, str]] = []
    for part in (header or "").split(",")[:_MOST_RANGES]:
        range_ = _RANGE.fullmatch(part.strip())
        if range_ is None or range_[1] == "*":
            continue
        quality = float(range_[2] or 1)
        if quality > 0:
            found.append((quality, range_[1].lower()))
    return tuple(range_ for _, range_ in sorted(found, key=lambda each: -each[0]))


def lookup(wanted: Iterable[str], tags: Iterable[str]) -> str | None:
    """The tag that fits best: each range is cut from its end until a tag is equal to it (RFC 4647, section 3.4)."""
    known = {tag.lower(): tag for tag in tags}
    for range_ in wanted:
        steps = range_.lower().split("-")
        while steps:
            if (tag := known.get("-".join(steps))) is not None:
                return tag
            steps.pop()
            if steps and len(steps[-1]) == 1:
                steps.pop()
    return None


def labelled(document: Document, how: Labelled, wanted: Iterable[str]) -> tuple[Document, str | None]:
    """The document with its label, and the language of it; None where the label has none, or there is no label."""
    languages = document.get(how.languages)
    told = (
        {tag: text for tag, each in languages.items() if (text := _text(each, how.source))}
        if isinstance(languages, dict)
        else {}
    )
    tag = lookup(wanted, told)
    label = told[tag] if tag is not None else document.get(how.source)
    return (document if label is None else {**document, how.attribute: label}), tag


def _text(value: Json, name: str) -> str:
    found = value.get(name) if isinstance(value, dict) else value
    return found if isinstance(found, str) else ""


def rewound(document: Document, how: Labelled, moment: str) -> Document:
    """The document with its labels as they were at a moment (canonically spelled), as far back as they are kept."""
    for former in _former(document, how):
        if moment < str(former.get(_UNTIL)):
            present = {name: value for name, value in document.items() if name not in {*how.kept, _VERSION}}
            return present | {name: value for name, value in former.items() if name != _UNTIL}
    return document


def remembered(before: Document | None, document: Document, how: Labelled, now: str) -> Document:
    """The document with what its labels were before a change and until when they held; a number tells them apart."""
    if before is None:
        return {**document, _VERSION: 1}
    was = {name: before[name] for name in how.kept if name in before}
    if was == {name: document[name] for name in how.kept if name in document}:
        return document
    number = before.get(_VERSION)
    version = number if isinstance(number, int) else 1
    former = [*_former(before, how), {_VERSION: version, _UNTIL: now, **was}]
    return {**document, _VERSION: version + 1, how.former: list(former[-_MOST_FORMER:])}


def _former(document: Document, how: Labelled) -> list[Document]:
    former = document.get(how.former)
    return [each for each in former if isinstance(each, dict)] if isinstance(former, list) else []
