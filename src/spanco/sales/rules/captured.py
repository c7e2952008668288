"""What becomes of a captured answer: a lead with its touch and its consents, or a note on one that is there."""

from collections.abc import Callable
from dataclasses import dataclass

from spanco.kernel.wire import Document, Json
from spanco.sales.rules.answers import Answers
from spanco.sales.rules.forms import Form, Origin, chosen
from spanco.sales.rules.touches import appended, touch_of

_LONGEST_NAME = 300
_MOST_NOTES, _MOST_CONSENTS = 1000, 500
_ADDRESS = {"street": "street1", "postCode": "postCode", "city": "city", "country": "country"}


@dataclass(frozen=True, slots=True)
class Capture:
    """One submission: when it came, in which language, from which hashed address, and by which way somebody came."""

    id: str
    moment: str
    language: str
    address: str
    tracked: Document


def lead_of(form: Form, answers: Answers, capture: Capture) -> Document:
    """The lead of good answers to a form."""
    company, person = answers.to("companyName"), _person(answers)
    who = company or person or answers.to("email") or answers.to("phone") or form.name
    name = who if who == form.name else f"{who}: {form.name}"
    lead: Document = {"name": name[:_LONGEST_NAME], "referredDate": capture.moment}
    if answers.to("description"):
        lead["description"] = _joined(answers, "description")
    contacts = _contacts(answers)
    if contacts:
        lead["prospectContact"] = contacts
    parties = _parties(company, person, capture.id) + _owner(form.origin)
    if parties:
        lead["relatedParty"] = parties
    rest = _characteristics(answers)
    if rest:
        lead["characteristic"] = rest
    if answers.to("note"):
        lead["note"] = [_note(_joined(answers, "note"), capture)]
    lead |= put_down(form.origin)
    lead["touch"] = [touch_of(form.origin, capture.tracked, capture.moment)]
    given = consents(form, answers, capture)
    if given:
        lead["consent"] = given
    return lead


def put_down(origin: Origin) -> Document:
    """What a lead is put down to, in the attributes of the standard and in ours."""
    lead: Document = {}
    if origin.code:
        lead["leadSource"] = origin.code
    if origin.campaign:
        lead["marketingCampaign"] = dict(origin.campaign)
    if origin.channel:
        lead["channel"] = dict(origin.channel)
    return lead


def from_key(document: Document, origin: Origin, capture: Capture) -> Document:
    """The lead that a program handed in with a capture key: its own words, but the source is that of the key."""
    lead = {**put_down(origin), **document}
    if origin.source:
        lead.pop("leadSource", None)
        lead |= {"leadSource": origin.code} if origin.code else {}
    touches: Json = [_of_source(origin, each) for each in _list(document, "touch")]
    lead["touch"] = appended(touches, touch_of(origin, capture.tracked, capture.moment))
    owner, parties = _owner(origin), document.get("relatedParty")
    if owner:
        lead["relatedParty"] = [*parties, *owner] if isinstance(parties, list) else owner
    return lead


def _of_source(origin: Origin, touch: Json) -> Json:
    """A touch that a program tells of: whatever led to it, it came by the source of the key."""
    return {**touch, "source": origin.source} if isinstance(touch, dict) and origin.source else touch


def consents(form: Form, answers: Answers, capture: Capture) -> list[Json]:
    """Each text that was shown, whether it was agreed to, and what proves it."""
    return [
        {
            "purpose": consent.purpose,
            **({"channel": consent.channel} if consent.channel else {}),
            "granted": granted,
            "lawfulBasis": consent.basis,
            "textCode": consent.code,
            "textVersion": consent.version,
            "language": _shown(consent.text, capture.language),
            "time": capture.moment,
            "proof": {
                "submission": capture.id,
                "form": form.id,
                "formVersion": form.version,
                "addressHash": capture.address,
            },
        }
        for consent, granted in answers.consents
    ]


