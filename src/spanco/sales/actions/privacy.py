"""Take orders about people: to forget one, to tell one, and the rules by which records are forgotten."""

from collections.abc import Sequence

from spanco import clock
from spanco.access.actor import Actor
from spanco.kernel.errors import NotFound
from spanco.kernel.openapi import Resource
from spanco.kernel.paging import Window
from spanco.kernel.query.ast import Compare, Op
from spanco.kernel.wire import Document, Json, decode_document
from spanco.operations import Place, Query, find, get
from spanco.sales.actions.forgetting import ACCESS, RETENTION
from spanco.sales.actions.identities import known, without_person
from spanco.sales.rules.retention import Rule, rule_of
from spanco.store import privacy
from spanco.store.privacy import Task
from spanco.work import Cause, Download, Means, Work, Written

_ACTIVE = Compare(("active",), Op.EQ, True)  # noqa: FBT003 - a value, not a switch
AT_ONCE = 100
"""So many records a rule forgets in one batch."""


async def order(work: Work, resource: Resource, id_: str, document: Document) -> Document:
    """Hand an order to the workers; the order as it is kept, without the person."""
    who = await known(work, document.get("person"))
    person: Document = {
        "emails": list(who.person.emails),
        "phones": list(who.person.phones),
        "leads": list(who.leads),
        "parties": list(who.parties),
        "dryRun": document.get("dryRun") is True,
    }
    await privacy.open_task(work.connection, Task(work.actor.tenant, id_, resource.kind, 0, person, work.moment))
    leads: list[Json] = [{"id": each} for each in who.leads]
    return {**without_person(document, who), **({"salesLead": leads} if leads else {})}


async def drop_lines(work: Work, _: Resource, written: Sequence[Written]) -> None:
    """The lines of an export go with it."""
    for each in written:
        if each.before is not None and each.after is None:
            await privacy.drop_lines(work.connection, work.actor.tenant, str(each.before["id"]))
            gone = Task(work.actor.tenant, str(each.before["id"]), ACCESS, 0, {}, work.moment)
            await privacy.close(work.connection, gone)


async def content(means: Means, actor: Actor, resource: Resource, id_: str) -> Download:
    """The lines of an export that is done."""
    async with means.work(actor, Cause()) as work:
        stored = await get(work, resource, Place(id_))
    if "content" not in decode_document(stored.body):
        raise NotFound("It is not done yet; read the export until it has 'content'.")
    parts = privacy.lines(means.database, actor.tenant, id_)
    return Download(f"{id_}.ndjson", "application/x-ndjson", parts)


async def check_rule(work: Work, _: Resource, document: Document, _before: Document | None) -> Document:
    """A rule that can be applied."""
    rule_of(document, work.moment)
    return {"active": True, **document}


async def preview(work: Work, _: Resource, _id: str, document: Document) -> Document:
    """How many records a rule would forget now."""
    given = document["rule"]
    assert isinstance(given, dict)
    house = work.for_the_house(Cause("privacy"))
    found = await due(house, rule_of(given, work.moment), most=0)
    return {**document, "due": found[1]}


async def due(work: Work, rule: Rule, *, most: int) -> tuple[list[str], int]:
    """Some records that are due by a rule, and how many there are."""
    resource = work.resources[rule.kind]
    window = Window(limit=most, offset=0, keys=(), after=None, before=None, explicit=True)
    found = await find(work, resource, Query(rule.condition, window, count_exactly=True))
    return [row.id for row in found.rows], found.total


async def apply_rules(work: Work) -> int:
    """Begin the next batch of every active rule of a tenant that has none under way; how many records are due there."""
    begun = 0
    house = work.for_the_house(Cause("privacy"))
    window = Window(limit=1000, offset=0, keys=(), after=None, before=None, explicit=True)
    for row in (await find(house, work.resources[RETENTION], Query(_ACTIVE, window))).rows:
        rule = rule_of(decode_document(row.document), work.moment)
        if await privacy.is_under_way(work.connection, work.actor.tenant, {"rule": row.id}):
            continue
        ids, _ = await due(house, rule, most=AT_ONCE)
        if ids:
            own: list[Json] = [[rule.kind, id_] for id_ in ids]
            person: Document = {"rule": row.id, "remove": rule.remove}
            task = Task(work.actor.tenant, clock.new_id(), RETENTION, 1, person, work.moment, {"own": own})
            await privacy.open_task(work.connection, task)
            begun += len(ids)
    return begun
