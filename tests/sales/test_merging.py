"""How records become one and come apart again, as rules: whose values count, what is refused, which references move."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanco.apis import own
from spanco.kernel.errors import BadBody
from spanco.kernel.openapi import load
from spanco.kernel.patch.comparison import same
from spanco.sales.rules.merging import (
    FIRST,
    FULLEST,
    NEWEST,
    MergeRefused,
    Record,
    Wish,
    check_states,
    check_wish,
    merged,
    settled,
)
from spanco.sales.rules.references import Heir, Target, mentioned, moved, part, places, without
from spanco.sales.rules.unmerging import undone

SALES = next(api for api in map(load, own()) if api.key == "sales")
LEAD, OPPORTUNITY = SALES.resources["salesLead"], SALES.resources["salesOpportunity"]
TARGET = Target("sales.salesLead", "salesLead", "SalesLead")
SELLER = {"id": "7", "role": "seller", "@referredType": "Individual"}
PLAIN = Wish(FIRST, {})


def one(*documents: dict[str, Any], policy: str = FIRST, choice: dict[str, str] | None = None) -> dict[str, Any]:
    """The records a, b, c as one."""
    return merged(LEAD, records(*documents), Wish(policy, choice or {})).document


def records(*documents: dict[str, Any]) -> list[Record]:
    """Records a, b, c; each was changed a day before the one after it."""
    return [
        Record(id_, document, datetime(2026, 1, day, tzinfo=UTC))
        for day, (id_, document) in enumerate(zip("abcdef", documents, strict=False), 1)
    ]


def test_what_the_survivor_lacks_comes_from_the_others_in_their_order() -> None:
    """Nothing of its own is replaced; blank texts, empty lists and objects count as nothing."""
    result = one(
        {"name": "A", "description": " ", "note": [], "validFor": {}},
        {"name": "B", "description": "from b"},
        {"description": "from c", "note": [{"text": "n"}], "validFor": {"startDateTime": "2026"}},
    )
    assert result == {
        "name": "A",
        "description": "from b",
        "note": [{"text": "n"}],
        "validFor": {"startDateTime": "2026"},
    }


def test_objects_are_taken_whole() -> None:
    """Half an address or half an amount of money is worse than none."""
    assert one({"estimatedRevenue": {"unit": "EUR"}}, {"estimatedRevenue": {"unit": "USD", "value": 5}}) == {
        "estimatedRevenue": {"unit": "EUR"}
    }


def test_state_dates_and_identity_stay_the_survivors() -> None:
    """Also where it has none of them."""
    other = {"status": "inProgress", "statusChangeReason": "r", "creationDate": "2020", "@type": "X", "href": "h"}
    assert one({"name": "A"}, {**other, "@schemaLocation": "s"}) == {"name": "A"}


def test_what_belongs_to_a_state_comes_with_it() -> None:
    """An open lead is not lost for a reason of another, and with a state that is chosen comes what says more of it."""
    lost = {"status": "rejected", "statusChangeReason": "r", "lostReason": "price", "tsm": {"status": "UNSUCCESSFUL"}}
    later = {"status": "pending", "tsm": {"status": "LATER", "laterUntil": "2027", "key": "k"}}
    assert one({"status": "inProgress"}, lost, later) == {"status": "inProgress", "tsm": {"key": "k"}}
    choice = {"status": "b"}
    assert one(later, lost, choice=choice) == {**lost, "tsm": {"status": "UNSUCCESSFUL", "key": "k"}}
    assert one(lost, later, choice=choice) == later
    assert one({"tsm": {"status": "LATER"}, **lost}, {"status": "pending"}, choice=choice) == {"status": "pending"}
    assert one(later, lost, choice={**choice, "lostReason": "a"})["statusChangeReason"] == "r"
    result = merged(LEAD, records(later, lost), Wish(FIRST, choice))
    assert result.sources == dict.fromkeys(
        ("statusChangeReason", "lostReason", "tsm.status", "tsm.laterUntil", "status"), ("b",)
    )


def test_what_only_tsm_knows_counts_attribute_by_attribute() -> None:
    """Its characteristics too, but each as a whole; lists in it are united."""
    left = {"tsm": {"key": "a", "chars": {"size": 1}, "dataTags": ["x"]}}
    right = {"tsm": {"key": "b", "chars": {"size": 2, "fit": {"of": 3}}, "dataTags": ["x", "y"], "dataBoxes": [1]}}
    result = merged(LEAD, records(left, right), PLAIN)
    assert result.document == {
        "tsm": {"key": "a", "chars": {"size": 1, "fit": {"of": 3}}, "dataTags": ["x", "y"], "dataBoxes": [1]}
    }
    assert result.sources == {
        "tsm.chars.fit": ("b",),
        "tsm.dataTags": ("a", "b"),
        "tsm.dataBoxes": ("b",),
    }
    assert left == {"tsm": {"key": "a", "chars": {"size": 1}, "dataTags": ["x"]}}


@pytest.mark.parametrize(
    ("left", "right", "united"),
    [
        ([SELLER], [SELLER], [SELLER]),
        ([SELLER], [{**SELLER, "name": "Ann"}], [{**SELLER, "name": "Ann"}]),
        ([{**SELLER, "name": "Ann"}], [SELLER], [{**SELLER, "name": "Ann"}]),
        ([{**SELLER, "name": "Ann"}], [{**SELLER, "name": "A. N."}], [{**SELLER, "name": "Ann"}]),
        ([SELLER], [{**SELLER, "role": "owner"}], [SELLER, {**SELLER, "role": "owner"}]),
        ([{"text": "x"}], [{"text": "y"}], [{"text": "x"}, {"text": "y"}]),
        ([{"id": "1", "text": "x"}], [{"id": "1", "text": "y"}], [{"id": "1", "text": "x"}, {"text": "y"}]),
        ([{"id": "1", "text": "x"}], [{"id": "2", "text": "y"}], [{"id": "1", "text": "x"}, {"id": "2", "text": "y"}]),
        (["a", 1], ["a", 1, True], ["a", 1, True]),
        (["a"], "b", ["a"]),
    ],
)
def test_lists_are_united_without_repeats(left: Any, right: Any, united: Any) -> None:
    """Of two that say the same the one that says more; an id that only numbers a list is given up where it is taken."""
    assert one({"each": left}, {"each": right}) == {"each": united}


def test_each_attribute_says_where_it_comes_from() -> None:
    """What only the survivor gave is not mentioned, and a repeat is no source."""
    result = merged(
        LEAD,
        records({"name": "A", "note": [{"text": "x"}]}, {"rating": "hot", "note": [{"text": "x"}, {"text": "y"}]}),
        Wish(FIRST, {"name": "b"}),
    )
    assert result.sources == {"note": ("a", "b"), "rating": ("b",), "name": ("b",)}


@pytest.mark.parametrize(("policy", "name"), [(FIRST, "A"), (NEWEST, "C"), (FULLEST, "B")])
def test_a_policy_says_whose_value_counts(policy: str, name: str) -> None:
    """The survivor's, the last one changed, the one with the most attributes."""
    assert one({"name": "A"}, {"name": "B", "rating": "hot", "type": "x"}, {"name": "C"}, policy=policy)["name"] == name


