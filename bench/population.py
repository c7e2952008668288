"""Leads of invented people and companies as the write path would store them, with their match keys and questions."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from spanco.kernel.moments import spell
from spanco.kernel.wire import encode
from spanco.sales.rules.matching.evidence import Ground, gathered
from spanco.sales.rules.matching.keys import keys
from spanco.sales.rules.matching.understood import understood
from tests.sales.people import People
from tests.sales.records import Record

_AT_ONCE = 10_000
_PROCESSES = 2
_FIRST_SEED, _STRANGERS = 500_000, 900_000
_FIRST_DAY = datetime(2024, 7, 1, tzinfo=UTC)
GROUND = Ground()


@dataclass(frozen=True, slots=True)
class Part:
    """Some leads (id, document, match keys), and people who come again: a lead of them, and the id of one stored."""

    leads: list[tuple[str, bytes, tuple[str, ...]]]
    again: list[tuple[dict[str, Any], frozenset[str]]]


def parts(count: int, again: int) -> Iterator[Part]:
    """So many leads; about so many of all who have a lead come once more. The same numbers always give the same."""
    starts = range(0, count, _AT_ONCE)
    share = -(-again // len(starts))
    with ProcessPoolExecutor(_PROCESSES) as pool:
        yield from pool.map(_part, starts, [min(_AT_ONCE, count)] * len(starts), [share] * len(starts))


def strangers(count: int) -> list[dict[str, Any]]:
    """Leads of so many people and companies of whom there is none yet, however many share their names."""
    return [posted(each) for each in People(_STRANGERS).records(count)[:count]]


def posted(record: Record) -> dict[str, Any]:
    """What a client posts of it."""
    return {**record.document(), "@type": "SalesLead"}


def _part(start: int, size: int, share: int) -> Part:
    """People of a seed of their own; who comes again is typed anew and left out of what is stored."""
    seed = _FIRST_SEED + start // _AT_ONCE
    chance = Random(seed)
    records = People(seed).records(size)  # more records than entities
    first: dict[int, int] = {}
    known = [number for number, each in enumerate(records) if first.setdefault(each.truth, number) != number]
    held = set(chance.sample(known, min(share, len(known))))
    kept = [each for number, each in enumerate(records) if number not in held][:size]
    leads = []
    ids: dict[int, set[str]] = {}
    for number, record in enumerate(kept):
        id_ = _id(chance, start + number)
        ids.setdefault(record.truth, set()).add(id_)
        leads.append((id_, *_stored(record, start + number)))
    again = [(posted(records[each]), frozenset(ids.get(records[each].truth, ()))) for each in sorted(held)]
    return Part(leads, [each for each in again if each[1]])


def _stored(record: Record, number: int) -> tuple[bytes, tuple[str, ...]]:
    moment = spell(_FIRST_DAY + timedelta(minutes=number))
    evidence = gathered(record.document(), GROUND)
    found = understood(evidence)
    document = {
        **posted(record),
        "status": "acknowledged",
        "creationDate": moment,
        "statusChangeDate": moment,
        **({"understood": found} if found else {}),
    }
    return encode(document), keys(evidence)


def _id(chance: Random, number: int) -> str:
    """A UUID of version 7 whose time runs with the number."""
    text = f"{1_720_000_000_000 + number:012x}7{chance.getrandbits(12):03x}{0x8 << 60 | chance.getrandbits(60):016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
