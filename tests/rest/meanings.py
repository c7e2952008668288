"""What makes a document of our own API good that no schema can say: references that lead somewhere, parts that fit."""

from collections.abc import Callable, Mapping
from typing import Any

Body = dict[str, Any]

# Codes that the registers have from the start.
_CODES = {"leadType": "renewal", "leadRating": "hot", "leadSource": "website", "lostReason": "price"}
_QUESTION = {"name": "email", "type": "email", "label": [{"language": "en", "text": "E-mail"}]}
_WHO = ("email", "phone", "party", "salesLead")
_REFERENCES = ("contact", "subsidiaryOf", "salesContact", "salesAccount", "prospect")


def mend(name: str, body: Body) -> None:
    """Change the body of a resource of this name in place; what is right already stays as it is."""
    for attribute in _CODES.keys() & body.keys():
        body[attribute] = _CODES[attribute]
    if name in _MEANINGS:
        _MEANINGS[name](body)


def _person(body: Body) -> None:
    """Somebody who can be found."""
    if isinstance(body.get("person"), dict):
        for attribute in _WHO:
            body["person"].pop(attribute, None)
        body["person"]["email"] = ["ann@example.com"]


def _question(body: Body) -> None:
    """Either a document or a record, of a kind that has keys."""
    body["kind"], body["document"] = "sales.salesLead", {"name": "Fibre"}
    body.pop("among", None)
    body.pop("record", None)


def _form(body: Body) -> None:
    """Questions and texts that belong together; an address that may be gone to."""
    if "field" in body:
        body["field"] = [dict(_QUESTION)]
    for attribute in ("consent", "success", "doubleOptIn", "title", "introduction", "allowedOrigin", "status"):
        body.pop(attribute, None)
    _source(body)


def _source(body: Body) -> None:
    """A source that leads can be put down to."""
    if "source" in body:
        body["source"] = _CODES["leadSource"]


def _alone(body: Body) -> None:
    """Without references, what they name is not there; in the state that it has."""
    for attribute in (*_REFERENCES, "status"):
        body.pop(attribute, None)


def _job(body: Body) -> None:
    """Without a mapping, which has a grammar of its own, and a wish for leads alone; in the state that it has."""
    body.pop("mapping", None)
    body.pop("duplicate", None)
    body.pop("status", None)


def _entry(body: Body) -> None:
    """Validity with both of its ends, or none: the other may lie on the wrong side."""
    if len(body.keys() & {"validityFrom", "validityTo"}) == 1:
        body.pop("validityFrom", None)
        body.pop("validityTo", None)


def _rule(body: Body) -> None:
    """A moment, a state and an action that the resource has."""
    rule = body.get("rule", body)
    if isinstance(rule, dict):
        for attribute in ("since", "state", "source"):
            rule.pop(attribute, None)
        if "resource" in rule:
            rule["resource"], rule["action"] = "salesLead", "anonymise"


def _merge(body: Body) -> None:
    """Of a kind that can be merged."""
    if "kind" in body:
        body["kind"] = "sales.salesLead"


_MEANINGS: Mapping[str, Callable[[Body], None]] = {
    "erasure": _person,
    "accessExport": _person,
    "contactCheck": _person,
    "contactPreference": _person,
    "duplicateCheck": _question,
    "form": _form,
    "captureKey": _source,
    "importJob": _job,
    "entry": _entry,
    "prospect": _alone,
    "salesAccount": _alone,
    "salesContact": _alone,
    "retentionRule": _rule,
    "retentionPreview": _rule,
    "merge": _merge,
    "mergePreview": _merge,
}
