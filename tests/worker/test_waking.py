"""What was put off until a date is worked on again when the date has come, and not before."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from spanco import clock
from spanco.app import Running
from spanco.kernel.moments import spell
from spanco.sales.actions.snoozing import wake
from spanco.work import Cause
from spanco.worker.ending import keeper
from spanco.worker.waking import Waking
from tests.rest.test_tsm import WHOLE, bare
from tests.system import caller, surface_of
from tests.worker.stage import in_fresh_tenant, rows

LEAD = "/tsm/crm/v2/lead"
PAST = "2026-01-31T07:00:00.000Z"


async def put_off(api: httpx.AsyncClient, until: str | None, **more: Any) -> dict[str, Any]:
    """A new lead that is put off."""
    answer = await api.post(LEAD, json=WHOLE | {"status": "LATER", "laterUntil": until} | more)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def read(api: httpx.AsyncClient, lead: dict[str, Any]) -> dict[str, Any]:
    """As it is now."""
    found: dict[str, Any] = (await api.get(f"{LEAD}/{lead['id']}")).json()
    return found


async def test_a_lead_wakes_when_its_date_has_come(stage: Running, api: httpx.AsyncClient) -> None:
    """In progress, without the date, told with the cause; nothing else changes, and it stays awake."""
    lead = await put_off(api, PAST, statusReason="Contract ends in autumn.")
    assert await Waking(stage.means).step() > 0
    woken = await read(api, lead)
    left = {name: value for name, value in bare(lead).items() if name != "laterUntil"}
    assert bare(woken) == left | {"status": "IN_PROGRESS"}
    told = await rows(
        stage,
        "select type, actor, cause->>'kind' as cause from event where resource_id = $1 and version = 4 order by type",
        lead["id"],
    )
    assert [tuple(each) for each in told] == [
        ("SalesLeadAttributeValueChangeEvent", "spanco", "snooze"),
        ("SalesLeadStateChangeEvent", "spanco", "snooze"),
    ]
    await Waking(stage.means).step()
    assert (await api.get(f"{LEAD}/{lead['id']}")).headers["etag"] == '"4"'


async def test_what_is_not_due_sleeps_on(stage: Running, api: httpx.AsyncClient) -> None:
    """A date to come, none at all, and any other status."""
    leads = [
        await put_off(api, spell(clock.now() + timedelta(minutes=1))),
        await put_off(api, None),
        await put_off(api, PAST, status="NON_WORKING"),
        await put_off(api, PAST, status="CONVERTED"),
    ]
    await Waking(stage.means).step()
    assert [await read(api, lead) for lead in leads] == leads


async def test_leads_of_all_tenants_wake_the_longest_due_first(stage: Running) -> None:
    """Each in its own tenant, some at a time."""
    async with (
        caller(surface_of(in_fresh_tenant(stage))) as one,
        caller(surface_of(in_fresh_tenant(stage))) as other,
    ):
        early, late = await put_off(other, "2025-01-01"), await put_off(one, "2026-01-01")
        for left in (["IN_PROGRESS", "LATER"], ["IN_PROGRESS", "IN_PROGRESS"]):
            async with stage.means.work(keeper(""), Cause("snooze")) as work:
                assert len(await wake(work, 1)) == 1
            assert [(await read(other, early))["status"], (await read(one, late))["status"]] == left


async def test_a_lead_that_cannot_be_changed_keeps_no_other_asleep(
    stage: Running, api: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is said, and tried again."""
    bad, good = await put_off(api, "2025-01-01"), await put_off(api, PAST)
    sql = "update resource set document = document || $2 where id = $1 returning id"
    assert await rows(stage, sql, bad["id"], b'{"priority": "odd"}')
    await Waking(stage.means).step()
    assert ((await read(api, bad))["status"], (await read(api, good))["status"]) == ("LATER", "IN_PROGRESS")
    assert "a lead could not be woken" in capsys.readouterr().out
    assert (await api.delete(f"{LEAD}/{bad['id']}")).status_code == 204


async def test_many_are_woken_without_a_pause(stage: Running, api: httpx.AsyncClient) -> None:
    """A full look is followed by the next one soon."""
    lead = WHOLE | {"status": "LATER", "laterUntil": PAST}
    assert (await api.post(LEAD, json=[lead | {"key": f"{number}"} for number in range(101)])).status_code == 201
    waking = Waking(stage.means)
    first, second = await waking.step(), await waking.step()
    assert first < second
    assert (await api.get(f"{LEAD}?status=IN_PROGRESS")).headers["x-total-count"] == "101"


async def test_many_that_cannot_be_changed_keep_no_other_asleep(stage: Running, api: httpx.AsyncClient) -> None:
    """A full look of them is followed by a look behind them; then all are tried once more."""
    lead = WHOLE | {"status": "LATER", "laterUntil": "2025-01-01"}
    made = (await api.post(LEAD, json=[lead | {"key": f"{number}"} for number in range(100)])).json()
    good, ids = await put_off(api, PAST), [each["id"] for each in made]
    odd = "update resource set document = document || $2 where id = any ($1) returning id"
    assert len(await rows(stage, odd, ids, b'{"priority": "odd"}')) == 100
    waking = Waking(stage.means)
    await waking.step()
    assert (await read(api, good))["status"] == "LATER"
    await waking.step()
    assert (await read(api, good))["status"] == "IN_PROGRESS"
    assert await rows(stage, odd, ids, b'{"priority": "high"}')
    await waking.step()
    assert (await read(api, made[0]))["status"] == "IN_PROGRESS"
