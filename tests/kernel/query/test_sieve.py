"""Many conditions at once: which are looked up, and which must be asked."""

import pytest

from spanco.kernel.errors import BadParameter
from spanco.kernel.query.ast import AllOf, AnyOf, Compare, Condition, Not, Op, Path
from spanco.kernel.query.sieve import Sieve, equality


def is_(value: str | int, *path: str) -> Compare:
    """A value at a path."""
    return Compare(path or ("name",), Op.EQ, value)


EQUALITIES: list[tuple[Condition, tuple[Path, frozenset[str]] | None]] = [
    (is_("a"), (("name",), frozenset({"a"}))),
    (AnyOf((is_("a"), is_("b"))), (("name",), frozenset({"a", "b"}))),
    (AnyOf((is_("a"), AnyOf((is_("b"), is_("c"))))), (("name",), frozenset({"a", "b", "c"}))),
    (AnyOf((is_("a"), is_("b", "other"))), None),
    (AnyOf((is_("a"), is_(1))), None),
    (AnyOf(()), None),
    (AllOf((is_("a"),)), None),
    (is_(1), None),
    (Not(is_("a")), None),
    (Compare(("name",), Op.GTE, "a"), None),
]


@pytest.mark.parametrize(("condition", "found"), EQUALITIES)
def test_an_equality_names_its_place_and_its_texts(
    condition: Condition, found: tuple[Path, frozenset[str]] | None
) -> None:
    """One place, texts only; everything else must be asked."""
    assert equality(condition) == found


def test_a_document_finds_the_conditions_that_it_fulfils() -> None:
    """By any of its texts at the place, and each of them only once; what else a condition wants is asked then."""
    asked: list[Condition] = [
        is_("a"),
        is_("b"),
        AnyOf((is_("a"), is_("b"))),
        AllOf((is_("a"), is_(1, "size"))),
        AllOf((is_(2, "size"), is_("a"))),
        Not(is_("a")),
        AllOf(()),
        AnyOf(()),
    ]
    sieve = Sieve(asked)
    assert sieve.fulfilled({"name": ["a", "b", 1], "size": 1}) == {0, 1, 2, 3, 6}
    assert sieve.fulfilled({"name": "c"}) == {5, 6}
    assert sieve.fulfilled({}) == {5, 6}


def test_what_cannot_be_asked_is_refused_at_once() -> None:
    """As it is when one condition is asked alone."""
    with pytest.raises(BadParameter):
        Sieve([is_("a"), Compare(("href",), Op.GT, "a")])
