"""Find records that are about the same person or organization: one service for the API, imports, forms and workers."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from spanco import telemetry
from spanco.access.errors import Forbidden
from spanco.kernel.errors import BadBody, BadHeader
from spanco.kernel.openapi import Resource
from spanco.kernel.query.ast import Condition
from spanco.kernel.query.match import matches
from spanco.kernel.wire import Document, Json, decode_document, encode
from spanco.operations import Draft, Place, create, get, patch
from spanco.sales.actions import registers
from spanco.sales.rules.matching.evidence import Evidence, Ground, gathered
from spanco.sales.rules.matching.keys import STRONG, keys, kind_of
from spanco.sales.rules.matching.pairs import (
    CREATE,
    LINK,
    PAIR_OF_NOBODY,
    PAIR_OPEN,
    REJECT,
    WISHES,
    LikelyDuplicate,
    pair,
    pair_id,
    to_lock,
)
from spanco.sales.rules.matching.understood import understood
from spanco.sales.rules.matching.verdicts import Likeness, Outcome, likeness, shared_kinds
from spanco.store import matching, merges
from spanco.store.documents import Row
from spanco.store.matching import Shared
from spanco.work import DRY_RUN, Already, Rehearsed, Work

LEAD, PAIRS = "sales.salesLead", "spanco.duplicateCandidate"
FREE_MAIL = "freeMailDomain"
MOST_SHARING = 50
"""Of more records than these that share a key only the newest are looked at, and that is said and counted."""
MOST_COMPARED = 25
"""So many candidates of one document, those that share the most, are compared with it; more are counted too."""
MOST_CLOSED = 1000
CANDIDATES = "candidates"
_STRONG, _WEAK = 4, 1

Place_ = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stored record that is likely about the same as a document."""

    kind: str
    row: Row
    likeness: Likeness
    matched_on: list[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found for one document, the most likely first; `capped` are kinds of keys that too many share."""

    candidates: list[Candidate] = field(default_factory=list)
    capped: list[str] = field(default_factory=list)

    @property
    def outcome(self) -> Outcome:
        """The best of all."""
        found = {each.likeness.outcome for each in self.candidates}
        return "certain" if "certain" in found else "probable" if found else "none"


async def evidence_of(work: Work, document: Document) -> Evidence:
    """What a document says, on the ground of the tenant; the register of free mail is asked only where it matters."""
    found = gathered(document, Ground(work.country, frozenset()))
    if not found.domains:
        return found
    free = await registers.codes(work, FREE_MAIL)
    return replace(found, domains=tuple(each for each in found.domains if each not in free))


async def understand(work: Work, _: Resource, document: Document, __: Document | None) -> Document:
    """The document with what was understood of it; without that when nothing was."""
    found = understood(await evidence_of(work, document))
    if found:
        return document | {"understood": found}
    return {name: value for name, value in document.items() if name != "understood"}


async def meet(work: Work, resource: Resource, document: Document, before: Document | None) -> Document:
    """A new document, unless the client prefers to be led to the record that is there, or told of it.

    Raises `Already` or `LikelyDuplicate` then, and `Rehearsed` where only that was asked. Meanwhile nobody else makes
    a record with the same keys.
    """
    wish = work.preferences.get("duplicate", CREATE)
    if wish not in WISHES:
        raise BadHeader("Prefer", f"'duplicate' is one of: {', '.join(WISHES)}.")
    if DRY_RUN in work.preferences:
        (verdict,) = await judged(work, resource.kind, [await evidence_of(work, document)], among=[resource.kind])
        raise _answer(work, resource.kind, verdict)
    if before is not None or "duplicate" not in work.preferences:
        return document
    work.applied["duplicate"] = wish
    if wish == CREATE:
        return document
    evidence = await evidence_of(work, document)
    await matching.lock(work.connection, work.actor.tenant, to_lock(keys(evidence)))
    (verdict,) = await judged(work, resource.kind, [evidence], among=[resource.kind])
    work.capped += [each for each in verdict.capped if each not in work.capped]
    if wish == REJECT and verdict.candidates:
        raise LikelyDuplicate(told(work, verdict.candidates), verdict.capped)
    if wish == LINK:
        for each in verdict.candidates:
            if each.likeness.outcome == "certain" and _is_open(resource, each) and _visible(work, each):
                raise Already(each.row.id)
    return document


async def check(work: Work, _: Resource, __: str, document: Document) -> Document:
    """Answer a question for duplicates; nothing is kept, so it always raises `Rehearsed`."""
    kind, id_ = _kind(work, document.get("kind", LEAD)), document.get("record")
    among = document.get("among")
    searched = [_kind(work, each) for each in among] if isinstance(among, list) else None
    asked = document.get("document")
    if isinstance(id_, str):
        asked = decode_document((await get(work, work.resources[kind], Place(id_))).body)
    if not isinstance(asked, dict):
        raise BadBody("document", "send a document, or the id of a record.")
    own = [str(id_)] if id_ else None
    evidence = await evidence_of(work, {"@type": work.resources[kind].type_name, **asked})
    (verdict,) = await judged(work, kind, [evidence], among=searched, own=own)
    raise _answer(work, kind, verdict)


def _kind(work: Work, said: Json) -> str:
    """The kind that is meant, with its API or without."""
    known = kinds(work)
    found = [each for each in known if said in (each, each.rpartition(".")[2])]
    if len(found) != 1:
        raise BadBody("kind", f"'{said}' has no match keys; these have: {', '.join(known)}.")
    return found[0]


def _answer(work: Work, kind: str, verdict: Verdict) -> Rehearsed:
    found: list[Json] = list(told(work, verdict.candidates))
    capped: list[Json] = list(verdict.capped)
    answer: Document = {"kind": kind, "outcome": verdict.outcome, "candidate": found, "capped": capped}
    return Rehearsed({**answer, "@type": "DuplicateCheck"})


async def judged(
    work: Work,
    kind: str,
    evidence: Sequence[Evidence],
    *,
    among: Sequence[str] | None = None,
    own: Sequence[str] | None = None,
) -> list[Verdict]:
    """What is stored that is likely about the same as each of these documents of a kind, of which this is the evidence.

    Few queries for many documents. `among` are the kinds that are searched, all that have keys when nothing is said;
    `own` are the ids of the documents where they are stored, so that none is found to be like itself. Documents of
    one call are not compared with each other.
    """
    asked = [(number, key) for number, each in enumerate(evidence) for key in keys(each)]
    searched = list(among) if among is not None else kinds(work)
    if not asked or not searched:
        return [Verdict() for _ in evidence]
    shared = await matching.sharing(work.connection, work.actor.tenant, asked, searched, MOST_SHARING + 1)
    places = _nearest(shared, {(kind, id_): number for number, id_ in enumerate(own or ())})
    capped = _capped(shared, places)
    stored = await _read(work, {number: found[:MOST_COMPARED] for number, found in places.items()})
    verdicts = []
    seen: dict[Place_, Evidence] = {}
    for number, each in enumerate(evidence):
        candidates = await _compared(work, each, stored.get(number, {}), seen)
        verdicts.append(Verdict(candidates, capped.get(number, [])))
    return verdicts


async def queue(work: Work, kind: str, ids: Sequence[str]) -> int:
    """Compare these records with all others of their kind; how many new pairs now wait for a decision.

    Those of records that are gone wait no longer.
    """
    rows = await matching.records(work.connection, work.actor.tenant, kind, ids)
    for id_ in ids:
        if id_ not in rows:
            await _close(work, kind, id_)
    evidence = [await evidence_of(work, decode_document(row.document)) for row in rows.values()]
    verdicts = await judged(work, kind, evidence, among=[kind], own=list(rows))
    of = (kind, work.resources[kind].type_name)
    pairs: dict[str, Document] = {}
    for id_, verdict in zip(rows, verdicts, strict=True):
        for each in verdict.candidates:
            found = pair(of, (id_, each.row.id), each.likeness, each.matched_on)
            pairs.setdefault(pair_id(kind, id_, each.row.id), {**found, "capped": list(verdict.capped)})
    drafts = [Draft(document, id=id_) for id_, document in sorted(pairs.items())]
    outcomes = await create(work, work.resources[PAIRS], drafts, atomic=False) if drafts else []
    return len([each for each in outcomes if hasattr(each, "body")])


async def _close(work: Work, kind: str, id_: str) -> None:
    """Nobody has to decide on the pairs of a record that is gone."""
    own: Document = {"id": id_, "kind": kind}
    parts = [encode({name: own, "status": PAIR_OPEN}) for name in ("record", "candidate")]
    for found in await merges.referring(work.connection, PAIRS, work.actor.tenant, parts, MOST_CLOSED):
        await patch(work, work.resources[PAIRS], Place(found.row.id), lambda before: {**before, **PAIR_OF_NOBODY})


def kinds(work: Work) -> list[str]:
    """The kinds whose records have match keys."""
    return [kind for kind, binding in work.bindings.items() if binding.keys and kind in work.resources]


def told(work: Work, candidates: Iterable[Candidate]) -> list[Document]:
    """Candidates as they are answered; of those that the actor may not see only that they exist."""
    return [_told(work, each) for each in candidates]


def _told(work: Work, candidate: Candidate) -> Document:
    if not _visible(work, candidate):
        return {"exists": True, "outcome": candidate.likeness.outcome}
    matched: list[Json] = list(candidate.matched_on)
    evidence: list[Json] = list(candidate.likeness.told())
    name = decode_document(candidate.row.document).get("name")
    return {
        "id": candidate.row.id,
        "kind": candidate.kind,
        **({"name": name} if name else {}),
        "@referredType": work.resources[candidate.kind].type_name,
        "outcome": candidate.likeness.outcome,
        "score": candidate.likeness.score,
        "matchedOn": matched,
        "evidence": evidence,
    }


def _visible(work: Work, candidate: Candidate) -> bool:
    try:
        visible: Condition = work.policy.allow(work.actor, "read", candidate.kind)
    except Forbidden:
        return False
    return matches(visible, {"id": candidate.row.id, **decode_document(candidate.row.document)})


def _is_open(resource: Resource, candidate: Candidate) -> bool:
    """Whether the record can still move: new interest does not belong to what is over."""
    lifecycle = resource.lifecycle
    return lifecycle is None or decode_document(candidate.row.document).get(lifecycle.attribute) not in lifecycle.final


def _nearest(shared: Sequence[Shared], own: Mapping[Place_, int]) -> Mapping[int, list[Place_]]:
    """For each document the records that share keys with it, those that share the most first."""
    weights: dict[int, Counter[Place_]] = defaultdict(Counter)
    for each in shared:
        if own.get((each.kind, each.id)) != each.number:
            weights[each.number][each.kind, each.id] += _STRONG if kind_of(each.key) in STRONG else _WEAK
    return {number: [place for place, _ in found.most_common()] for number, found in weights.items()}


def _capped(shared: Sequence[Shared], places: Mapping[int, Sequence[Place_]]) -> Mapping[int, list[str]]:
    """The kinds of keys, by document, that more records share than are looked at; counted. So are records."""
    counts = Counter((each.number, each.key, each.kind) for each in shared)
    found = [(number, kind_of(key)) for (number, key, _), count in counts.items() if count > MOST_SHARING]
    found += [(number, CANDIDATES) for number, each in places.items() if len(each) > MOST_COMPARED]
    capped: dict[int, list[str]] = defaultdict(list)
    for number, of in found:
        telemetry.record_capped(of)
        if of not in capped[number]:
            capped[number].append(of)
    return capped


async def _read(work: Work, places: Mapping[int, Sequence[Place_]]) -> Mapping[int, dict[Place_, Row]]:
    """The records in these places, each read once."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for each in places.values():
        for kind, id_ in each:
            wanted[kind].add(id_)
    rows: dict[Place_, Row] = {}
    for kind, ids in wanted.items():
        found = await matching.records(work.connection, work.actor.tenant, kind, sorted(ids))
        rows |= {(kind, id_): row for id_, row in found.items()}
    return {number: {place: rows[place] for place in each if place in rows} for number, each in places.items()}


async def _compared(
    work: Work, evidence: Evidence, stored: Mapping[Place_, Row], seen: dict[Place_, Evidence]
) -> list[Candidate]:
    """Those that are likely about the same, the most likely first; `seen` keeps what was read of a record before."""
    found = []
    own = keys(evidence)
    for place, row in stored.items():
        if place not in seen:
            seen[place] = await evidence_of(work, decode_document(row.document))
        other = seen[place]
        alike = likeness(evidence, other)
        if alike.outcome != "none":
            found.append(Candidate(place[0], row, alike, shared_kinds(own, keys(other))))
    return sorted(found, key=lambda each: (-each.likeness.score, each.row.id))
