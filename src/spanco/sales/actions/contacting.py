"""Note who does not want to be contacted, and answer whether somebody may be."""

from spanco.kernel.errors import BadBody
from spanco.kernel.openapi import Resource
from spanco.kernel.wire import Document
from spanco.sales.actions.identities import Known, known, without_person
from spanco.sales.rules import consent
from spanco.sales.rules.consent import ANY, Answer
from spanco.sales.rules.erasure import LEAD
from spanco.store import privacy
from spanco.work import Work

_PREFERENCE = "spanco.contactPreference"


async def note_preference(work: Work, _: Resource, _id: str, document: Document) -> Document:
    """A preference as it is kept: without the person."""
    who = await known(work, document.get("person"))
    if who.leads:
        who = await _of_leads(work, who)
    if not who.digests:
        raise BadBody("person.salesLead", "these leads hold no address and no number that could be kept in mind.")
    return {"channel": ANY, "purpose": ANY, "time": work.now, **without_person(document, who)}


async def check_contact(work: Work, _: Resource, _id: str, document: Document) -> Document:
    """A check with its answer, as it is kept."""
    who = await known(work, document.get("person"))
    answer = await may_contact(work, who, (str(document["channel"]), str(document["purpose"])))
    decided: Document = {"decidedBy": answer.place} if answer.place else {}
    return {**without_person(document, who), "mayContact": answer.may, "because": answer.because, **decided}


async def may_contact(work: Work, who: Known, how: tuple[str, str]) -> Answer:
    """Whether the person may be contacted by this channel for this purpose, now. Ask it before contacting anybody."""
    tenant, connection = work.actor.tenant, work.connection
    if who.leads:
        who = await _of_leads(work, who)
    said: list[Document] = [{"digest": [each]} for each in who.digests]
    preferences = await privacy.referring(connection, tenant, _PREFERENCE, said)
    statements = [
        consent.of_preference(f"/spanco/v1/contactPreference/{id_}", document) for id_, document in preferences
    ]
    leads = dict(await privacy.referring(connection, tenant, LEAD, _traces(who)))
    leads |= await privacy.by_ids(connection, tenant, LEAD, who.leads)
    for id_, document in leads.items():
        statements += consent.of_lead(f"/tmf-api/sales/v4/salesLead/{id_}", document)
    return consent.may_contact(statements, *how, work.now)


def _traces(who: Known) -> list[Document]:
    """What leads of the person hold: what was understood, or what was typed."""
    emails, phones = who.person.emails, who.person.phones
    parts: list[Document] = [{"understood": {"email": [each]}} for each in emails]
    parts += [{"understood": {"phone": [each]}} for each in phones]
    for text in {*who.typed, *emails, *phones}:
        name = "emailAddress" if "@" in text else "phoneNumber"
        parts.append({"prospectContact": [{"characteristic": {name: text}}]})
    return parts + [{"relatedParty": [{"id": each}]} for each in who.parties]


async def _of_leads(work: Work, who: Known) -> Known:
    """The person with the addresses and numbers that its leads hold."""
    found = await privacy.by_ids(work.connection, work.actor.tenant, LEAD, who.leads)
    emails, phones = consent.reached_at(found.values())
    more = await known(
        work,
        {
            "salesLead": [{"id": each} for each in who.leads],
            "party": [{"id": each} for each in who.parties],
            "email": [*sorted({*emails, *who.person.emails})],
            "phone": [*sorted({*phones, *who.person.phones})],
        },
    )
    return Known(more.person, (*who.typed, *more.typed), who.parties, who.leads, more.digests)
