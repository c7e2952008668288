"""What may be done with jobs, and how a document becomes a row: the rules alone."""

import pytest

from spanco.kernel.errors import BadBody
from spanco.kernel.wire import Document
from spanco.sales.rules.flattening import MOST_ELEMENTS, flattened, harmless
from spanco.sales.rules.jobs import (
    OUTCOMES,
    after_reading,
    check_asked,
    completed,
    completed_export,
    may_take,
    outcome_of,
    wish,
)

MAPPING: Document = {"source": "x", "resource": "salesLead", "key": "no", "attributes": {"name": "name"}}
JOB: Document = {"resource": "salesLead", "mapping": MAPPING}


def test_a_job_has_what_it_needs() -> None:
    """Unless the client said it."""
    made = completed(JOB, None)
    assert (made["batch"], made["goal"], made["duplicate"]) == (250, "mapping", "create")
    assert completed({**JOB, "batch": 7, "encoding": "cp1252"}, None)["batch"] == 7
    assert completed_export({"resource": "salesLead"}, None)["contentType"] == "text/csv"
    assert completed_export({"resource": "salesLead"}, {}) == {"resource": "salesLead"}


@pytest.mark.parametrize(("change", "attribute"), [
    ({"encoding": "klingon"}, "encoding"),
    ({"encoding": "\0"}, "encoding"),
    ({"encoding": "zlib"}, "encoding"),
    ({"encoding": "bz2"}, "encoding"),
    ({"encoding": "punycode"}, "encoding"),
    ({"mapping": {"source": "x"}}, "mapping"),
    ({"mapping": 7}, "mapping"),
    ({"resource": "salesOpportunity"}, "mapping"),
    ({"resource": "salesOpportunity", "duplicate": "link"}, "duplicate"),
])  # fmt: skip
def test_what_cannot_be_used_is_refused(change: Document, attribute: str) -> None:
    """By the attribute that it stands in."""
    with pytest.raises(BadBody) as refused:
        completed({**JOB, **change}, None)
    assert refused.value.where == attribute


def test_another_mapping_needs_another_dry_run() -> None:
    """The counts of the one before go; the same mapping keeps them."""
    before: Document = {**JOB, "status": "checked", "expected": {}, "proposal": []}
    changed = completed({**before, "mapping": {**MAPPING, "key": "name"}}, before)
    assert (changed["status"], "expected" in changed) == ("ready", False)
    assert completed(before, before) == before


@pytest.mark.parametrize(("was", "wanted", "change", "fine"), [
    ("ready", "checking", {}, True),
    ("checked", "ready", {}, True),
    ("running", "cancelled", {}, True),
    ("ready", "ready", {"mapping": {}}, True),
    ("ready", "succeeded", {}, False),
    ("running", "running", {"mapping": {}}, False),
    ("ready", "running", {"mapping": None}, False),
])  # fmt: skip
def test_clients_move_jobs_only_where_they_may(was: str, wanted: str, change: Document, *, fine: bool) -> None:
    """And change nothing under the hands of a worker."""
    before: Document = {**JOB, "status": was}
    after: Document = {
        name: value for name, value in {**before, "status": wanted, **change}.items() if value is not None
    }
    if fine:
        check_asked(before, after)
    else:
        with pytest.raises(BadBody):
            check_asked(before, after)


def test_what_needs_no_mapping_runs_without_one() -> None:
    """Lines that are documents already."""
    before: Document = {"resource": "salesLead", "format": "tsm", "status": "ready"}
    check_asked(before, {**before, "status": "running"})


def test_a_job_takes_a_file_until_rows_were_written() -> None:
    """Also after a dry run that was stopped, or a file that could not be read."""
    takes: list[Document] = [
        {"status": "waiting"},
        {"status": "checked"},
        {"status": "failed"},
        {"status": "cancelled"},
    ]
    refuses: list[Document] = [
        {"status": "running"},
        {"status": "failed", "outcome": {"created": 1}},
        {"status": "succeeded"},
    ]
    assert [may_take(each) for each in [*takes, *refuses]] == [True] * 4 + [False] * 3


def test_a_wish_is_what_the_job_says() -> None:
    """What it does not say has a name all the same: that of the file, else of the job."""
    assert wish(JOB).source == "x"
    assert wish({"resource": "salesLead", "fileName": "a.csv"}).source == "a.csv"
    assert wish({"resource": "salesLead", "name": "Fair"}).source == "Fair"
    assert wish({"resource": "salesLead", "batch": "x", "format": "tsm"}).source == "import"
    assert wish({"format": "tsm"}).whole_documents
    assert [after_reading(goal) for goal in ("mapping", "check", "run")] == ["ready", "checking", "running"]


def test_every_outcome_is_told() -> None:
    """Also one that no row came to."""
    told = outcome_of({("created", "accepted"): 2, ("created", "pending"): 1, ("refused", "unmapped"): 4})
    assert told == {**dict.fromkeys(OUTCOMES, 0), "created": 3, "refused": 4}


def test_a_document_is_a_row_of_its_values() -> None:
    """By their paths; what a long list holds beyond a number of elements stays together; nothing is no value."""
    document: Document = {"a": 1, "b": {"c": "x", "d": None}, "e": ["p", "q"], "f": [{"g": 1}, {"g": 2}]}
    assert flattened(document) == {"a": 1, "b.c": "x", "e": ["p", "q"], "f[0].g": 1, "f[1].g": 2}
    many: Document = {"f": [{"g": number} for number in range(MOST_ELEMENTS + 2)]}
    cells = flattened(many)
    assert len(cells) == MOST_ELEMENTS + 1
    assert cells[f"f[{MOST_ELEMENTS}…]"] == [{"g": MOST_ELEMENTS}, {"g": MOST_ELEMENTS + 1}]
    assert (harmless("=1"), harmless("'x"), harmless("x")) == ("'=1", "''x", "x")
