"""Secrets of hubs: shown once, kept with the hub alone, and replaced without a single rejected delivery."""

import asyncio
import io

import httpx
import pytest

from spanco import telemetry
from spanco.app import Running
from tests.worker.listeners import Listen, until
from tests.worker.stage import HUBS, OWN, Virtual, created, live, rows, subscribed, told_all, working


async def rotated(api: httpx.AsyncClient, hub_id: str, **more: int) -> dict[str, str]:
    """A new secret."""
    answer = await api.post(f"{OWN}/signingSecret", json={"hub": {"id": hub_id}, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, str] = answer.json()
    return made


async def test_a_listener_may_change_over_at_any_moment(stage: Running, api: httpx.AsyncClient, listen: Listen) -> None:
    """From the answer with the new secret on, both are signed with: the same as rejecting none, whenever it changes."""
    listener = await listen()
    hub = await subscribed(api, listener.url)
    async with working(stage):
        for number in range(10):
            await created(api, name=str(number))
        await until(lambda: len(listener.taken) == 10)
        new = await rotated(api, hub["id"])
        for number in range(30):
            await created(api, name=str(number))
            await asyncio.sleep(0.005)
        await told_all(stage)
    before, after = listener.taken[:10], listener.taken[10:]
    assert all(each.signed_with(hub["secret"]) and not each.signed_with(new["secret"]) for each in before)
    assert len(after) == 30
    for each in after:
        assert len(each.headers["webhook-signature"].split()) == 2
        assert each.signed_with(hub["secret"])
        assert each.signed_with(new["secret"])


async def test_the_former_secret_signs_for_as_long_as_was_asked(
    stage: Running, api: httpx.AsyncClient, listen: Listen, virtual: Virtual, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day unless said otherwise; 0 hours end it at once; of three secrets the two latest sign."""
    listener = await listen()
    hub = await subscribed(api, listener.url)
    signed = []

    async def next_one() -> list[bool]:
        await created(api)
        await live(stage, virtual, seconds=1)
        with monkeypatch.context() as patch:  # the library looks at the time: it believes in the virtual one
            patch.setattr("standardwebhooks.webhooks.datetime", _Frozen(virtual))
            return [listener.taken[-1].signed_with(secret) for secret in secrets]

    secrets = [hub["secret"]]
    signed.append(await next_one())
    secrets.append((await rotated(api, hub["id"]))["secret"])
    signed.append(await next_one())
    await live(stage, virtual, hours=23, minutes=50)
    signed.append(await next_one())
    await live(stage, virtual, minutes=20)
    signed.append(await next_one())
    secrets.append((await rotated(api, hub["id"], keepFormerHours=48))["secret"])
    secrets.append((await rotated(api, hub["id"]))["secret"])
    signed.append(await next_one())
    secrets.append((await rotated(api, hub["id"], keepFormerHours=0))["secret"])
    signed.append(await next_one())
    assert signed == [
        [True],
        [True, True],
        [True, True],
        [False, True],
        [False, False, True, True],
        [False, False, False, False, True],
    ]


class _Frozen:
    """What the library takes for `datetime`."""

    def __init__(self, virtual: Virtual) -> None:
        self._virtual = virtual

    def __getattr__(self, name: str) -> object:
        return getattr(type(self._virtual()), name)

    def now(self, **_: object) -> object:
        return self._virtual()


async def test_a_secret_stands_nowhere_but_in_the_answer_that_made_it(
    stage: Running, api: httpx.AsyncClient, listen: Listen, logs: io.BytesIO
) -> None:
    """Not in reads, lists, events, records of idempotency or logs; in the database only with its lane."""
    telemetry.configure("json", "debug", logs)
    operators, listener = await listen(), await listen()
    await subscribed(api, operators.url, hubs=f"{OWN}/hub")
    body = {"callback": listener.url}
    first = (await api.post(HUBS, json=body, headers={"idempotency-key": "k1"})).json()
    again = (await api.post(HUBS, json=body, headers={"idempotency-key": "k1"})).json()
    assert again == {name: value for name, value in first.items() if name != "secret"}
    key = {"idempotency-key": "k2"}
    made = await api.post(f"{OWN}/signingSecret", json={"hub": {"id": first["id"]}}, headers=key)
    await api.post(f"{OWN}/signingSecret", json={"hub": {"id": first["id"]}}, headers=key)
    await created(api)
    async with working(stage):
        await told_all(stage)
    secrets = [first["secret"], made.json()["secret"]]
    (latest,) = await rows(stage, "select secret from lane where hub_id = $1", first["id"])
    assert latest[0] not in secrets, "the same key gives another secret: none is kept to be repeated"
    secrets.append(latest[0])
    assert len({secret.removeprefix("whsec_") for secret in secrets}) == 3
    told = [each.body + repr(each.headers).encode() for each in (*operators.heard, *listener.heard)]
    answers = [(await api.get(path)).content for path in (HUBS, f"{HUBS}/{first['id']}", f"{OWN}/delivery")]
    history = (await api.get(f"{OWN}/sales.hub/{first['id']}/history")).content
    for secret in secrets:
        plain = secret.removeprefix("whsec_").encode()
        assert not any(plain in each for each in (*told, *answers, history, logs.getvalue()))
        assert await tables_with(stage, plain.decode()) <= {"lane"}


async def tables_with(stage: Running, text: str) -> set[str]:
    """The tables that hold a text anywhere."""
    names = await rows(stage, "select relname from pg_class where relkind in ('r', 'p') and relnamespace = 2200")
    found = set()
    for (name,) in names:
        for each in (text, text.encode().hex()):  # as text, and as bytes are shown
            sql = f'select 1 from "{name}" as each where position($1 in each::text) > 0 limit 1'  # noqa: S608
            if await rows(stage, sql, each):
                found.add(name)
    return found
