"""The lanes of the hubs: what each wants, how it fares, and the lease of the one worker that serves it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from spanco.store.database import Connection
from spanco.store.statements import statement


@dataclass(frozen=True, slots=True)
class Wish:
    """What one hub wants to be told, and on whose behalf."""

    tenant: str
    hub_id: str
    kind: str
    api: str | None
    topic: str | None
    scope: str
    query: str
    subject: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Opening:
    """A new lane."""

    wish: Wish
    callback: str
    digest: bytes
    secret: str


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane as the worker that leased it finds it."""

    tenant: str
    hub_id: str
    kind: str
    topic: str | None
    callback: str
    query: str
    secret: str
    former_secret: str | None
    former_until: datetime | None
    failures: int
    failing_since: datetime | None
    rests_until: datetime | None
    stirred: int
    leased_until: datetime


@dataclass(frozen=True, slots=True)
class Lease:
    """Who leases, when, and until when."""

    holder: str
    moment: datetime
    until: datetime


async def same(connection: Connection, wish: Wish, digest: bytes) -> tuple[str, bool] | None:
    """The hub that asks for the same already, and whether it has ended; holds this subscription for the transaction."""
    place = (wish.tenant, wish.kind, wish.topic or "", digest)
    await connection.execute(statement("hold_subscription"), *place)
    found = await connection.fetchrow(statement("same_subscription"), *place)
    return (found["hub_id"], found["ended_at"] is not None) if found else None


async def open_lane(connection: Connection, opening: Opening) -> None:
    """A new hub begins to be told."""
    wish = opening.wish
    await connection.execute(
        statement("open_lane"),
        wish.tenant,
        wish.hub_id,
        wish.kind,
        wish.api,
        wish.topic,
        wish.scope,
        opening.callback,
        wish.query,
        opening.digest,
        wish.subject,
        list(wish.roles),
        opening.secret,
    )


async def wishes(connection: Connection, tenants: Sequence[str]) -> list[Wish]:
    """Who is to be told in these tenants."""
    found = await connection.fetch(statement("lanes_of"), list(tenants))
    return [Wish(**{**record, "roles": tuple(record["roles"])}) for record in found]


async def stir(connection: Connection, hubs: Sequence[tuple[str, str]], moment: datetime) -> None:
    """There is something new for these hubs (tenant, id)."""
    await connection.execute(statement("stir"), [tenant for tenant, _ in hubs], [hub for _, hub in hubs], moment)


async def lease(connection: Connection, lease: Lease, serving: Sequence[str], most: int) -> list[Lane]:
    """Take lanes with work that nobody works on; those of the same holder too, except the hubs that it is serving.

    So whoever comes back under the same name, after a crash or when the database was away, goes on at once.
    """
    found = await connection.fetch(statement("lease"), lease.holder, lease.moment, lease.until, list(serving), most)
    return [Lane(*record) for record in found]


@dataclass(frozen=True, slots=True)
class Fare:
    """How a hub fares: failures without a success in between, since when it fails, until when it rests."""

    failures: int
    failing_since: datetime | None
    rests_until: datetime | None


async def look_again(connection: Connection, lane: Lane, holder: str) -> Lane | None:
    """The lane with its present secrets; None when it is lost."""
    found = await connection.fetchrow(statement("look_again"), lane.tenant, lane.hub_id, holder)
    if found is None:
        return None
    secret, former_secret, former_until, stirred = found
    return replace(lane, secret=secret, former_secret=former_secret, former_until=former_until, stirred=stirred)


async def note_health(connection: Connection, lane: Lane, lease: Lease, fare: Fare) -> bool:
    """How the hub fares after a round, and the lease for the next; False when the lane is no longer ours."""
    kept = await connection.fetchval(
        statement("note_health"),
        lane.tenant,
        lane.hub_id,
        lease.holder,
        fare.failures,
        fare.failing_since,
        fare.rests_until,
        lease.until,
    )
    return kept is not None


async def release(connection: Connection, lane: Lane, holder: str, due_at: datetime | None) -> bool:
    """Give a lane back until it is due; False when something new came for it since it was last looked at."""
    released = await connection.fetchval(statement("release"), lane.tenant, lane.hub_id, holder, due_at, lane.stirred)
    return released is not None


async def rest(connection: Connection, lane: Lane, holder: str, until: datetime) -> None:
    """Give a lane back until its hub has rested."""
    await connection.execute(statement("rest"), lane.tenant, lane.hub_id, holder, until)


async def let_go(connection: Connection, holder: str) -> None:
    """Give back whatever somebody holds, so that others need not wait until the leases run out."""
    await connection.execute(statement("let_go"), holder)


async def end(connection: Connection, lane: Lane, moment: datetime, sentence: str) -> None:
    """The hub is told nothing any more."""
    await connection.execute(statement("end_lane"), lane.tenant, lane.hub_id, moment, sentence)


async def revive(connection: Connection, wish: Wish, moment: datetime) -> None:
    """A hub that had ended begins anew, on behalf of whoever asks now."""
    whose = wish.subject, list(wish.roles)
    await connection.execute(statement("revive_lane"), wish.tenant, wish.hub_id, *whose, moment)


async def hold_ended(connection: Connection, lane: Lane) -> bool:
    """Whether the hub has ended, and does not revive before the transaction ends."""
    return bool(await connection.fetchval(statement("hold_ended"), lane.tenant, lane.hub_id))


async def close(connection: Connection, hub: tuple[str, str], moment: datetime) -> None:
    """The hub (tenant, id) is gone."""
    await connection.execute(statement("close_lane"), *hub, moment)


async def renew_secret(connection: Connection, hub: tuple[str, str], secret: str, former_until: datetime) -> bool:
    """A new secret for a hub (tenant, id), beside which the former one signs for a while; False without such a hub."""
    return await connection.fetchval(statement("renew_secret"), *hub, secret, former_until) is not None


async def ended(connection: Connection) -> list[Lane]:
    """Hubs that ended and still have something waiting."""
    return [Lane(*record) for record in await connection.fetch(statement("ended_lanes"))]


async def wake_forgotten(connection: Connection, moment: datetime) -> None:
    """Hubs that have something waiting and no time set."""
    await connection.execute(statement("wake_forgotten"), moment)
