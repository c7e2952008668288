"""Carries replays out, some events at a time, each time in one transaction."""

from spanco import clock
from spanco.events.audience import Audience, Ways
from spanco.events.replays import BEGUN, DONE
from spanco.kernel.moments import spell
from spanco.kernel.openapi import Resource
from spanco.kernel.patch import merge
from spanco.kernel.wire import Document
from spanco.operations import Place, patch
from spanco.store import deliveries, lanes, replays
from spanco.store.replays import Replay
from spanco.work import Cause, Means, Work
from spanco.worker.ending import keeper

_AT_ONCE = 100
_REPLAY = Cause("replay")


async def replay_some(means: Means, ways: Ways, resource: Resource) -> bool:
    """One step of one replay; False when there is none to be done."""
    async with means.work(keeper(""), _REPLAY) as work, work.atomic():
        replay = await replays.next_one(work.connection)
        if replay is None:
            return False
        work.actor = keeper(replay.tenant)
        step = _revive if replay.only_dead else _enqueue
        position, count = await step(work, ways, replay)
        if position <= replay.last_position:
            await replays.advance(work.connection, replay, position, count)
            return True
        await replays.close(work.connection, replay)
        await _say(work, resource, replay, {"status": BEGUN})
        finished: Document = {"status": DONE, "replayed": replay.replayed + count, "finishedAt": spell(clock.now())}
        await _say(work, resource, replay, finished)
    return True


async def _revive(work: Work, _: Ways, replay: Replay) -> tuple[int, int]:
    """Some dead letters wait anew; where to go on, and how many they were."""
    hubs, position = await replays.revive(work.connection, replay, work.moment, _AT_ONCE)
    await _stir(work, set(hubs))
    return position, len(hubs)


async def _enqueue(work: Work, ways: Ways, replay: Replay) -> tuple[int, int]:
    """Some events are to be delivered, again or for the first time; where to go on, and how many deliveries."""
    entries, position = await replays.entries(work.connection, replay, _AT_ONCE)
    audience = await Audience.of(work.connection, ways, [replay.tenant])
    wanted = await audience.wanted(work.connection, entries, replay.hub_id)
    # The lanes first, as whoever serves one: it then waits for us, and we not for its deliveries.
    await _stir(work, {hub for hub, _ in wanted})
    await deliveries.enqueue(work.connection, wanted, work.moment)
    return position, len(wanted)


async def _stir(work: Work, hubs: set[str]) -> None:
    if hubs:
        await lanes.stir(work.connection, sorted((work.actor.tenant, hub) for hub in hubs), work.moment)


async def _say(work: Work, resource: Resource, replay: Replay, change: Document) -> None:
    await patch(work, resource, Place(replay.id), lambda before: merge(before, change))
