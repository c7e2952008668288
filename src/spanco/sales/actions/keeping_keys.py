"""Which kinds have match keys, and how those of records that were there before are made."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from spanco.kernel.openapi import Api, Resource
from spanco.kernel.wire import Document, decode_document
from spanco.sales.actions.duplicates import LEAD, evidence_of, kinds, meet
from spanco.sales.actions.turns import in_turn
from spanco.sales.rules.matching.keys import RULES, keys
from spanco.store import matching
from spanco.store.documents import Keys
from spanco.work import Binding, KeysOf, Work

OPPORTUNITY = "sales.salesOpportunity"
_AT_ONCE = 200
_PERSON_OR_ORGANIZATION = frozenset({"familyName", "tradingName"})


@cache
def keys_of(*, compared: bool) -> KeysOf:
    """The match keys of documents of a kind; `compared`: pairs of that kind that are alike are queued."""

    async def of(work: Work, document: Document) -> Keys:
        return Keys(keys(await evidence_of(work, document)), compared)

    return of


def with_keys(bindings: Mapping[str, Binding], apis: Sequence[Api]) -> Mapping[str, Binding]:
    """The bindings, where leads, opportunities and whoever can be reached have match keys, whatever API they are of.

    All of them can be led to what is there, or refused for it. Two leads, and two parties, that are alike wait for a
    decision; a customer may well have many opportunities.
    """
    found = dict(bindings)
    for api in apis:
        schemas = api.document.get("definitions") or api.document.get("components", {}).get("schemas", {})
        for resource in api.resources.values():
            of = _keys_for(resource, schemas.get(resource.type_name, {}).get("properties", {}))
            if of:
                bound = found.get(resource.kind, Binding())
                admit = in_turn(bound.admit, meet) if bound.admit else meet
                found[resource.kind] = replace(bound, admit=admit, keys=of)
    return found


def _keys_for(resource: Resource, attributes: Mapping[str, Any]) -> KeysOf | None:
    if resource.is_view or resource.behind or resource.parent:
        return None
    if resource.kind in {LEAD, OPPORTUNITY}:
        return keys_of(compared=resource.kind == LEAD)
    if "contactMedium" not in attributes:
        return None
    return keys_of(compared=bool(_PERSON_OR_ORGANIZATION & attributes.keys()))


async def renew(work: Work, kind: str, place: tuple[str, str]) -> tuple[str, str] | None:
    """Write the keys of some records of a kind anew, those behind a place (tenant, id); the place where to go on.

    Harmless when repeated. In a transaction: whoever changes one of these records meanwhile waits for it.
    """
    found = await matching.after(work.connection, kind, place, _AT_ONCE)
    for tenant, row in found:
        work.actor = replace(work.actor, tenant=tenant)
        values = keys(await evidence_of(work, decode_document(row.document)))
        await matching.put(work.connection, (tenant, kind), row, values)
    return (found[-1][0], found[-1][1].id) if found else None


async def begin_renewals(work: Work) -> None:
    """Have the keys of all kinds renewed that are not those of the present rules and countries."""
    rules = f"{RULES} {sorted(work.countries.items())}"
    for kind in kinds(work):
        await matching.begin_renewal(work.connection, kind, rules)


async def renew_some(work: Work) -> bool:
    """Renew the keys of some records; whether there may be more to do. In a transaction."""
    more = False
    for kind in kinds(work):
        place = await matching.renewal(work.connection, kind)
        if place is not None:
            following = await renew(work, kind, place)
            await matching.note_renewal(work.connection, kind, following)
            more = more or following is not None
    return more
