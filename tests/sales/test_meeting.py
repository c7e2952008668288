"""Rows about somebody who is there: which earlier rows are alike, and what becomes of a row by the wish of the job."""

from decimal import Decimal

import pytest

from spanco.kernel.wire import Document
from spanco.sales.rules.matching.evidence import Ground, gathered
from spanco.sales.rules.matching.keys import keys
from spanco.sales.rules.matching.pairs import CREATE, LINK, REJECT
from spanco.sales.rules.matching.verdicts import Likeness, Outcome
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


def seen(mail: str, name: str) -> Seen:
    """A row with an address and a name."""
    contact: Document = {"mediumType": "email", "characteristic": {"emailAddress": mail}}
    party: Document = {"id": "1", "name": name, "role": "contact", "@referredType": "Individual"}
    evidence = gathered({"prospectContact": [contact], "relatedParty": [party]}, Ground())
    return Seen(evidence, keys(evidence))


def twin(outcome: Outcome, score: str, *, is_open: bool = True, name: str = "Ann") -> Twin:
    """Something that is there."""
    return Twin(Likeness(outcome, Decimal(score), ()), ("email", "name"), name, is_open, id=f"{outcome} {score}")


def test_earlier_rows_that_are_alike_are_found() -> None:
    """Only earlier ones, only alike ones: who merely shares a key is none."""
    jana, petr = seen("jana@bakery.example", "Jana Malá"), seen("petr@bakery.example", "Petr Svoboda")
    found = neighbours([jana, petr, jana, jana], 50, 25)
    assert [[near.number for near in each] for each in found] == [[], [], [0], [0, 2]]
    assert found[2][0].likeness.outcome == "certain"
    assert "email" in found[2][0].matched_on


def test_no_more_are_looked_at_than_in_the_store() -> None:
    """Of those who share a key the last ones, of those the ones that share the most."""
    jana = seen("jana@bakery.example", "Jana Malá")
    assert [near.number for near in neighbours([jana] * 5, 2, 25)[4]] == [2, 3]
    assert len(neighbours([jana] * 5, 50, 1)[4]) == 1
    assert weight_of("email:x") > weight_of("company:x")


@pytest.mark.parametrize(("wish", "twins", "outcome", "place"), [
    (CREATE, [], CREATED, None),
    (CREATE, [twin("probable", "5"), twin("certain", "20")], QUEUED, "certain 20"),
    (LINK, [], CREATED, None),
    (LINK, [twin("probable", "5")], QUEUED, "probable 5"),
    (LINK, [twin("probable", "5"), twin("certain", "20")], LINKED, "certain 20"),
    (LINK, [twin("certain", "30", is_open=False), twin("certain", "20")], LINKED, "certain 20"),
    (LINK, [twin("certain", "30", is_open=False)], QUEUED, "certain 30"),
    (REJECT, [], CREATED, None),
    (REJECT, [twin("probable", "5")], REFUSED, "probable 5"),
])  # fmt: skip
def test_the_wish_decides(wish: str, twins: list[Twin], outcome: str, place: str | None) -> None:
    """By the most likely twin that fits."""
    found, by = decided(wish, twins)
    assert (found, by.id if by else None) == (outcome, place)


def test_a_refusal_names_no_id() -> None:
    """So that a dry run says the same as the run."""
    assert refusal(twin("certain", "20")) == (
        "It is likely about the same as 'Ann', which is there already (email, name)."
    )
    assert "a record without a name" in refusal(twin("certain", "20", name=""))


def test_who_only_makes_records_waits_for_nobody() -> None:
    """Else it matters what became of the rows before."""
    near = [Near(0, Likeness("certain", Decimal(20), ()), ())]
    assert [waits(CREATE, near), waits(LINK, near), waits(LINK, [])] == [False, True, False]
