"""What becomes of one row of any place, and what of it is told."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from spanco.kernel.wire import encode
from spanco.sales.rules.erasure import LEAD
from spanco.sales.rules.persons import MARK, Person
from spanco.sales.rules.places import Care, Place
from spanco.sales.rules.treatment import About, emptied, is_connected, is_own, near_to, rewritten, told, treated

LEAD_ID = "lead-1-long-enough"
NOW = "2026-06-01T00:00:00.000Z"
ABOUT = About(
    Person(("jane@example.com",), ()),
    frozenset({(LEAD, LEAD_ID)}),
    frozenset({"Jane Doe"}),
    frozenset({"She called"}),
    NOW,
    lambda text: f"#{len(text)}",
)
OWN, OTHER = (LEAD, LEAD_ID), (LEAD, "lead-2")


def row(care: Care, value: object, key: Any = OTHER, **parts: Any) -> Any:
    """What becomes of a row with one column; None when it goes."""
    place = Place("t", "a table", {"c": care}, **parts)
    found = treated(
        place, key, {"c": value, **({parts["beside"]: parts.pop("ids", None)} if "beside" in parts else {})}, ABOUT
    )
    return found if found is None else found.get("c", "as it was")


@pytest.mark.parametrize(
    ("care", "value", "key", "after"),
    [
        (Care.NONE, "jane@example.com", OWN, "as it was"),
        (Care.TRACES, None, OWN, "as it was"),
        (Care.TRACES, "nothing", OTHER, "as it was"),
        (Care.TRACES, "ask jane@example.com", OTHER, f"ask {MARK}"),
        (Care.TRACES, "ask Jane Doe", OTHER, "as it was"),
        (Care.TRACES, "ask Jane Doe", OWN, f"ask {MARK}"),
        (Care.TRACES, f"Jane Doe of {LEAD_ID}", OTHER, f"{MARK} of {LEAD_ID}"),
        (Care.TRACES, ["She called", "x"], OWN, [MARK, "x"]),
        (Care.TRACES, encode({"id": LEAD_ID, "name": "Jane"}), None, encode({"id": LEAD_ID})),
        (Care.TRACES, b"no JSON of jane@example.com", None, f"no JSON of {MARK}".encode()),
        (Care.TRACES, b'"She called"', OWN, MARK.encode()),
        (Care.BLANK, "Doe", OWN, ""),
        (Care.BLANK, ["jane@example.com"], OTHER, []),
        (Care.BLANK, ["somebody"], OTHER, "as it was"),
        (Care.KEY, "17", OWN, "as it was"),
        (Care.KEY, "row-a", OWN, "#5"),
        (Care.KEY, "row-a", OTHER, "as it was"),
        (Care.KEY, "jane@example.com", OTHER, "#16"),
        (Care.KEY, ["odd"], OWN, "as it was"),
        (Care.DROP_ROW, "nothing", OTHER, "as it was"),
        (Care.DROP_ROW, "jane@example.com", OTHER, None),
        (Care.DROP_ROW, "anything", OWN, None),
    ],
)
def test_each_care_does_what_it_says(care: Care, value: object, key: Any, after: object) -> None:
    """For rows of the person, rows that refer to one of them, and rows of others."""
    assert row(care, value, key) == after


def test_a_row_that_goes_as_a_whole_goes_only_when_it_is_the_persons() -> None:
    """Match keys do."""
    assert row(Care.TRACES, "x", OWN, removed=True) is None
    assert row(Care.TRACES, "x", OTHER, removed=True) == "as it was"


def test_the_keys_of_rows_that_became_the_persons_are_hashed() -> None:
    """The others of the list stay."""
    place = Place("t", "a table", {"ids": Care.NONE, "keys": Care.KEYS}, beside="ids")
    values = {"ids": [LEAD_ID, "lead-2"], "keys": ["jane", "joe"]}
    assert treated(place, None, values, ABOUT) == {"keys": ["#4", "joe"]}


def test_documents_are_anonymised_where_they_are_the_persons_and_cleaned_elsewhere() -> None:
    """A name counts where the record refers to the person's."""
    lead = {"@type": "SalesLead", "name": "Jane Doe", "status": "open", "note": [{"text": "jane@example.com"}]}
    kept = {"@type": "SalesLead", "name": MARK, "status": "open", "erasedAt": NOW}
    assert msgspec.json.decode(row(Care.DOCUMENT, encode(lead), OWN)) == kept
    assert msgspec.json.decode(row(Care.DOCUMENT, encode(lead), OTHER)) == lead | {"note": [{"text": MARK}]}
    linked = {"name": "Jane Doe", "salesLead": [{"id": LEAD_ID, "name": "Jane"}]}
    assert msgspec.json.decode(row(Care.DOCUMENT, encode(linked), OTHER)) == {
        "name": MARK,
        "salesLead": [{"id": LEAD_ID}],
    }
    assert row(Care.DOCUMENT, b"null", OTHER) == "as it was"
    assert row(Care.DOCUMENT, b'{"a":1}', OTHER) == "as it was"
    assert rewritten("any.kind", {"a": "Jane Doe"}, ABOUT, own=True, connected=True) == {"a": MARK}


