"""The log by months, and the small batches in which old things are forgotten."""

from datetime import UTC, datetime, timedelta

from spanco.store.database import Connection, Database, atomic
from spanco.store.statements import identifier, literal, statement

AHEAD = 3
"""Months that have a partition: this one and the next."""
_LOCK = 0x5350414E434D
_BATCH = 2000
_LONG_SECONDS = 3600.0
_MATCHERS_KNOW = timedelta(minutes=10)


async def prepare_months(connection: Connection, moment: datetime) -> None:
    """Make the partitions of the log for this month and the next; what arrived without one is moved in."""
    async with atomic(connection):
        await _hold(connection)
        present = {record["relname"] for record in await connection.fetch(statement("months"))}
        begin = datetime(moment.year, moment.month, 1, tzinfo=UTC)
        for _ in range(AHEAD):
            end = _next_month(begin)
            if _name(begin) not in present:
                await _make_month(connection, begin, end)
            begin = end


async def _make_month(connection: Connection, begin: datetime, end: datetime) -> None:
    """Filled before it is attached, because no row of it may be in the partition for everything else."""
    month = identifier(_name(begin))
    first, over = literal(begin.isoformat()), literal(end.isoformat())
    within = f"occurred_at >= {first} and occurred_at < {over}"
    for command in (
        "set local statement_timeout = 0",
        "lock table event_other in access exclusive mode",
        f"create table {month} (like event including defaults)",
        f"with moved as (delete from event_other where {within} returning *) insert into {month} select * from moved",  # noqa: S608
        f"alter table event attach partition {month} for values from ({first}) to ({over})",
    ):
        await connection.execute(command, timeout=_LONG_SECONDS)


async def prune(database: Database, horizon: datetime) -> None:
    """Forget the months of the log that end before the horizon, but none that holds what somebody was not yet told."""
    async with database.connected() as connection:
        untold = await connection.fetchval(statement("earliest_untold"))
        horizon = min(horizon, untold or horizon)
        begin = datetime(horizon.year, horizon.month, 1, tzinfo=UTC)
        await _in_batches(connection, "forget_posted", begin)  # first: none is known that cannot be read
        async with atomic(connection):
            await connection.execute("set local lock_timeout = '2s'")
            await _hold(connection)
            months = [record["relname"] for record in await connection.fetch(statement("months"))]
            over = [name for name in months if (end := _end(name)) is not None and end <= begin]
            for name in over:
                await connection.execute(f"drop table {identifier(name)}")
            if over or await connection.fetchval(statement("has_stragglers"), begin):
                await connection.execute(statement("note_pruned"), begin)
        await _in_batches(connection, "forget_stragglers", begin)
        await _in_batches(connection, "forget_feed", begin)


async def forget_deliveries(connection: Connection, horizon: datetime) -> None:
    """What was delivered, or given up, before the horizon."""
    await _in_batches(connection, "forget_deliveries", horizon)


async def forget_images(connection: Connection, moment: datetime) -> None:
    """What it takes to undo merges that can no longer be undone."""
    await _in_batches(connection, "forget_old_images", moment)


async def forget_orphans(connection: Connection, moment: datetime) -> None:
    """What was to be delivered to hubs that are gone; then that they were, when no matcher can still know them."""
    for tenant, hub_id in await connection.fetch(statement("orphans")):
        await _in_batches(connection, "forget_orphans", tenant, hub_id)
        await connection.execute(statement("forget_sidelines"), tenant, hub_id)
        await connection.execute(statement("forget_orphan"), tenant, hub_id, moment - _MATCHERS_KNOW)


async def _hold(connection: Connection) -> None:
    """One at a time makes or drops months; for the transaction."""
    await connection.execute("select pg_advisory_xact_lock($1)", _LOCK)


async def _in_batches(connection: Connection, name: str, *values: object) -> None:
    """Many short statements: none holds locks for long or grows the transaction that vacuum waits for."""
    while (await connection.execute(statement(name), *values, _BATCH)).removeprefix("DELETE ") == str(_BATCH):
        continue


async def backlog(connection: Connection) -> tuple[int, int]:
    """Events to be matched with hubs, and deliveries to be made."""
    events, deliveries = await connection.fetchrow(statement("backlog"))
    return events, deliveries


def _name(begin: datetime) -> str:
    return f"event_{begin:%Y_%m}"


def _next_month(begin: datetime) -> datetime:
    return datetime(begin.year + begin.month // 12, begin.month % 12 + 1, 1, tzinfo=UTC)


def _end(name: str) -> datetime | None:
    """When the month of a partition is over; None for the partition of everything else."""
    _, _, month = name.partition("_")
    try:
        return _next_month(datetime.strptime(f"{month}+0000", "%Y_%m%z"))
    except ValueError:
        return None
