"""Which records are due, by a rule and a moment."""

from datetime import UTC, datetime
from typing import Any

import pytest

from spanco.kernel.errors import BadBody
from spanco.kernel.query.match import matches
from spanco.kernel.wire import Document
from spanco.sales.rules.retention import CHECK, rule_of

NOW = datetime(2026, 6, 1, tzinfo=UTC)
LOST: Document = {
    "resource": "salesLead",
    "state": "rejected",
    "source": "fair",
    "afterDays": 365,
    "action": "anonymise",
}
LEAD: Document = {"status": "rejected", "leadSource": "fair", "statusChangeDate": "2025-05-01T00:00:00.000Z"}


@pytest.mark.parametrize(
    ("change", "due"),
    [
        ({}, True),
        ({"status": "accepted"}, False),
        ({"leadSource": "web"}, False),
        ({"statusChangeDate": "2025-07-01T00:00:00.000Z"}, False),
        ({"erasedAt": "2026-01-01T00:00:00.000Z"}, False),
    ],
)
def test_a_rule_chooses_by_state_source_and_age(change: dict[str, Any], due: bool) -> None:
    """And never what is forgotten already."""
    rule = rule_of(LOST, NOW)
    assert matches(rule.condition, LEAD | change) is due
    assert (rule.kind, rule.remove) == ("sales.salesLead", False)


def test_to_erase_is_also_for_what_was_anonymised() -> None:
    """The date may be another one; a check is only ever erased."""
    rule = rule_of({"resource": "salesLead", "since": "creationDate", "afterDays": 1, "action": "erase"}, NOW)
    assert matches(rule.condition, {"creationDate": "2026-01-01T00:00:00.000Z", "erasedAt": "x"})
    assert rule.remove
    assert rule_of({"resource": "contactCheck", "afterDays": 1, "action": "erase"}, NOW).kind == CHECK


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"resource": "hub"}, "resource"),
        ({"since": "changedAt"}, "since"),
        ({"resource": "contactCheck", "state": None}, "action"),
    ],
)
def test_a_rule_that_cannot_be_applied_is_refused(change: dict[str, Any], where: str) -> None:
    """With the attribute that is to blame."""
    with pytest.raises(BadBody) as refused:
        rule_of(LOST | change, NOW)
    assert refused.value.where == where
