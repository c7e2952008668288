"""Match keys are exactly those of the documents, whatever was written; records without any cost nothing more."""

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spanco.app import Running
from spanco.kernel.wire import Document, decode_document
from spanco.operations import Draft, Patch, Place, Stored, create, patch, remove
from spanco.sales.actions.duplicates import LEAD
from spanco.sales.actions.keeping_keys import renew
from spanco.sales.rules.matching.evidence import Ground
from spanco.sales.rules.matching.keys import keys_of
from spanco.store import matching
from spanco.store.statements import statement
from spanco.work import Work
from spanco.worker.renewing import Renewing
from tests.worker.stage import in_fresh_tenant

MAILS = st.sampled_from(["", "a@alfa.cz", "b@beta.cz", "jan.novak@gamma.cz", "c@gmail.com"])
NAMES = st.sampled_from(["", "Jan Novák", "Eva Bílá", "Nova s.r.o."])
DOCUMENTS = st.tuples(MAILS, NAMES)
STEPS = st.lists(st.tuples(st.integers(0, 3), st.none() | DOCUMENTS), min_size=1, max_size=12)


def lead(said: tuple[str, str]) -> Document:
    """A lead with an e-mail and a name; each may be missing."""
    mail, name = said
    contacts: list[Any] = [{"characteristic": {"emailAddress": mail}}] if mail else []
    parties: list[Any] = [{"id": "1", "name": name}] if name else []
    return {"name": "x", "prospectContact": contacts, "relatedParty": parties}


def replaced(document: Document) -> Patch:
    """A change to these attributes."""
    return lambda before: {**before, **document}


async def stored_keys(work: Work) -> set[tuple[str, str]]:
    """Every key of the tenant, with its record."""
    rows = await work.connection.fetch("select id, key from match_key where tenant = $1", work.actor.tenant)
    return {(row["id"], row["key"]) for row in rows}


async def true_keys(work: Work) -> set[tuple[str, str]]:
    """Those that the documents have."""
    sql = "select id, document from resource where tenant = $1 and kind = $2"
    rows = await work.connection.fetch(sql, work.actor.tenant, LEAD)
    return {(row["id"], key) for row in rows for key in keys_of(decode_document(row["document"]), Ground())}


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS)
async def test_keys_are_those_of_the_documents_after_any_writes(system: Running, steps: list[Any]) -> None:
    """Creates one by one and together, changes, deletes."""
    running = in_fresh_tenant(system)
    resource = running.resource("sales", "salesLead")
    ids: dict[int, str] = {}
    async with running.work(running.actor) as work:
        for number, said in steps:
            if number in ids and said is None:
                await remove(work, resource, Place(ids.pop(number)))
            elif number in ids:
                await patch(work, resource, Place(ids[number]), replaced(lead(said)))
            elif said is not None:
                count = 1 + number % 2
                made = await create(work, resource, [Draft(lead(said)) for _ in range(count)])
                ids[number] = next(each.id for each in made if isinstance(each, Stored))
            assert await stored_keys(work) == await true_keys(work)
        sql = "select id from match_todo where tenant = $1"
        noted = {row["id"] for row in await work.connection.fetch(sql, running.actor.tenant)}
        assert {id_ for id_, _ in await stored_keys(work)} <= noted


async def test_keys_of_records_that_were_there_before_are_made_anew(system: Running) -> None:
    """In steps that can be repeated; a record that has changed meanwhile is left to its change."""
    running = in_fresh_tenant(system)
    resource = running.resource("sales", "salesLead")
    async with running.work(running.actor) as work:
        drafts = [Draft(lead((f"x{number}@alfa.cz", "Jan Novák"))) for number in range(3)]
        (first, *_) = await create(work, resource, drafts)
        assert isinstance(first, Stored)
        before = await stored_keys(work)
        await work.connection.execute("delete from match_key where tenant = $1", running.actor.tenant)
        await work.connection.execute(
            "insert into match_key (tenant, kind, id, key) values ($1, $2, $3, 'email:old')",
            running.actor.tenant,
            LEAD,
            first.id,
        )
        place: tuple[str, str] | None = (running.actor.tenant, "")
        while place is not None and place[0] == running.actor.tenant:
            place = await renew(work, LEAD, place)
            assert place is None or place[0] >= running.actor.tenant
        work.actor = running.actor
        assert await stored_keys(work) == before
        ((_, row), *_) = await matching.after(work.connection, LEAD, (running.actor.tenant, ""), 1)
        changed = type(row)(row.id, row.version + 1, row.document)
        await matching.put(work.connection, (running.actor.tenant, LEAD), changed, ["email:never"])
        assert await stored_keys(work) == before


async def test_a_change_beside_a_renewal_leaves_no_keys_of_former_rules(system: Running) -> None:
    """A change that leaves the keys as they are writes none, so it waits until the record has those of the rules."""
    running = in_fresh_tenant(system)
    resource, tenant = running.resource("sales", "salesLead"), running.actor.tenant

    async def change(id_: str) -> None:
        async with running.work(running.actor) as beside:
            await patch(beside, resource, Place(id_), replaced({"description": "y"}))

    async with running.work(running.actor) as work:
        (made,) = await create(work, resource, [Draft(lead(("z@alfa.cz", "Jan Novák")))])
        assert isinstance(made, Stored)
        right = await stored_keys(work)
        former = "update match_key set key = 'email:former' where key like 'email:%' and id = $1"
        await work.connection.execute(former, made.id)
        async with work.atomic():
            ((_, row),) = await matching.after(work.connection, LEAD, (tenant, ""), 1)
            changing = asyncio.create_task(change(made.id))
            await asyncio.wait([changing], timeout=0.3)
            await matching.put(work.connection, (tenant, LEAD), row, sorted(key for _, key in right))
        await changing
        assert await stored_keys(work) == right


async def test_a_worker_renews_the_keys_of_other_rules_once(system: Running) -> None:
    """From the first record to the last; when all is done, nothing is done until the rules are others."""
    running = in_fresh_tenant(system)
    resource = running.resource("sales", "salesLead")
    renewing = Renewing(running.means)
    async with running.work(running.actor) as work:
        await create(work, resource, [Draft(lead((f"y{number}@alfa.cz", "Jan Novák"))) for number in range(3)])
        right = await stored_keys(work)
        await work.connection.execute("delete from match_key where tenant = $1", running.actor.tenant)
        await work.connection.execute("update match_renewal set rules = 'older'")
    while await renewing.step() < 1:
        continue
    async with running.work(running.actor) as work:
        assert await stored_keys(work) == right
        await work.connection.execute("delete from match_key where tenant = $1", running.actor.tenant)
    assert await renewing.step() > 1
    assert await Renewing(running.means).step() > 1
    async with running.work(running.actor) as work:
        assert await stored_keys(work) == set()


@pytest.mark.parametrize(
    ("name", "keys"),
    [("insert_one", "keys_of_one"), ("insert_many", "keys_of_many"), ("update", "keys_of_change")],
)
def test_kinds_without_keys_run_the_statement_without_them(name: str, keys: str) -> None:
    """Nothing about keys is in it."""
    assert "match_" not in statement(name, "sales.hub")
    assert "match_key" in statement(name, LEAD, keys)
