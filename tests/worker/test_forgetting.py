"""A person is forgotten everywhere, told everything, and the totals stay: canary strings in every place."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from spanco import clock
from spanco.app import Running
from spanco.app import running as run
from spanco.sales.actions.forgetting import LAST
from spanco.store import files
from spanco.worker.forgetting import Forgetting
from tests.system import caller, surface_of
from tests.worker.listeners import Listen
from tests.worker.stage import (
    LEADS,
    OWN,
    Virtual,
    count,
    created,
    in_fresh_tenant,
    live,
    patched,
    rows,
    settings_for,
    subscribed,
)

CANARY = "kanarek"
EMAIL, PHONE, NAME = f"{CANARY}@example.com", "+420 602 777 123", f"Zora {CANARY.title()}ova"
SPELLED = (CANARY, "602777123", "602 777 123")
OPPORTUNITIES = LEADS.replace("salesLead", "salesOpportunity")
MOST_STEPS = 20 * (LAST + 1)
MEDIUM = [{"mediumType": "email", "characteristic": {"emailAddress": EMAIL.title(), "phoneNumber": PHONE}}]
FUNNEL = """
select kind, document ->> 'status', document ->> 'leadSource', left(document ->> 'creationDate', 7), count(*),
       sum((document #>> '{estimatedRevenue,value}')::numeric)
from resource where tenant = $1 and kind in ('sales.salesLead', 'sales.salesOpportunity')
group by 1, 2, 3, 4 order by 1, 2, 3, 4"""
BY_EVENTS = """
select kind, type, after ->> 'status', count(*), sum((after #>> '{estimatedRevenue,value}')::numeric)
from event where tenant = $1 and kind in ('sales.salesLead', 'sales.salesOpportunity') and cause ->> 'kind' <> 'privacy'
group by 1, 2, 3 order by 1, 2, 3"""
TABLES = """
select class.oid::regclass::text as name from pg_class as class
join pg_namespace as space on space.oid = relnamespace and nspname = 'public' where relkind = 'r'"""


async def forgotten(system: Running) -> None:
    """Carry out every order that is there; one that never ends fails the test."""
    forgetting = Forgetting(system.means)
    for _ in range(MOST_STEPS):
        if not await forgetting.advance():
            return
    raise AssertionError(MOST_STEPS)


async def ordered(api: httpx.AsyncClient, path: str, **more: Any) -> dict[str, Any]:
    """An order about the person."""
    answer = await api.post(f"{OWN}/{path}", json={"person": {"email": [EMAIL], "phone": [PHONE]}, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def carried_out(system: Running, api: httpx.AsyncClient, path: str, **more: Any) -> dict[str, Any]:
    """The same, done."""
    made = await ordered(api, path, **more)
    await forgotten(system)
    done: dict[str, Any] = (await api.get(f"{OWN}/{path}/{made['id']}")).json()
    assert done["status"] == "done", done
    return done


async def a_life(system: Running, api: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    """The person in every place that requests reach."""
    contact = await created(api, f"{OWN}/salesContact", name=NAME, contactMedium=MEDIUM)
    party = [
        {"id": contact["id"], "role": "prospect", "name": NAME, "@referredType": "SalesContact"},
        {"id": "7", "role": "seller", "name": "Sam"},
    ]
    answer = await api.post(
        LEADS,
        json={
            "name": f"{NAME}: fibre",
            "description": f"wants {NAME} to be called",
            "prospectContact": MEDIUM,
            "relatedParty": party,
            "estimatedRevenue": {"unit": "EUR", "value": 1140.5},
            "note": [{"text": f"born in {CANARY}"}],
        },
        headers={"idempotency-key": "key-1", "x-correlation-id": f"{EMAIL}-1"},
    )
    assert answer.status_code == 201, answer.text
    lead = answer.json()
    await patched(api, f"{LEADS}/{lead['id']}", status="inProgress", description=f"{CANARY} moved")
    await patched(api, f"{LEADS}/{lead['id']}", rating="hot", note=[{"text": f"now {CANARY} again"}])
    deal = await created(
        api,
        OPPORTUNITIES,
        name=f"Deal with {NAME}",
        salesLead=[{"id": lead["id"], "name": f"{NAME}: fibre"}],
        estimatedRevenue={"unit": "EUR", "value": 900},
        note=[{"text": f"{CANARY} signs"}],
    )
    other = await created(
        api, name="Somebody else", note=[{"text": f"see {EMAIL} and 602 777 123"}], description="kept"
    )
    shared = await created(
        api,
        OPPORTUNITIES,
        name="A deal of two",
        salesLead=[{"id": lead["id"], "name": f"{NAME}: fibre"}, {"id": other["id"]}],
        description=f"{NAME} and another",
    )
    gone = await created(api, name=f"{NAME} long ago", prospectContact=MEDIUM)
    assert (await api.delete(f"{LEADS}/{gone['id']}")).status_code == 204
    await beneath(system, lead["id"])
    return {"lead": lead, "deal": deal, "other": other, "shared": shared, "gone": gone, "contact": contact}


async def beneath(system: Running, lead: str) -> None:
    """The person in the tables that importing, capturing and merging write."""
    tenant = system.actor.tenant
    text = f'{{"name": "{NAME}", "id": "{lead}", "mail": "{EMAIL}"}}'.encode()
    until = clock.now() + timedelta(days=1)
    for sql, *values in (
        ("insert into origin values ($1, 'sales.salesLead', 'fair', $2, $3)", EMAIL, lead),
        ("insert into merge_image values ($1, 'm', 'sales.salesLead', $3, null, 1, $2, $2, $4)", text, lead, until),
        ("insert into match_key values ($1, 'sales.salesLead', $3, $2) on conflict do nothing", f"email:{EMAIL}", lead),
        ("insert into job_fault values ($1, 'j', 1, 7, $2, $3)", f"bad {EMAIL}", [NAME, EMAIL]),
        ("insert into job_chunk values ($1, 'j', 1, 1, '{}', $2, $3, '{7}')", [lead, "x"], [EMAIL, "kept"]),
        ("insert into mail_thread values ($1, $2, $3)", f"<1.{CANARY}@mail>", lead),
        (
            """insert into submission
            (tenant, id, origin, door, door_version, state, lead_id, content, once, digest, received_at)
            values ($1, $2, 'mail', '', 1, 'created', $3, $4, $2, '', $5)""",
            f"<s.{CANARY}>",
            lead,
            text,
            until,
        ),
    ):
        await rows(system, sql, tenant, *values)
    await rows(system, "update submission set id = 'sub-1' where tenant = $1", tenant)
    async with system.database.connected() as connection:
        for name, parts in (
            ("cut", [b"x" * 2000 + EMAIL[:5].encode(), EMAIL[5:].encode() + b" rest"]),
            ("other", [b"somebody,else"]),
            ("sheet", [b"PK\x00\x01"]),
        ):
            place = files.Name(tenant, name)
            await files.begin(connection, place, until)
            for number, part in enumerate(parts):
                await files.add(connection, place, number, part)
            await files.close(connection, place, until)


async def hits(system: Running, spelled: tuple[str, ...] = SPELLED) -> list[str]:
    """Every table in which one of the spellings stands, in rows of the tenant and in rows that are of none."""
    found = []
    for each in await rows(system, TABLES):
        sql = f"""select to_jsonb(of_row)::text as text from {each["name"]} as of_row
            where coalesce(to_jsonb(of_row) ->> 'tenant', $1) = $1"""  # noqa: S608 - tables of ours
        for row in await rows(system, sql, system.actor.tenant):
            text = row["text"].lower()
            plain = text + _bytes(text)
            found += [f"{each['name']}: {plain[:300]}" for word in spelled if word in plain]
    return found


def _bytes(text: str) -> str:
    """What stands in columns of bytes, which JSON shows in hexadecimal digits."""
    parts = (part for part in text.split('"') if part.startswith("\\\\x"))
    return "".join(bytes.fromhex(part[3:]).decode("latin-1").lower() for part in parts)


@pytest.fixture
async def clean(stage: Running) -> Running:
    """A stage where nobody was before: other tests leave canaries of their own."""
    async with stage.database.connected() as connection:
        for table in ("file", "file_part", "privacy_task", "privacy_line", "submission", "mail_thread", "job_fault"):
            await connection.execute(f"truncate {table}")
    return in_fresh_tenant(stage)


async def test_no_canary_is_left_and_the_totals_are_the_same(
    clean: Running, listen: Listen, virtual: Virtual, capfd: pytest.CaptureFixture[str]
) -> None:
    """Documents, history, events, deliveries, keys, merges, files, imports, posts, exports; also after what is told."""
    async with caller(surface_of(clean)) as mine:
        listener = await listen()
        await subscribed(mine, listener.url)
        life = await a_life(clean, mine)
        await live(clean, virtual, seconds=1)
        export = await carried_out(clean, mine, "accessExport")
        assert (await mine.get(export["content"])).text.count(CANARY)
        before = [await rows(clean, sql, clean.actor.tenant) for sql in (FUNNEL, BY_EVENTS)]
        assert len({hit.split(":")[0] for hit in await hits(clean)}) >= 12
        done = await carried_out(clean, mine, "erasure", reason="case 4711")
        left = await hits(clean)
        assert left == [], "\n".join(left)
        assert [await rows(clean, sql, clean.actor.tenant) for sql in (FUNNEL, BY_EVENTS)] == before
        found = {each["place"]: each["changed"] for each in done["place"]}
        assert found["resource"] >= 5
        assert found["event"] >= 10
        assert {"file", "origin", "idempotency", "merge_image", "submission", "privacy_line"} <= found.keys()
        await told_right(clean, mine, life)
        heard = len(listener.heard)
        await live(clean, virtual, seconds=1)
        later = [each for each in listener.heard[heard:] if "SalesLeadAttribute" in each.event["eventType"]]
        assert life["lead"]["id"] in {each.resource["id"] for each in later}
        assert not [each for each in listener.heard[heard:] if CANARY in each.body.decode().lower()]
        again = await carried_out(clean, mine, "erasure")
        assert [each for each in again["place"] if each["place"] != "lane"] == []
    logged = capfd.readouterr()
    assert CANARY not in (logged.out + logged.err).lower()


async def told_right(system: Running, api: httpx.AsyncClient, life: dict[str, dict[str, Any]]) -> None:
    """What others are about is kept; what is the person's keeps its id, state and amounts, now and in the past."""
    lead = (await api.get(f"{LEADS}/{life['lead']['id']}")).json()
    assert (lead["name"], lead["status"], lead["rating"]) == ("[erased]", "inProgress", "hot")
    assert lead["relatedParty"] == [{"id": "7", "role": "seller"}]
    assert not {"prospectContact", "note", "description"} & lead.keys()
    other = (await api.get(f"{LEADS}/{life['other']['id']}")).json()
    assert (other["name"], other["description"]) == ("Somebody else", "kept")
    assert other["note"] == [{**other["note"][0], "text": "see [erased] and [erased]"}]
    shared = (await api.get(f"{OPPORTUNITIES}/{life['shared']['id']}")).json()
    assert (shared["name"], shared["description"]) == ("A deal of two", "[erased] and another")
    assert (await api.get(f"{OPPORTUNITIES}/{life['deal']['id']}")).json()["estimatedRevenue"]["value"] == 900
    past = (await api.get(f"{OWN}/salesLead/{life['lead']['id']}/history")).json()
    assert [each["action"] for each in past] == ["create", "change", "change", "change"]
    names = {each["id"] for each in await rows(system, "select id from file where tenant = $1", system.actor.tenant)}
    assert names == {"other"}
    kept = await rows(system, "select row_ids from job_chunk where tenant = $1", system.actor.tenant)
    assert kept[0]["row_ids"][1] == "kept"
    repeated = await api.post(LEADS, json={}, headers={"idempotency-key": "key-1"})
    assert repeated.status_code == 422


async def test_the_data_files_hold_no_canary_after_a_rewrite(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Heaps, indexes and statistics as they lie on the disk, once `vacuum full` has rewritten them."""
    cluster = own_cluster(tmp_path_factory.mktemp("forgetting"))
    async with cluster as (system, folder), caller(surface_of(system)) as api:
        await a_life(system, api)
        await analysed(system)
        assert await on_disk(system, folder)
        await carried_out(system, api, "erasure")
        await analysed(system)
        assert await on_disk(system, folder) == []


@asynccontextmanager
async def own_cluster(folder: Path) -> AsyncIterator[tuple[Running, Path]]:
    """A PostgreSQL of its own, whose files nobody else writes."""
    settings = settings_for("").model_copy(update={"database_url": None, "data_dir": folder})
    async with run(settings) as system:
        yield in_fresh_tenant(system), folder / "postgresql" / "base"


async def analysed(system: Running) -> None:
    """Everything rewritten, the statistics renewed, all of it on the disk."""
    async with system.database.connected() as connection:
        await connection.execute("set statement_timeout = 0")
        for command in (
            "vacuum full",
            "analyze",
            "vacuum full pg_statistic",
            "vacuum full pg_statistic_ext_data",
            "checkpoint",
        ):
            await connection.execute(command, timeout=120)
        await connection.execute("reset statement_timeout")


def holding(folder: Path) -> list[Path]:
    """Files with the canary."""
    return [each for each in folder.rglob("*") if each.is_file() and CANARY.encode() in each.read_bytes().lower()]


async def on_disk(system: Running, folder: Path) -> list[str]:
    """The tables and indexes in whose files the canary lies."""
    sql = (
        "select coalesce(max(oid::regclass::text), $1) as name from pg_class where $1 = pg_relation_filenode(oid)::text"
    )
    return [(await rows(system, sql, each.name.partition(".")[0]))[0]["name"] for each in holding(folder)]


async def test_an_access_export_tells_all_of_the_person_and_nothing_of_others(clean: Running) -> None:
    """Own rows whole, of others only what names the person; gone after a week, or when it is deleted."""
    async with caller(surface_of(clean)) as api:
        life = await a_life(clean, api)
        export = await carried_out(clean, api, "accessExport")
        answer = await api.get(export["content"])
        assert answer.headers["content-type"].startswith("application/x-ndjson")
        lines = [json.loads(line) for line in answer.text.splitlines()]
        assert len(lines) == export["lines"]
        own = [line for line in lines if line["about"] == "own"]
        kinds = {line["row"].get("kind") for line in own if line["place"] == "resource"}
        assert kinds == {"sales.salesLead", "sales.salesOpportunity", "spanco.salesContact"}
        assert {"event", "origin", "submission", "merge_image"} <= {line["place"] for line in own}
        named = [line for line in lines if line["about"] == "named"]
        assert [line["texts"] for line in named if line.get("id") == life["other"]["id"]]
        assert not [each for each in ("Somebody else", "'privacy_line'") if each in str(named)], "nor its own lines"
        assert await count(clean, "privacy_line") == export["lines"]
        assert (await api.delete(f"{OWN}/accessExport/{export['id']}")).status_code == 204
        assert await count(clean, "privacy_line") == 0
        assert NAME in (await api.get(f"{LEADS}/{life['lead']['id']}")).text


async def test_exports_are_taken_away_after_a_week(clean: Running, virtual: Virtual) -> None:
    """By the worker."""
    async with caller(surface_of(clean)) as api:
        await created(api, prospectContact=MEDIUM)
        export = await carried_out(clean, api, "accessExport")
        assert await count(clean, "privacy_line")
        virtual.wait(days=8)
        await Forgetting(clean.means).tidy()
        assert await count(clean, "privacy_line") == 0
        assert (await api.get(export["content"])).text == ""


async def test_a_dry_run_counts_and_changes_nothing(clean: Running) -> None:
    """The same places, no change."""
    async with caller(surface_of(clean)) as api:
        life = await a_life(clean, api)
        before = await hits(clean)
        done = await carried_out(clean, api, "erasure", dryRun=True)
        assert {"resource", "event", "file"} <= {each["place"] for each in done["place"]}
        assert not [each for each in done["place"] if "changed" in each]
        assert sorted(await hits(clean)) == sorted(before)
        assert (await api.get(f"{LEADS}/{life['lead']['id']}")).json()["note"][0]["text"].startswith("now")


@pytest.mark.parametrize("step", range(0, LAST + 1, 3))
async def test_an_order_goes_on_where_it_was_broken_off(clean: Running, step: int) -> None:
    """After any step, by another worker; several at once do no harm."""
    async with caller(surface_of(clean)) as api:
        await a_life(clean, api)
        made = await ordered(api, "erasure")
        for _ in range(step):
            assert await Forgetting(clean.means).advance()
        await asyncio.gather(*(forgotten(clean) for _ in range(3)))
        await forgotten(clean)  # what one held, the others passed over
        assert (await api.get(f"{OWN}/erasure/{made['id']}")).json()["status"] == "done"
        assert await hits(clean) == []
        assert await count(clean, "privacy_task") == 0


async def test_an_order_that_meets_a_fault_does_not_hold_up_others(clean: Running, virtual: Virtual) -> None:
    """It is tried again a minute later."""
    async with caller(surface_of(clean)) as api:
        first, second = [await ordered(api, "erasure") for _ in range(2)]
        await rows(clean, "update privacy_task set found = '7', step = 1 where id = $1", first["id"])
        with capture_logs() as logged:
            await forgotten(clean)
        assert [each["step"] for each in logged] == ["privacy"]
        states = [(await api.get(f"{OWN}/erasure/{each['id']}")).json()["status"] for each in (first, second)]
        assert states == ["acknowledged", "done"]
        await rows(clean, "update privacy_task set found = '{}', step = 0 where id = $1", first["id"])
        virtual.wait(minutes=2)
        await forgotten(clean)
        assert (await api.get(f"{OWN}/erasure/{first['id']}")).json()["status"] == "done"


async def test_rules_forget_what_is_due_in_batches(clean: Running, virtual: Virtual) -> None:
    """Once a rule is there; each record once; what is erased is gone, history and all that names it included."""
    async with caller(surface_of(clean)) as api:
        lost = [await created(api, prospectContact=MEDIUM, name=NAME) for _ in range(3)]
        for each in lost:
            await patched(api, f"{LEADS}/{each['id']}", status="cancelled")
        kept = await created(api, name="Still open")
        rule = {"resource": "salesLead", "state": "cancelled", "afterDays": 10, "action": "anonymise"}
        made = (await api.post(f"{OWN}/retentionRule", json=rule)).json()
        forgetting = Forgetting(clean.means)
        await forgetting.tidy()
        assert await count(clean, "privacy_task") == 0
        virtual.wait(days=11)
        assert (await api.post(f"{OWN}/retentionPreview", json={"rule": rule})).json()["due"] == 3
        await forgetting.tidy()
        await forgetting.tidy()
        assert await count(clean, "privacy_task") == 1
        await forgotten(clean)
        assert await hits(clean) == []
        found = (await api.get(LEADS, params={"status": "cancelled"})).json()
        assert [each["name"] for each in found] == ["[erased]"] * 3
        assert (await api.post(f"{OWN}/retentionPreview", json={"rule": rule})).json()["due"] == 0
        await patched(api, f"{OWN}/retentionRule/{made['id']}", action="erase")
        await forgetting.tidy()
        await forgotten(clean)
        assert [each["id"] for each in (await api.get(LEADS)).json()] == [kept["id"]]