def test_what_the_log_has_forgotten_counts_as_old() -> None:
    """Then the date of creation decides, then the id."""
    old = [Record("a", {"name": "A", "creationDate": "2020"}), Record("b", {"name": "B", "creationDate": "2021"})]
    assert merged(LEAD, old, Wish(NEWEST, {})).document["name"] == "B"


def test_a_choice_counts_more_than_any_policy() -> None:
    """Inwards too; a list is then taken whole, and what the chosen record lacks is removed."""
    result = one(
        {"name": "A", "note": [{"text": "x"}], "validFor": {"startDateTime": "1"}, "rating": "hot"},
        {"note": [{"text": "y"}], "validFor": {"endDateTime": "9"}, "product": {"id": "p", "place": {"city": "Brno"}}},
        choice={
            "name": "b",
            "note": "b",
            "validFor.endDateTime": "b",
            "product.place.city": "b",
            "rating": "a",
            "category.id": "b",
        },
    )
    assert result == {
        "note": [{"text": "y"}],
        "validFor": {"startDateTime": "1", "endDateTime": "9"},
        "rating": "hot",
        "product": {"id": "p", "place": {"city": "Brno"}},
    }


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        ({"name": "x"}, "none of the records that are merged"),
        ({"creationDate": "a"}, "set by the server"),
        ({"id": "a"}, "set by the server"),
        ({"@type": "a"}, "set by the server"),
        ({"rating": "a"}, "none of the records has 'rating'"),
        ({"name.first": "a"}, "none of the records has"),
    ],
)
def test_a_choice_that_makes_no_sense_is_refused(choice: dict[str, str], sentence: str) -> None:
    """It says which."""
    with pytest.raises(BadBody, match=sentence):
        check_wish(LEAD, records({"name": "A"}, {"name": "B"}), Wish(FIRST, choice))
    check_wish(
        LEAD, records({"name": "A"}, {"@schemaLocation": "s"}), Wish(FIRST, {"name": "b", "@schemaLocation": "b"})
    )