def test_of_a_cause_the_kind_is_kept() -> None:
    """Of somebody else's cause only what names the person goes."""
    cause = encode({"kind": "import", "file": "Doe.csv", "by": "jane@example.com"})
    assert msgspec.json.decode(row(Care.CAUSE, cause, OWN)) == {"kind": "import"}
    assert msgspec.json.decode(row(Care.CAUSE, cause, OTHER)) == {"kind": "import", "file": "Doe.csv", "by": MARK}


def test_what_refers_to_the_person_is_known_by_the_ids() -> None:
    """Whole or inside of an address."""
    assert is_connected({"a": [f"/salesLead/{LEAD_ID}"]}, ABOUT)
    assert is_connected(LEAD_ID, ABOUT)
    assert not is_connected({"a": "lead-2"}, ABOUT)
    assert emptied([7, {"a": {"id": LEAD_ID, "x": 1}}], ABOUT) == [7, {"a": {"id": LEAD_ID}}]
    assert near_to(ABOUT) == [f"%{LEAD_ID}%"]


def test_a_short_id_counts_only_as_a_whole_and_only_for_its_class() -> None:
    """Anything could have it inside; a seller could have it too."""
    short = replace(ABOUT, own=frozenset({(LEAD, "7_")}))
    assert is_connected({"id": "7_"}, short)
    assert not is_connected({"href": "/salesLead/7_"}, short)
    assert near_to(short) == [r'%"7\_"%']
    seller: Any = {"id": "7_", "name": "Sam", "@referredType": "Individual"}
    assert emptied(seller, short) == seller
    assert emptied(seller | {"@referredType": "SalesLead"}, short) == {"id": "7_", "@referredType": "SalesLead"}


@pytest.mark.parametrize(
    ("content", "gone"),
    [
        ({"answers": {"mail": "Jane <JANE@example.com>", "town": "x"}}, True),
        ({"answers": {"mail": "joe@example.com", "words": "ask jane@example.com"}}, False),
        ({"answers": {"mail": "joe@example.com"}}, False),
    ],
)
def test_what_the_person_handed_in_is_forgotten_as_a_whole(content: Any, gone: bool) -> None:
    """Also where nothing came of it; and then all else in the row is the person's as well."""
    place = Place("t", "a table", {"none": Care.CONTENT, "content": Care.CONTENT, "once": Care.KEY, "ip": Care.BLANK})
    values = {"none": None, "content": encode(content), "once": "a stamp", "ip": "hash"}
    assert is_own(place, None, values, ABOUT) is gone
    after = treated(place, None, values, ABOUT)
    if gone:
        assert after == {"content": None, "once": "#7", "ip": ""}
    else:
        assert after is not None
        assert "jane" not in str(after)


def test_one_line_that_refers_to_the_person_takes_all_of_its_file_away() -> None:
    """As files go as a whole."""
    place = Place("t", "a table", {"line": Care.DROP_ROW}, together="task")
    assert treated(place, None, {"line": encode({"id": LEAD_ID}), "task": "1"}, ABOUT) is None
    assert treated(place, None, {"line": b"{}", "task": "1"}, ABOUT) == {}


def test_a_key_that_a_machine_made_stays() -> None:
    """It tells nothing, and whatever comes again under it is known."""
    made = "01981a02-77aa-7c40-8f0e-0f3f5c1b9d21"
    assert row(Care.KEY, made, OWN) == "as it was"
    assert row(Care.KEY, f"{made}x", OWN) == "#37"


def test_of_somebody_elses_row_only_what_names_the_person_is_told() -> None:
    """An access export shows nobody else."""
    place = Place("t", "a table", {"c": Care.TRACES})
    assert told(place, OTHER, {"c": ["jane@example.com", "Joe Smith"]}, ABOUT) == ["jane@example.com"]
    assert told(place, OTHER, {"c": b"\xff jane@example.com"}, ABOUT) == ["\ufffd jane@example.com"]
