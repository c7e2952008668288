"""Answers kept by Idempotency-Key, in the transaction of the change that earned them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from spanco.kernel.errors import InFlight, KeyReused
from spanco.kernel.wire import decode_document, encode
from spanco.store.database import Connection
from spanco.store.statements import statement


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: status, headers, body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """A key of a tenant, the fingerprint of its request, and the present moment."""

    tenant: str
    key: str
    fingerprint: bytes
    moment: datetime


async def recall(connection: Connection, claim: Claim) -> Answer | None:
    """Take the key for this transaction; the answer that it earned before, if any.

    Raises `InFlight` while another request holds it and `KeyReused` when it belongs to another request.
    """
    if not await connection.fetchval(statement("claim_key"), claim.tenant, claim.key):
        raise InFlight
    found = await connection.fetchrow(statement("recall"), claim.tenant, claim.key, claim.moment)
    if found is None:
        return None
    if found["fingerprint"] != claim.fingerprint:
        raise KeyReused
    headers = decode_document(found["headers"])
    return Answer(found["status"], tuple((name, str(value)) for name, value in headers.items()), found["body"])


async def remember(connection: Connection, claim: Claim, answer: Answer, hours: int) -> None:
    """Keep the answer for so many hours; and let a few old ones go."""
    headers = encode(dict(answer.headers))
    expires = claim.moment + timedelta(hours=hours)
    await connection.execute(
        statement("remember"), claim.tenant, claim.key, claim.fingerprint, expires, answer.status, headers, answer.body
    )
    await connection.execute(statement("forget"), claim.moment)