def test_what_was_won_is_not_lost_in_what_is_open() -> None:
    """Unless its state is chosen, or the survivor was won too; what was lost may become part of anything."""
    won, open_, lost = {"status": "accepted"}, {"status": "inProgress"}, {"status": "cancelled"}
    with pytest.raises(MergeRefused, match="make 'b' the survivor"):
        check_states(LEAD, records(open_, won), PLAIN)
    check_states(LEAD, records(open_, won), Wish(FIRST, {"status": "b"}))
    check_states(LEAD, records(won, won), PLAIN)
    check_states(LEAD, records(won, open_), PLAIN)
    check_states(OPPORTUNITY, records(open_, lost), PLAIN)


def test_what_was_converted_apart_is_not_merged() -> None:
    """First the opportunities, or one is chosen."""
    left, right = {"salesOpportunity": {"id": "o"}}, {"salesOpportunity": {"id": "p"}}
    with pytest.raises(MergeRefused, match="converted apart"):
        check_states(LEAD, records(left, right), PLAIN)
    check_states(LEAD, records(left, right), Wish(FIRST, {"salesOpportunity": "a"}))
    check_states(LEAD, records(left, left, {}), PLAIN)


def test_a_pair_that_became_one_is_done() -> None:
    """It keeps its two names; a pair with somebody else goes on."""
    pair: Any = {"record": {"id": "a"}, "candidate": {"id": "b"}, "status": "open"}
    assert settled("spanco.duplicateCandidate", pair, {**pair, "record": {"id": "b"}}) == {**pair, "status": "merged"}
    other: Any = {**pair, "record": {"id": "c"}}
    assert settled("spanco.duplicateCandidate", pair, other) == other
    assert settled("sales.salesLead", pair, {**pair, "record": {"id": "b"}})["status"] == "open"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"salesLead": {"id": "l"}}, {"salesLead": {"id": "s"}}),
        ({"salesLead": [{"id": "l"}, {"id": "x"}]}, {"salesLead": [{"id": "s"}, {"id": "x"}]}),
        ({"salesLead": [{"id": "l"}, {"id": "s"}]}, {"salesLead": [{"id": "s"}]}),
        ({"salesLead": [{"id": "s"}, {"id": "l"}]}, {"salesLead": [{"id": "s"}]}),
        ({"salesLead": [{"id": "l"}, {"id": "m"}]}, {"salesLead": [{"id": "s"}]}),
        (
            {"salesLead": [{"id": "l", "role": "a"}, {"id": "m", "role": "b"}]},
            {"salesLead": [{"id": "s", "role": "a"}, {"id": "s", "role": "b"}]},
        ),
        ({"salesLead": [{"id": "x"}, {"id": "x"}, 1]}, {"salesLead": [{"id": "x"}, {"id": "x"}, 1]}),
        ({"salesLead": [{"id": "l"}, 1]}, {"salesLead": [{"id": "s"}, 1]}),
        (
            {"about": {"id": "l", "@referredType": "SalesLead", "href": "/x/l", "name": "old"}},
            {"about": {"id": "s", "@referredType": "SalesLead", "href": "/x/s", "name": "new"}},
        ),
        ({"about": {"id": "l", "kind": "sales.salesLead", "href": "/x"}},) * 2,
        ({"about": {"id": "l"}}, {"about": {"id": "l"}}),
        ({"deep": [{"in": {"salesLead": {"id": "l"}}}]}, {"deep": [{"in": {"salesLead": {"id": "s"}}}]}),
        ({"id": "l", "name": "l"}, {"id": "l", "name": "l"}),
    ],
)
def test_references_move_where_they_say_or_their_attribute_says_what_they_are(before: Any, after: Any) -> None:
    """With their address and name; once in a list for each role; what is no reference stays."""
    heirs = {"l": Heir("s", "new"), "m": Heir("s")}
    if before == after and "kind" in str(before):
        after = {"about": {**before["about"], "id": "s"}}
    assert moved(before, TARGET, heirs) == after


def test_places_lead_to_documents_that_refer() -> None:
    """From the shape of the schema, in lists and inwards, and by the name in any case."""
    found = places(OPPORTUNITY.shape, TARGET)
    assert (("salesLead", True),) in found
    assert (("salesOpportunityItem", True), ("salesLead", False)) in found or (
        ("salesOpportunityItem", True),
        ("salesLead", True),
    ) in found
    assert len(found) == len(set(found)) < 100
    assert part((("a", True), ("b", False)), "x") == {"a": [{"b": {"id": "x"}}]}
    assert (("note", True),) not in found


