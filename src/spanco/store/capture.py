"""What strangers posted: the doors that they find, submissions and what became of them, threads of mails."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from spanco.kernel.wire import Document, decode_document
from spanco.store import privacy
from spanco.store.database import Connection
from spanco.store.documents import Stamp
from spanco.store.statements import statement


@dataclass(frozen=True, slots=True)
class Door:
    """What a stranger found: whose it is, and its document."""

    tenant: str
    id: str
    version: int
    document: Document


@dataclass(frozen=True, slots=True)
class Arrival:
    """A post that is to be kept: where it came in, in which state it begins, and what it says."""

    tenant: str
    id: str
    origin: str
    door: str
    door_version: int
    state: str
    received_at: datetime
    content: bytes
    digest: bytes
    reason: str | None = None
    language: str | None = None
    address: str | None = None
    once: str | None = None
    expires_at: datetime | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A submission that a worker has claimed; `content` is None when it was forgotten meanwhile."""

    tenant: str
    id: str
    origin: str
    door: str
    door_version: int
    attempts: int
    content: Document | None
    language: str | None
    address: str | None
    received_at: datetime
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a submission; with `due_at` it is tried again."""

    state: str
    reason: str | None = None
    lead_id: str | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Again:
    """Which submissions are to be processed once more."""

    states: Sequence[str]
    ids: Sequence[str] | None = None
    form: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """A submission that waits for its sender."""

    form: str
    content: Document
    language: str | None
    expires_at: datetime


async def open_door(connection: Connection, name: str, kind: str, place: tuple[str, str]) -> None:
    """Strangers find the resource at `place` (tenant and id) under a name."""
    await connection.execute(statement("open_door"), name, place[0], kind, place[1])


async def close_doors(connection: Connection, tenant: str, kind: str, ids: Sequence[str]) -> None:
    """They find these resources no longer."""
    await connection.execute(statement("close_doors"), tenant, kind, list(ids))


async def door(connection: Connection, name: str, kind: str) -> Door | None:
    """What stands behind a name."""
    found = await connection.fetchrow(statement("door", kind), name)
    return Door(found[0], found[1], found[2], decode_document(found[3])) if found else None


async def salt(connection: Connection) -> str:
    """The salt of this database."""
    return str(await connection.fetchval(statement("capture_salt")))


async def accept(connection: Connection, arrival: Arrival) -> bool:
    """Keep a post; False when the same was posted before."""
    found = await connection.fetchval(
        statement("accept_submission"),
        arrival.tenant,
        arrival.id,
        arrival.origin,
        arrival.door,
        arrival.door_version,
        arrival.state,
        arrival.reason,
        arrival.content,
        arrival.language,
        arrival.address,
        arrival.once,
        arrival.digest,
        arrival.received_at,
        arrival.expires_at,
        arrival.due_at,
        await _forgotten(connection, arrival),
    )
    return found is not None


async def posted_before(connection: Connection, arrival: Arrival) -> tuple[str, bytes] | None:
    """The id and the digest of what was posted with the same key before."""
    place = arrival.tenant, arrival.origin, arrival.door, arrival.once
    found = await connection.fetchrow(statement("submitted_before"), *place, await _forgotten(connection, arrival))
    return (found[0], found[1]) if found else None


async def _forgotten(connection: Connection, arrival: Arrival) -> str | None:
    """What stands in the place of the key if whoever posted it was forgotten."""
    return next(iter(await privacy.marks(connection, arrival.tenant, [arrival.once] if arrival.once else [])), None)


async def announce_unconfirmed(connection: Connection, stamp: Stamp, id_: str) -> None:
    """Tell of a submission that waits for its sender."""
    told = stamp.tenant, id_, stamp.moment, stamp.actor, stamp.cause
    await connection.execute(statement("announce_unconfirmed"), *told)


async def receipt(connection: Connection, id_: str) -> tuple[str, str | None] | None:
    """The state of a submission, and its language."""
    found = await connection.fetchrow(statement("receipt"), id_)
    return (found[0], found[1]) if found else None


async def renew_token(
    connection: Connection, place: tuple[str, str], token: bytes, moment: datetime
) -> Unconfirmed | None:
    """A new token for the submission at `place` (tenant and id), if it waits for its sender."""
    found = await connection.fetchrow(statement("renew_token"), *place, token, moment)
    return Unconfirmed(found[0], decode_document(found[1]), found[2], found[3]) if found else None


async def is_confirmable(connection: Connection, token: bytes, moment: datetime) -> tuple[bool, str | None]:
    """Whether a token confirms something, and the language of that."""
    found = await connection.fetchrow(statement("is_confirmable"), token, moment)
    return found is not None, found[0] if found else None


async def confirm(connection: Connection, token: bytes, moment: datetime) -> tuple[bool, str | None]:
    """Confirm; whether there was something to confirm, and its language."""
    found = await connection.fetchrow(statement("confirm_submission"), token, moment)
    return found is not None, found[0] if found else None


async def claim(connection: Connection, moment: datetime, most: int) -> list[Waiting]:
    """Submissions that are due and that nobody else works on; kept until the transaction ends."""
    found = await connection.fetch(statement("claim_submissions"), moment, most)
    return [_waiting(each) for each in found]


async def settle(connection: Connection, waiting: Waiting, settled: Settled, moment: datetime) -> None:
    """Note what became of a submission."""
    came = settled.state, settled.reason, settled.lead_id, settled.due_at
    await connection.execute(statement("settle_submission"), waiting.tenant, waiting.id, *came, moment)


async def replay(connection: Connection, tenant: str, again: Again, moment: datetime) -> int:
    """Let submissions be processed once more; how many."""
    ids = list(again.ids) if again.ids is not None else None
    chosen = list(again.states), ids, again.form, again.since, again.until
    return int(await connection.fetchval(statement("replay_submissions"), tenant, *chosen, moment))


async def expire(connection: Connection, moment: datetime, most: int) -> int:
    """End what nobody confirmed; how many."""
    return int(await connection.fetchval(statement("expire_submissions"), moment, most))


async def forget(connection: Connection, before: datetime, most: int) -> int:
    """Forget what was posted before a moment; how many."""
    return int(await connection.fetchval(statement("forget_submissions"), before, most))


async def thread_of(connection: Connection, tenant: str, message_ids: Sequence[str]) -> str | None:
    """The lead that one of these mails belongs to."""
    found = await connection.fetchval(statement("thread_of"), tenant, list(message_ids))
    return None if found is None else str(found)


async def is_in_line(connection: Connection, tenant: str, message_ids: Sequence[str]) -> bool:
    """Whether one of these mails is still to be processed."""
    return bool(await connection.fetchval(statement("is_in_line"), tenant, list(message_ids)))


async def mail_outcomes(
    connection: Connection, tenant: str, message_ids: Sequence[str]
) -> tuple[Mapping[str, int], datetime | None]:
    """How many of these mails are in which state, and when the next of them is due."""
    found = await connection.fetch(statement("mail_outcomes"), tenant, list(message_ids))
    due = min((each[2] for each in found if each[2]), default=None)
    return {each[0]: each[1] for each in found}, due


async def note_thread(connection: Connection, tenant: str, message_id: str, lead_id: str) -> None:
    """A mail belongs to a lead."""
    await connection.execute(statement("note_thread"), tenant, message_id, lead_id)


def _waiting(record: Mapping[str, Any]) -> Waiting:
    content = record["content"]
    return Waiting(**{**record, "content": decode_document(content) if content else None})
