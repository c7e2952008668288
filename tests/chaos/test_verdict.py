"""The verdict finds what is wrong: a run that went well is spoilt in one place each time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from io import BytesIO

import pytest

from tests.chaos.journal import Arrival, Journal
from tests.chaos.load import BATCH, identity_and_digest
from tests.chaos.sink import HUBS
from tests.chaos.verdict import Event, Found, Told, disorder, half_writes, lost_events, lost_writes, phantoms

HISTORY = [
    Event("e1", "SalesLeadCreateEvent", "lead", 1, 0, [], None, "one"),
    Event(
        "e2", "SalesLeadAttributeValueChangeEvent", "lead", 2, 0, ["name", "status", "statusChangeDate"], None, "two"
    ),
    Event("e3", "SalesLeadStateChangeEvent", "lead", 2, 1, ["name", "status", "statusChangeDate"], None, "two"),
]


@dataclass
class Run:
    """What a run leaves behind; as it is made, all is well."""

    journal: Journal
    log: dict[str, list[Event]]
    rows: dict[str, tuple[int, str]]

    @property
    def found(self) -> Found:
        """What is in the database."""
        return Found(self.log, self.rows)

    @property
    def told(self) -> Told:
        """What came to the hubs."""
        return Told.of(self.journal)

    def wrong(self) -> set[str]:
        """The kinds of what is wrong."""
        found: dict[str, Sequence[str]] = {
            "lost writes": list(lost_writes(self.journal, self.found)),
            "half-written": list(half_writes(self.journal, self.found)),
            "lost events": list(lost_events(self.found, self.told)),
            "phantoms": list(phantoms(self.found, self.told)),
            "in disorder": list(disorder(self.found, self.told)),
        }
        return {kind for kind, sentences in found.items() if sentences}


@pytest.fixture
def run() -> Run:
    """Two versions of one lead, which were acknowledged and told."""
    journal = Journal(BytesIO())
    journal.wrote("lead", 1, "one")
    journal.wrote("lead", 2, "two")
    for hub, wanted in {"all": HISTORY, "created": HISTORY[:1]}.items():
        for each in wanted:
            journal.arrived(Arrival(journal.now, hub, each.event_id, each.type, each.lead, each.digest))
    return Run(journal, {"lead": list(HISTORY)}, {"lead": (2, "two")})


def arrive(run: Run, at: int, **change: str) -> None:
    """Spoil one arrival."""
    run.journal.arrivals[at] = replace(run.journal.arrivals[at], **change)  # type: ignore[arg-type]  # only texts


SPOILT: dict[str, tuple[Callable[[Run], object], set[str]]] = {
    "nothing": (lambda run: run, set()),
    "a version is missing": (lambda run: run.journal.wrote("lead", 3, "x"), {"lost writes"}),
    "a lead is missing": (lambda run: run.journal.wrote("other", 1, "x"), {"lost writes"}),
    "other bytes": (lambda run: run.journal.wrote("lead", 1, "x"), {"lost writes"}),
    "not removed": (lambda run: run.journal.removal("lead"), {"lost writes"}),
    "a row without events": (lambda run: run.rows.update(other=(1, "x")), {"half-written"}),
    "events without a row": (lambda run: run.rows.clear(), {"half-written"}),
    "an older row": (lambda run: run.rows.update(lead=(1, "one")), {"half-written"}),
    "another row": (lambda run: run.rows.update(lead=(2, "x")), {"half-written"}),
    "no event of a state": (lambda run: run.log["lead"].pop(), {"half-written", "phantoms"}),
    "an event twice": (lambda run: run.log["lead"].append(HISTORY[-1]), {"half-written"}),
    "not asked for": (lambda run: run.journal.kept.pop(("lead", 2)), {"half-written"}),
    "not created by us": (lambda run: run.journal.kept.pop(("lead", 1)), {"half-written"}),
    "a part of a batch": (
        lambda run: run.log.update(lead=[replace(HISTORY[0], batch="b"), *HISTORY[1:]]),
        {"half-written"},
    ),
    "not told": (lambda run: run.journal.arrivals.pop(), {"lost events"}),
    "not told to one": (lambda run: run.journal.arrivals.pop(2), {"lost events"}),
    "made up": (lambda run: arrive(run, 2, event_id="x"), {"lost events", "phantoms"}),
    "told otherwise": (lambda run: arrive(run, 2, digest="x"), {"phantoms"}),
    "not wanted": (lambda run: arrive(run, 2, hub="created"), {"lost events", "phantoms", "in disorder"}),
    "turned round": (lambda run: run.journal.arrivals.reverse(), {"in disorder"}),
    "told again": (lambda run: run.journal.arrivals.append(run.journal.arrivals[0]), set()),
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_each_kind_of_harm_is_found(run: Run, spoilt: str) -> None:
    """And only where there is some."""
    spoil, kinds = SPOILT[spoilt]
    spoil(run)
    assert run.wrong() == kinds


def test_what_had_no_certain_answer_may_be_there_or_not(run: Run) -> None:
    """A change, a creation and a whole batch."""
    del run.journal.kept["lead", 2]
    run.journal.unsure["lead"] += 1
    batch = [replace(HISTORY[0], lead=f"of a batch {number}", batch="b") for number in range(BATCH)]
    run.log |= {each.lead: [each] for each in batch}
    run.rows |= {each.lead: (1, each.digest) for each in batch}
    run.journal.unsure[""] += BATCH
    assert not list(half_writes(run.journal, run.found))


def test_repeated_arrivals_are_counted_by_the_harm_that_made_them(run: Run) -> None:
    """The first since the arrival before, or else the last: what was under way then."""
    first = replace(run.journal.arrivals[0], at=9.0)
    times = (11.0, 12.0, 21.0, 31.0)
    run.journal.arrivals[:] = [first, *(replace(first, at=at) for at in times)]
    assert [at for at, _ in run.told.again] == list(times)
    assert run.told.most_for_one_harm([10.0, 20.0, 30.0]) == 2
    late = [replace(first, event_id="late"), replace(first, event_id="late", at=20.5)]
    run.journal.arrivals += late
    assert run.told.most_for_one_harm([10.0, 20.0, 30.0]) == 3
    assert set(run.told.first) == set(HUBS)


def test_a_lead_is_compared_without_its_identity() -> None:
    """As it is answered, and as it is told."""
    answered = identity_and_digest(b'{"id": "1", "href": "http://a/1", "name": "x"}')
    assert answered == identity_and_digest(b'{"id":"1","href":"http://b/1","name": "x"}')
    assert answered != identity_and_digest(b'{"id":"1","href":"http://b/1","name":"x"}')
