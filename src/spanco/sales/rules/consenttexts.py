"""The consent texts of a form: worded by the register where it has them, in a version that never changes."""

import re
from collections.abc import Iterator, Mapping

from spanco.kernel.errors import BadBody
from spanco.kernel.wire import Document, Json
from spanco.sales.rules.registers import MOST_NAMED, Entry

REGISTER = "consentText"

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")


def chosen_anew(document: Document, before: Document | None) -> list[tuple[str, Document]]:
    """The consent texts that are not as they were, each with its place; the others keep the wording that they have."""
    known = _consents(before or {})
    return [(f"consent[{index}]", each) for index, each in enumerate(_consents(document)) if each not in known]


def worded(told: tuple[str, Document], entry: Entry | None, valid: Mapping[str, Entry], language: str) -> Document:
    """A consent text with its version and its words; `told` is its place and what the form says of it.

    Where the register has the code, the words are those of the register, in the version that is named, else in the
    present one. A code that it does not have brings its own. Raises `BadBody`.
    """
    place, consent = told
    if entry is None:
        if "text" in consent and "version" in consent:
            return consent
        raise BadBody(
            place, f"register '{REGISTER}' has no such text, so it needs 'text' and 'version'.{_named(valid)}"
        )
    if entry.code not in valid:
        raise BadBody(f"{place}.code", f"the text '{entry.code}' is retired.{_named(valid)}")
    versions = dict(_versions(entry))
    version = str(consent.get("version", entry.version))
    if version not in versions:
        raise BadBody(f"{place}.version", f"the register has these versions of it: {', '.join(versions)}.")
    words = _words(versions[version], language)
    if "text" in consent and consent["text"] != words:
        raise BadBody(f"{place}.text", f"register '{REGISTER}' words it otherwise; leave 'text' out to take its words.")
    return {**consent, "version": version, "text": words}


def _consents(document: Document) -> list[Document]:
    found = document.get("consent")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _named(valid: Mapping[str, Entry]) -> str:
    return f" The register has: {', '.join(sorted(valid)[:MOST_NAMED])}." if valid else ""


def _versions(entry: Entry) -> Iterator[tuple[str, Document]]:
    """The wordings of an entry by their numbers, the present one last."""
    former = entry.document.get("former")
    for each in former if isinstance(former, list) else []:
        if isinstance(each, dict):
            yield str(each.get("labelVersion")), each
    yield str(entry.version), entry.document


def _words(wording: Document, language: str) -> list[Json]:
    """The text in every language that it has; where the form's own is not among them, the text without a language."""
    translated = wording.get("localizationData")
    told = translated.items() if isinstance(translated, dict) else ()
    texts = {tag: text for tag, each in told if _LANGUAGE.fullmatch(tag) and (text := _text(each))}
    return [{"language": tag, "text": text} for tag, text in ({language: _text(wording)} | texts).items()]


def _text(wording: Json) -> str:
    """The words themselves; of an entry without any, its name."""
    if isinstance(wording, dict):
        return str(wording.get("description") or wording.get("name") or "")
    return wording if isinstance(wording, str) else ""
