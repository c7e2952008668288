"""The JSON Schema of a form, with which any site can render it: what may be posted, and beside it what people read."""

from collections.abc import Iterable

from spanco.kernel.wire import Document, Json
from spanco.sales.rules.forms import Consent, Field, Form, chosen, whole
from spanco.sales.rules.words import words

_SHOWN = (
    *("choose", "optional", "required", "agree", "email", "pattern", "trap"),
    *("failed", "often", "closed", "origin", "faulty"),
)
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(form: Form, languages: Iterable[str], here: str) -> Document:
    """The schema in these languages; `here` is the address of the form. `x-…` is what a renderer needs beside it."""
    tongues = (*languages, form.language)
    required: list[Json] = [field.name for field in form.fields if field.required]
    required += [consent.name for consent in form.consents if consent.required]
    properties: Document = {field.name: _property(field, tongues) for field in form.fields if field.type != "hidden"}
    properties |= {consent.name: _box(consent, tongues) for consent in form.consents}
    said = words(tongues)
    return {
        "$schema": _DIALECT,
        "$id": f"{here}/schema.json",
        "type": "object",
        "title": chosen(form.title, tongues),
        "description": chosen(form.introduction, tongues),
        "properties": properties,
        "required": required,
        "x-action": here,
        "x-language": language_of(form, tongues),
        "x-version": form.version,
        "x-submit": chosen(form.submit, tongues, said["send"]),
        "x-order": list(properties),
        "x-leave-empty": form.honeypot,
        "x-from-address": [field.name for field in form.fields if field.type == "hidden" and not field.value],
        "x-proof-of-work": form.difficulty,
        "x-words": {name: said[name] for name in _SHOWN},
    }


def language_of(form: Form, languages: Iterable[str]) -> str:
    """The language in which a form is shown to somebody who reads these."""
    known = form.languages
    for language in languages:
        for each in (language, language.partition("-")[0]):
            if each in known:
                return each
    return form.language


def _property(field: Field, languages: Iterable[str]) -> Document:
    tongues = tuple(languages)
    told: Document = {"title": chosen(field.label, tongues), "x-control": field.type}
    hint = chosen(field.hint, tongues)
    if hint:
        told["description"] = hint
    if field.type == "checkbox":
        return {"type": "boolean", **({"const": True} if field.required else {}), **told}
    if field.type == "select":
        choices: list[Json] = [
            {"const": option.value, "title": chosen(option.label, tongues)} for option in field.options
        ]
        return {"type": "string", "oneOf": choices, **told}
    told |= {"maxLength": field.most}
    if field.required:
        told["minLength"] = 1
    if field.type == "email":
        told["format"] = "email"
    if field.pattern:
        told["pattern"] = whole(field.pattern)
    return {"type": "string", **told, "x-autocomplete": AUTOCOMPLETE.get(field.target, "off")}


def _box(consent: Consent, languages: Iterable[str]) -> Document:
    return {
        "type": "boolean",
        **({"const": True} if consent.required else {}),
        "title": chosen(consent.text, languages),
        "x-control": "checkbox",
        "x-consent": consent.code,
        "x-consent-version": consent.version,
    }


AUTOCOMPLETE = {
    "contactName": "name",
    "givenName": "given-name",
    "familyName": "family-name",
    "companyName": "organization",
    "email": "email",
    "phone": "tel",
    "street": "street-address",
    "postCode": "postal-code",
    "city": "address-level2",
    "country": "country-name",
}
"""What browsers call what they can fill in by themselves (HTML, autofill field names)."""
