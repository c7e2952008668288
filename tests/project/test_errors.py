"""One small tree of problems, one table that says what each becomes on the wire."""

from http import HTTPStatus

from spanco.kernel.errors import Problem
from spanco.rest.responses import TABLE
from tests.project.exceptions import problems

# The statuses that lay it on the caller.
CALLER = frozenset(status for status in HTTPStatus if 400 <= status < 500)


def test_every_problem_has_exactly_one_row() -> None:
    """No problem is answered by luck; no row is left over; what is unforeseen has the last row."""
    assert set(TABLE) == {*problems(), Problem, Exception}


def test_a_problem_becomes_an_answer_that_is_no_crash() -> None:
    """A status of HTTP, a code and a reason; never 500, which is for defects."""
    for problem in problems():
        row = TABLE[problem]
        assert HTTPStatus(row.status) in {*CALLER, HTTPStatus.NOT_MODIFIED, HTTPStatus.SERVICE_UNAVAILABLE}, problem
        assert row.code.isdigit(), problem
        assert row.reason.strip(), problem


def test_a_problem_knows_no_status() -> None:
    """The table decides; a problem says in a sentence what is wrong."""
    for problem in problems():
        assert not {"status", "status_code", "code"} & set(vars(problem)), problem
        assert (problem.__doc__ or "").strip().endswith("."), problem


def test_names_of_problems_are_unique() -> None:
    """The documentation and the log call them by name."""
    names = [problem.__name__ for problem in problems()]
    assert len(names) == len(set(names)) > 10
