"""How members name what gathers them, and what must not be."""

from typing import Any

import pytest

from spanco.kernel.errors import BadBody
from spanco.sales.rules.gathering import (
    ACCOUNT,
    CONTACT,
    DEEPEST,
    PROSPECT,
    AccountCycle,
    check_line,
    gatherers,
    mentioned,
    still_gathering,
    traces,
)


@pytest.mark.parametrize(
    ("party", "found"),
    [
        ({"id": "1", "@referredType": "SalesAccount"}, {(ACCOUNT, "1")}),
        ({"id": "1", "@referredType": "Prospect", "href": "/spanco/v1/prospect/1"}, {(PROSPECT, "1")}),
        ({"id": "1", "@referredType": "SalesContact", "href": ""}, {(CONTACT, "1")}),
        ({"id": "1", "@referredType": "SalesContact", "href": "https://crm.example.com/1"}, set()),
        ({"id": "1", "@referredType": "Individual"}, set()),
        ("odd", set()),
    ],
)
def test_a_member_names_its_gatherers_by_their_class(party: Any, found: set[tuple[str, str]]) -> None:
    """Unless the address says that it is somebody else's."""
    assert gatherers({"relatedParty": [party]}) == found


def test_two_contacts_are_fine_and_two_accounts_are_not() -> None:
    """The same account twice, in two roles, is one."""
    contacts: Any = [{"id": each, "@referredType": "SalesContact"} for each in "12"]
    assert len(gatherers({"relatedParty": contacts})) == 2
    same: Any = [{"id": "1", "role": each, "@referredType": "SalesAccount"} for each in "ab"]
    assert gatherers({"relatedParty": same}) == {(ACCOUNT, "1")}
    for class_ in ("SalesAccount", "Prospect"):
        with pytest.raises(BadBody):
            gatherers({"relatedParty": [{"id": each, "@referredType": class_} for each in "12"]})


def test_what_is_referred_to_is_read_from_every_place() -> None:
    """Above, beside and below; odd shapes name nothing."""
    document: dict[str, Any] = {
        "subsidiaryOf": {"id": "1"},
        "salesAccount": {"id": "2"},
        "contact": [{"salesContact": {"id": "3"}}, {}, "odd"],
    }
    assert mentioned(document) == {(ACCOUNT, "1"), (ACCOUNT, "2"), (CONTACT, "3")}
    assert mentioned({"contact": "odd", "subsidiaryOf": "odd"}) == frozenset()


def test_a_circle_is_told_with_its_chain() -> None:
    """As far as it is a circle, and no further."""
    with pytest.raises(AccountCycle, match=r"'A' \(a\) is below 'B' \(b\) is below 'A' \(a\)"):
        check_line("a", "A", [("b", "B"), ("a", "A"), ("c", "C")])
    check_line("a", "A", [("b", "B")])
    with pytest.raises(BadBody):
        check_line("", "A", [(str(number), "x") for number in range(DEEPEST)])


def test_what_still_gathers_is_counted_in_the_refusal() -> None:
    """And looked for in every place that can refer to it."""
    assert "2 salesLead, 1 prospect" in str(still_gathering(ACCOUNT, [("sales.salesLead", 2), ("spanco.prospect", 1)]))
    assert traces(ACCOUNT, "1")[1:] == ({"subsidiaryOf": {"id": "1"}}, {"salesAccount": {"id": "1"}})
    assert traces(CONTACT, "1")[1] == {"contact": [{"salesContact": {"id": "1"}}]}
    assert len({str(each) for each in traces(PROSPECT, "1")}) == 1
