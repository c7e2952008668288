"""What becomes of the row of a file that is likely about somebody who is there already."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from spanco.sales.rules.matching.evidence import Evidence
from spanco.sales.rules.matching.keys import STRONG, kind_of
from spanco.sales.rules.matching.pairs import CREATE, LINK, REJECT
from spanco.sales.rules.matching.verdicts import Likeness, likeness, shared_kinds

CREATED, QUEUED, LINKED, REFUSED = "created", "queued", "linked", "refused"
_STRONG, _WEAK = 4, 1


@dataclass(frozen=True, slots=True)
class Twin:
    """What a row is likely about the same as: a record by its `id`, or an earlier row of its chunk by its `number`.

    Neither of them: an earlier row of a dry run. `is_open`: new interest may still belong to it.
    """

    likeness: Likeness
    matched_on: tuple[str, ...]
    name: str
    is_open: bool
    id: str = ""
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """One row of a chunk: what it says, and its match keys."""

    evidence: Evidence
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Near:
    """An earlier row of the same chunk that is likely about the same as another one."""

    number: int
    likeness: Likeness
    matched_on: tuple[str, ...]


def neighbours(rows: Sequence[Seen], most_sharing: int, most_compared: int) -> list[tuple[Near, ...]]:
    """For each row the earlier ones that are likely about the same; bounded as the search in the store is."""
    by_key: dict[str, list[int]] = {}
    found: list[tuple[Near, ...]] = []
    for number, row in enumerate(rows):
        weights: Counter[int] = Counter()
        for key in row.keys:
            others = by_key.setdefault(key, [])
            for other in others[-most_sharing:]:
                weights[other] += weight_of(key)
            others.append(number)
        found.append(tuple(_alike(rows, number, [other for other, _ in weights.most_common(most_compared)])))
    return found


def weight_of(key: str) -> int:
    """How much a shared key counts when only some of those who share one are compared."""
    return _STRONG if kind_of(key) in STRONG else _WEAK


def _alike(rows: Sequence[Seen], number: int, others: Sequence[int]) -> Iterator[Near]:
    own = rows[number]
    for other in others:
        alike = likeness(own.evidence, rows[other].evidence)
        if alike.outcome != "none":
            yield Near(other, alike, tuple(shared_kinds(own.keys, rows[other].keys)))


def decided(wish: str, twins: Sequence[Twin]) -> tuple[str, Twin | None]:
    """What becomes of a row, and which of its twins decided it.

    `link` joins it to the one that is certainly the same and still open; `reject` refuses whatever has a twin; what
    becomes a record although it has one is queued for people.
    """
    ranked = sorted(twins, key=lambda twin: -twin.likeness.score)
    if not ranked:
        return CREATED, None
    if wish == REJECT:
        return REFUSED, ranked[0]
    if wish == LINK:
        for twin in ranked:
            if twin.is_open and twin.likeness.outcome == "certain":
                return LINKED, twin
    return QUEUED, ranked[0]


def waits(wish: str, near: Sequence[Near]) -> bool:
    """Whether a row can be judged only when what became of earlier rows of its chunk is known."""
    return wish != CREATE and bool(near)


def refusal(twin: Twin) -> str:
    """Why a row is refused for its twin; the same in a dry run as in the run, so no id is in it."""
    named = f"'{twin.name}'" if twin.name else "a record without a name"
    return f"It is likely about the same as {named}, which is there already ({', '.join(twin.matched_on)})."