def test_a_record_does_not_refer_to_what_it_is() -> None:
    """Neither in lists nor as an attribute."""
    document: Any = {
        "salesLead": [{"id": "a"}, {"id": "x"}],
        "about": {"id": "b", "@referredType": "SalesLead"},
        "n": 1,
    }
    assert without(document, TARGET, {"a", "b"}) == {"salesLead": [{"id": "x"}], "n": 1}


def test_every_id_in_a_document_is_found() -> None:
    """At any depth; an id that is no text is none."""
    assert sorted(mentioned({"id": "a", "b": [{"id": "c", "d": {"id": 5}}, "e"]})) == ["a", "c"]


@pytest.mark.parametrize(
    ("before", "after", "current", "left", "conflicts"),
    [
        ({"a": 1}, {"a": 2}, {"a": 2}, {"a": 1}, ()),
        ({}, {"a": 2}, {"a": 2}, {}, ()),
        ({"a": 1}, {}, {}, {"a": 1}, ()),
        ({"a": 1}, {"a": 2}, {"a": 2, "b": 3}, {"a": 1, "b": 3}, ()),
        ({"a": 1}, {"a": 2}, {"a": 1}, {"a": 1}, ()),
        ({"a": 1}, {"a": 2}, {"a": 3}, {"a": 3}, ("a",)),
        ({"a": 1}, {"a": 2}, {}, {}, ("a",)),
        ({"a": {"x": 1}}, {"a": {"x": 2}}, {"a": {"x": 2, "y": 1}}, {"a": {"x": 1, "y": 1}}, ()),
        ({"a": {"x": 1}}, {"a": {"x": 2}}, {"a": {"x": 3}}, {"a": {"x": 3}}, ("a.x",)),
        ({}, {"a": {"x": 2}}, {"a": {"x": 2, "y": 1}}, {"a": {"x": 2, "y": 1}}, ("a",)),
        ({"a": [1]}, {"a": [1, 2]}, {"a": [1, 2, 3]}, {"a": [1, 3]}, ()),
        ({"a": [1]}, {"a": [1, 2]}, {"a": [1]}, {"a": [1]}, ()),
        ({}, {"a": [2]}, {"a": [2, 3]}, {"a": [3]}, ()),
        ({}, {"a": [2, 4]}, {"a": [2]}, {}, ()),
        ({"a": [1]}, {"a": [1, 2]}, {"a": [1, 5]}, {"a": [1, 5]}, ("a",)),
        ({"a": [7]}, {"a": [8]}, {"a": []}, {"a": []}, ()),
        ({"a": [7]}, {"a": [8]}, {"a": [8, 9]}, {"a": [9, 7]}, ()),
        ({"a": [7, 8]}, {"a": [8]}, {"a": [8, 9]}, {"a": [8, 9, 7]}, ()),
        ({"a": [1]}, {"a": 2}, {"a": [3]}, {"a": [3]}, ("a",)),
        ({"a": {}}, {"a": [2]}, {"a": [3]}, {"a": [3]}, ("a",)),
    ],
)
def test_what_a_merge_did_is_taken_out_of_what_came_later(
    before: Any, after: Any, current: Any, left: Any, conflicts: tuple[str, ...]
) -> None:
    """What else was changed stays; what both changed is named and has its later value."""
    result = undone(before, after, current)
    assert (result.document, result.conflicts) == (left, conflicts)


values = st.recursive(
    st.integers(0, 3) | st.sampled_from(["x", "y"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(st.sampled_from("abcd"), values, max_size=4)


@given(before=objects, after=objects, more=objects)
def test_untouched_everything_comes_back_and_nothing_else_is_lost(
    before: dict[str, Any], after: dict[str, Any], more: dict[str, Any]
) -> None:
    """What was not changed since is as before; where a merge changed nothing, everything later stays."""
    assert same(undone(before, after, after).document, before)
    assert undone(before, after, after).conflicts == ()
    assert same(undone(before, before, more).document, more)
    assert undone(before, before, more).conflicts == ()


@given(united=st.lists(st.lists(values, max_size=4), min_size=2, max_size=4))
def test_no_element_is_lost_and_none_stands_twice(united: list[list[Any]]) -> None:
    """Each element of each record is there, or one that says more."""
    result = one(*({"each": each} for each in united)).get("each", [])
    for each in [element for elements in united for element in elements]:
        assert any(same(each, other) or _says_more(other, each) for other in result)
    assert result[: len(united[0])] == united[0] or len(result) >= len(united[0])


def _says_more(whole: Any, element: Any) -> bool:
    return (
        isinstance(whole, dict)
        and isinstance(element, dict)
        and all(name in whole and same(value, whole[name]) for name, value in element.items())
    )
