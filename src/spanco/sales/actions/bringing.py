"""Bringing the rows of a chunk in: each becomes a record, is joined to one that is there, is known, or is refused."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from spanco.kernel.errors import Problem, TooCostly
from spanco.kernel.openapi import Resource
from spanco.kernel.query.match import matches
from spanco.kernel.wire import Document, Json, decode_document, encode
from spanco.operations import Draft, Known, Outcome, Refused, Stored, create
from spanco.sales.actions.duplicates import LEAD, MOST_COMPARED, MOST_SHARING, PAIRS, evidence_of, judged
from spanco.sales.rules.matching.keys import keys
from spanco.sales.rules.matching.pairs import CREATE, pair, pair_id, to_lock
from spanco.sales.rules.matching.verdicts import likeness, shared_kinds
from spanco.sales.rules.meeting import (
    CREATED,
    LINKED,
    QUEUED,
    REFUSED,
    Near,
    Seen,
    Twin,
    decided,
    neighbours,
    refusal,
    waits,
    weight_of,
)
from spanco.store import documents, jobs, matching, rehearsals
from spanco.store.errors import Conflict, DatabaseAway
from spanco.store.jobs import Ticket
from spanco.store.rehearsals import Rehearsed
from spanco.work import Work

KNOWN = "known"
MADE = frozenset({CREATED, QUEUED})
"""The ends of a row that became a record of its own."""
MOST_LOCKED = 250
"""So many rows may wait in one transaction for others that make records with the same keys."""

_JUDGED_AT_ONCE = 250
_PASSING = (DatabaseAway, Conflict)


@dataclass(frozen=True, slots=True)
class Landing:
    """Where rows come down: which kind they become, of which source they are, what becomes of those that are known.

    In a dry run the earlier rows of the job are looked at in place of records.
    """

    resource: Resource
    source: str
    wish: str
    job: Ticket
    dry: bool = False

    @property
    def compares(self) -> bool:
        """Whether rows are compared with what is there; a customer may well have many opportunities."""
        return self.resource.kind == LEAD


@dataclass(frozen=True, slots=True)
class End:
    """What became of a row: its outcome, the record that it is or belongs to, or why it stays outside."""

    outcome: str
    id: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Brought:
    """What became of the drafts, in their order; and the match keys of those that were compared."""

    ends: tuple[End, ...] = ()
    keys: tuple[tuple[str, ...], ...] = ()

    def rehearsed(self, drafts: Sequence[Draft], lines: Sequence[int]) -> list[Rehearsed]:
        """What a dry run would have created, to be kept for the rows behind it."""
        rows = zip(self.ends, self.keys, drafts, lines, strict=True) if self.keys else ()
        return [Rehearsed(line, encode(_of(draft)), own) for end, own, draft, line in rows if end.outcome in MADE]


async def brought(work: Work, landing: Landing, drafts: Sequence[Draft]) -> Brought:
    """Bring the drafts in, in the transaction that the caller holds."""
    if not drafts:
        return Brought()
    if not landing.compares:
        return Brought(tuple(map(_end, await _created(work, landing.resource, drafts))))
    if not landing.dry:
        await matching.bring_alone(work.connection, work.actor.tenant)
    bringing = await _Bringing.begun(work, landing, drafts)
    await bringing.go()
    if not landing.dry:
        await bringing.keep()
    return Brought(tuple(end for end in bringing.ends if end), tuple(each.keys for each in bringing.seen))


@dataclass(slots=True)
class _Bringing:
    """The drafts on their way, and what each of them is likely about the same as."""

    work: Work
    landing: Landing
    drafts: Sequence[Draft]
    seen: Sequence[Seen]
    twins: Mapping[int, Sequence[Twin]]
    near: Sequence[tuple[Near, ...]]
    capped: Mapping[int, Sequence[str]]
    ends: list[End | None]
    waiting: list[int] = field(default_factory=list)

    @classmethod
    async def begun(cls, work: Work, landing: Landing, drafts: Sequence[Draft]) -> "_Bringing":
        """Look at all drafts at once; those that were imported before are not compared with what they became."""
        row_ids = [draft.origin[1] for draft in drafts if draft.origin]
        known = await documents.origins(work.connection, landing.resource, work.actor.tenant, landing.source, row_ids)
        fresh = [n for n, draft in enumerate(drafts) if not draft.origin or draft.origin[1] not in known]
        seen = [await _seen(work, _of(each)) for each in drafts]
        if landing.wish != CREATE and not landing.dry:
            wanted = [key for n in fresh for key in to_lock(seen[n].keys)]
            await matching.lock(work.connection, work.actor.tenant, sorted(set(wanted)))
        twins, capped = await _stored(work, landing, [(n, seen[n]) for n in fresh])
        if landing.dry:
            for number, found in (await _rehearsed(work, landing, [(n, seen[n]) for n in fresh])).items():
                twins[number] += found
        near = neighbours(seen, MOST_SHARING, MOST_COMPARED)
        return cls(work, landing, drafts, seen, twins, near, capped, [None] * len(drafts))

    async def go(self) -> None:
        """Bring them in, in their order as far as one depends on another."""
        for number in range(len(self.drafts)):
            if waits(self.landing.wish, self.near[number]):
                await self._flush()
            outcome, twin = decided(self.landing.wish, self._twins(number))
            if twin and outcome == LINKED:
                self.ends[number] = End(LINKED, self._id_of(twin))
            elif twin and outcome == REFUSED:
                self.ends[number] = End(REFUSED, reason=refusal(twin))
            else:
                self.waiting.append(number)
        await self._flush()

    def _twins(self, number: int) -> list[Twin]:
        """All that a row is likely about the same as, of the rows of this chunk only those that became records."""
        found = list(self.twins.get(number, ()))
        for near in self.near[number]:
            end = self.ends[near.number]
            if end and end.outcome in MADE:
                document = _of(self.drafts[near.number])
                name, is_open = str(document.get("name") or ""), _is_open(self.landing.resource, document)
                found.append(Twin(near.likeness, near.matched_on, name, is_open, number=near.number))
        return found

    def _id_of(self, twin: Twin) -> str:
        end = self.ends[twin.number] if twin.number is not None else None
        return end.id if end else twin.id

    async def _flush(self) -> None:
        """Make records of those that wait for it."""
        waiting, self.waiting = self.waiting, []
        outcomes = await _created(self.work, self.landing.resource, [self.drafts[number] for number in waiting])
        for number, outcome in zip(waiting, outcomes, strict=True):
            self.ends[number] = end = _end(outcome)
            if end.outcome == CREATED and self._twins(number):
                self.ends[number] = End(QUEUED, end.id)

    async def keep(self) -> None:
        """Note which rows were joined, and the pairs that people are to look at; nobody need compare these again."""
        work, landing = self.work, self.landing
        ends = [(number, end) for number, end in enumerate(self.ends) if end]
        joined = {
            origin[1]: end.id
            for number, end in ends
            if end.outcome == LINKED and (origin := self.drafts[number].origin)
        }
        await jobs.join_rows(work.connection, landing.resource.kind, landing.job, landing.source, joined)
        made = [end.id for _, end in ends if end.outcome in MADE]
        await jobs.forget_todo(work.connection, landing.resource.kind, work.actor.tenant, made)
        pairs = self._pairs([(number, end.id) for number, end in ends if end.outcome == QUEUED])
        if pairs:
            house = work.for_the_house(work.cause)
            await create(house, work.resources[PAIRS], pairs, atomic=False)

    def _pairs(self, queued: Sequence[tuple[int, str]]) -> list[Draft]:
        of = (self.landing.resource.kind, self.landing.resource.type_name)
        found: dict[str, Document] = {}
        for number, id_ in queued:
            capped: list[Json] = list(self.capped.get(number, ()))
            for twin in self._twins(number):
                ids = (id_, self._id_of(twin))
                found[pair_id(of[0], *ids)] = {**pair(of, ids, twin.likeness, twin.matched_on), "capped": capped}
        return [Draft(document, id=id_) for id_, document in sorted(found.items())]


async def _stored(
    work: Work, landing: Landing, asked: Sequence[tuple[int, Seen]]
) -> tuple[dict[int, list[Twin]], dict[int, Sequence[str]]]:
    """The records that rows (each with its number) are likely about the same as; and which keys were capped."""
    kind = landing.resource.kind
    twins: dict[int, list[Twin]] = defaultdict(list)
    capped: dict[int, Sequence[str]] = {}
    visible = work.policy.allow(work.actor, "read", kind)
    for place in range(0, len(asked), _JUDGED_AT_ONCE):
        some = asked[place : place + _JUDGED_AT_ONCE]
        verdicts = await judged(work, kind, [seen.evidence for _, seen in some], among=[kind])
        for (number, _), verdict in zip(some, verdicts, strict=True):
            capped[number] = verdict.capped
            for each in verdict.candidates:
                document = {"id": each.row.id, **decode_document(each.row.document)}
                shown = matches(visible, document)
                name = str(document.get("name") or "") if shown else ""
                is_open = shown and _is_open(landing.resource, document)
                twins[number].append(Twin(each.likeness, tuple(each.matched_on), name, is_open, each.row.id))
    return twins, capped


async def _rehearsed(work: Work, landing: Landing, asked: Sequence[tuple[int, Seen]]) -> dict[int, list[Twin]]:
    """The earlier rows of a dry run that rows (each with its number) are likely about the same as."""
    keyed = [(number, key) for number, seen in asked for key in seen.keys]
    shared = await rehearsals.sharing(work.connection, landing.job, keyed, MOST_SHARING)
    lines: dict[int, Counter[int]] = defaultdict(Counter)
    for number, key, line in shared:
        lines[number][line] += weight_of(key)
    chosen = {number: [line for line, _ in found.most_common(MOST_COMPARED)] for number, found in lines.items()}
    wanted = sorted({line for each in chosen.values() for line in each})
    found = await rehearsals.documents(work.connection, landing.job, wanted) if wanted else {}
    told = {line: decode_document(document) for line, document in found.items()}
    others = {line: await _seen(work, document) for line, document in told.items()}
    twins: dict[int, list[Twin]] = defaultdict(list)
    for number, seen in asked:
        for line in chosen.get(number, ()):
            twin = _twin(landing, seen, others[line], told[line])
            twins[number] += [twin] if twin else []
    return twins


def _twin(landing: Landing, seen: Seen, other: Seen, document: Document) -> Twin | None:
    alike = likeness(seen.evidence, other.evidence)
    if alike.outcome == "none":
        return None
    name, is_open = str(document.get("name") or ""), _is_open(landing.resource, document)
    return Twin(alike, tuple(shared_kinds(seen.keys, other.keys)), name, is_open)


async def _seen(work: Work, document: Document) -> Seen:
    evidence = await evidence_of(work, document)
    return Seen(evidence, keys(evidence))


def _is_open(resource: Resource, document: Document) -> bool:
    """Whether it can still move; a row that brings no state begins in an open one."""
    lifecycle = resource.lifecycle
    return lifecycle is None or document.get(lifecycle.attribute) not in lifecycle.final


def _of(draft: Draft) -> Document:
    assert isinstance(draft.document, dict)
    return draft.document


async def _created(work: Work, resource: Resource, drafts: Sequence[Draft]) -> list[Outcome]:
    """What becomes of the drafts; where one of them fails all in the database, each is tried alone."""
    if not drafts:
        return []
    try:
        async with work.atomic():
            return await create(work, resource, drafts, historic=True, atomic=False)
    except _PASSING:
        raise
    except Problem as problem:
        if len(drafts) == 1:
            if isinstance(problem, TooCostly):
                raise  # one row is never too much: the database is
            return [Refused(problem)]
        half = len(drafts) // 2
        return await _created(work, resource, drafts[:half]) + await _created(work, resource, drafts[half:])


def _end(outcome: Outcome) -> End:
    match outcome:
        case Stored():
            return End(CREATED, outcome.id)
        case Known():
            return End(KNOWN, outcome.id)
        case Refused(problem):
            return End(REFUSED, reason=_sentence(problem))


def _sentence(problem: Problem) -> str:
    return str(problem) if not problem.where or problem.where in str(problem) else f"{problem.where}: {problem}"