def linked(lead: Document, captured: Document, capture: Capture) -> Document:
    """A lead that was there, with what a submission of the same prospect adds: a touch, its consents, a note."""
    touches: Json = lead.get("touch")
    for touch in _list(captured, "touch"):
        if isinstance(touch, dict):
            touches = appended(touches, touch)
    told = [_text(captured, "name"), _text(captured, "description")]
    notes = [_note("\n".join(part for part in told if part), capture), *_list(captured, "note")]
    after = {**lead, "touch": touches, "note": [*_list(lead, "note"), *notes][-_MOST_NOTES:]}
    given = [*_list(lead, "consent"), *_list(captured, "consent")]
    return after | ({"consent": given[-_MOST_CONSENTS:]} if given else {})


def with_note(lead: Document, note: Document) -> Document:
    """A lead with one remark more; the same remark is there once."""
    notes = [each for each in _list(lead, "note") if not isinstance(each, dict) or each.get("id") != note["id"]]
    return {**lead, "note": [*notes, note][-_MOST_NOTES:]}


def with_mail(mailed: Document) -> Callable[[Document], Document]:
    """Makes of a lead that was there one that holds the first mail of a thread too: its remark and its touch."""

    def added(there: Document) -> Document:
        for note in _list(mailed, "note"):
            there = with_note(there, note) if isinstance(note, dict) else there
        touches: Json = there.get("touch")
        for touch in _list(mailed, "touch"):
            touches = appended(touches, touch) if isinstance(touch, dict) else touches
        return {**there, "touch": touches}

    return added


def _shown(text: object, language: str) -> str:
    """The language in which a text was read, where it has that of the page; else the first that it has."""
    languages = [*text] if isinstance(text, dict) else []
    return next((each for each in (language, language.partition("-")[0]) if each in languages), languages[0])


def _person(answers: Answers) -> str:
    return answers.to("contactName") or " ".join(filter(None, (answers.to("givenName"), answers.to("familyName"))))


def _contacts(answers: Answers) -> list[Json]:
    found: list[Json] = []
    ways = (("email", "emailAddress"), ("phone", "phoneNumber"))
    for target, attribute in ways:
        values = dict.fromkeys(value for field, value in answers.fields if field.target == target)
        found += [{"mediumType": target, "characteristic": {attribute: value}} for value in values]
    place: Document = {ours: answers.to(target) for target, ours in _ADDRESS.items() if answers.to(target)}
    if place:
        found.append({"mediumType": "postalAddress", "characteristic": place})
    if found and isinstance(found[0], dict):
        found[0]["preferred"] = True
    return found


def _parties(company: str, person: str, id_: str) -> list[Json]:
    """Who asks; they are in no register of parties yet, so their ids are those of the submission."""
    parties: list[Json] = []
    if company:
        parties.append({"id": f"{id_}.1", "name": company, "role": "prospect", "@referredType": "Organization"})
    if person:
        role = "contact" if company else "prospect"
        parties.append({"id": f"{id_}.2", "name": person, "role": role, "@referredType": "Individual"})
    return parties


def _owner(origin: Origin) -> list[Json]:
    return [{"role": "salesAgent", "@referredType": "Individual", **origin.owner}] if origin.owner else []


def _characteristics(answers: Answers) -> list[Json]:
    return [{"name": field.name, "value": value} for field, value in answers.fields if field.target == "characteristic"]


def _joined(answers: Answers, target: str) -> str:
    """All answers that go to one text; each under its question where there are several."""
    found = [(field, value) for field, value in answers.fields if field.target == target]
    if len(found) == 1:
        return found[0][1]
    return "\n\n".join(f"{chosen(field.label, ())}\n{value}" for field, value in found)


def _note(text: str, capture: Capture) -> Document:
    return {"id": capture.id, "author": "capture", "date": capture.moment, "text": text}


def _list(document: Document, name: str) -> list[Json]:
    value = document.get(name)
    return value if isinstance(value, list) else []


def _text(document: Document, name: str) -> str:
    value = document.get(name)
    return value if isinstance(value, str) else ""
