"""What is wrong with a request is said in sentences, with the place that they are about."""

import pytest

from spanco.kernel import errors
from spanco.kernel.errors import Problem


@pytest.mark.parametrize(
    ("problem", "where", "words"),
    [
        (Problem(), "", "cannot be served"),
        (errors.BadParameter("limit", "no."), "limit", "Parameter 'limit': no."),
        (errors.BadHeader("Prefer", "no."), "Prefer", "Header 'Prefer': no."),
        (errors.BadBody("a.b", "no."), "a.b", "'a.b': no."),
        (errors.BadBody("", "No."), "", "No."),
        (errors.AlreadyThere("code", "hot"), "code", "'code' is 'hot' already"),
        (errors.Moved("a", "b"), "", "'a' was merged into 'b'"),
    ],
)
def test_a_problem_says_what_and_where(problem: Problem, where: str, words: str) -> None:
    """A bare one says what its class promises."""
    assert words in str(problem)
    assert problem.where == where
    assert problem.details == {}


def test_a_moved_resource_tells_where_it_is() -> None:
    """So that an answer can lead there."""
    assert errors.Moved("a", "b").to == "b"


def test_a_name_that_is_taken_is_not_told_at_any_length() -> None:
    """A message is for people."""
    assert len(str(errors.AlreadyThere("code", "x" * 10_000))) < 300
