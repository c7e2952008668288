"""A lead of tSM and a lead of TMF699 are one lead: made of each other, with nothing lost."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spanco.kernel import faces
from spanco.kernel.errors import BadBody, BadParameter
from spanco.kernel.faces import asked, ordered
from spanco.kernel.paging import Key
from spanco.kernel.patch import merge
from spanco.kernel.query.ast import Compare, Condition, Exists, Function, Measure, Op
from spanco.kernel.query.match import matches
from spanco.kernel.wire import encode
from spanco.sales.rules.tsm import DEFAULTS, LEAD, STATUSES, followed, key_of, read, shown, understood, woken
from spanco.sales.rules.tsm_registers import ENTRY
from tests.sales.tsm_leads import ANYTHING, CONDITIONS, FACES, KEPT, LEADS, OPTIONAL, SEEN, STATES

REGISTERED: dict[str, Any] = {"leadType": "newCustomer", "leadRating": "hot", "leadSource": "fair"}
LEAST: dict[str, Any] = {"status": "NEW", "partyName": "a", **REGISTERED}


@given(FACES)
def test_what_tsm_writes_tsm_reads(face: dict[str, Any]) -> None:
    """Every attribute, every detail of every contact, and the order of the lists; it is valid on both faces."""
    _, lead = read(SEEN, face)
    assert shown(lead) == face
    assert followed(KEPT, lead, None) == lead
    assert KEPT.stored_check.is_valid(lead)


@given(LEADS)
def test_what_is_shown_and_taken_back_leaves_the_lead_as_it_was(lead: dict[str, Any]) -> None:
    """Byte for byte, whatever TMF699 keeps in it."""
    before = encode(lead)
    assert encode(understood(shown(lead), lead)) == before
    assert encode(lead) == before


@given(LEADS, OPTIONAL, st.lists(st.sampled_from(["priority", "emails", "phones", "chars", "key"]), max_size=2))
def test_a_patch_by_tsm_changes_what_it_speaks_of_and_nothing_else(
    lead: dict[str, Any], change: dict[str, Any], removed: list[str]
) -> None:
    """It is read as it was written; what only TMF699 has is untouched, also in the mediums."""
    wanted: Any = merge(shown(lead), {**change, **dict.fromkeys(removed)})
    after: Any = understood(wanted, lead)
    assert shown(after) == wanted
    for name in ("note", "relatedParty", "rating", "somethingElse", "statusChangeDate", "@type", "status"):
        assert after.get(name) == lead.get(name)
    cities = [each.get("characteristic", {}).get("city") for each in lead.get("prospectContact", [])]
    left = [each.get("characteristic", {}).get("city") for each in after.get("prospectContact", [])]
    assert [each for each in left if each] == [each for each in cities if each]


@given(FACES, LEADS)
def test_a_patch_by_tmf_is_read_by_tsm(face: dict[str, Any], change: dict[str, Any]) -> None:
    """The attributes of both are those that were written; what tSM alone knows stays."""
    _, lead = read(SEEN, face)
    change = {name: value for name, value in change.items() if name != "tsm"}
    after: Any = followed(KEPT, merge(lead, change), lead)
    seen: Any = shown(after)
    assert seen["partyName"] == change["name"]
    assert after["status"] in STATUSES[str(seen["status"])]
    kept = face["status"] if after["status"] == lead["status"] else DEFAULTS[str(after["status"])]
    assert seen["status"] == kept
    for name in ("key", "chars", "dataTags", "dataBoxes", "externalReference"):
        assert seen.get(name) == face.get(name)
    emails = [
        each["characteristic"]["emailAddress"]
        for each in after.get("prospectContact", [])
        if "emailAddress" in each.get("characteristic", {})
    ]
    assert [each["value"] for each in seen.get("emails", [])] == emails


@example({}, Measure(Function.LENGTH, ("emails",), Op.EQ, 1))
@given(st.one_of(LEADS, FACES.map(lambda face: understood(face, None))), CONDITIONS)
def test_a_condition_is_translated_exactly_or_refused(lead: dict[str, Any], condition: Condition) -> None:
    """It selects the stored lead when it selects the face of it."""
    try:
        translated = asked(LEAD, condition)
    except BadParameter:
        return
    assert matches(translated, lead) is matches(condition, shown(lead)), translated


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("state", STATES)
def test_each_status_is_asked_for_as_it_is_shown(status: str, state: str) -> None:
    """With and without a finer status beside the state."""
    condition = asked(LEAD, Compare(("status",), Op.EQ, status))
    for finer in (None, *STATUSES):
        lead: dict[str, Any] = {"status": state} | ({"tsm": {"status": finer}} if finer else {})
        assert matches(condition, lead) is (shown(lead)["status"] == status)


def test_every_state_has_a_status_and_every_status_a_state() -> None:
    """The default of a state belongs to it."""
    assert set(DEFAULTS) == set(STATES) == {state for states in STATUSES.values() for state in states}
    assert all(state in STATUSES[status] for state, status in DEFAULTS.items())


@pytest.mark.parametrize(("before", "status", "state"), [
    ("acknowledged", "UNSUCCESSFUL", "cancelled"),
    ("inProgress", "UNSUCCESSFUL", "rejected"),
    ("pending", "UNSUCCESSFUL", "rejected"),
    ("rejected", "UNSUCCESSFUL", "rejected"),
    ("cancelled", "NEW", "acknowledged"),
    ("inProgress", "LATER", "pending"),
    ("pending", "LATER", "pending"),
])  # fmt: skip
def test_a_status_asks_for_a_state(before: str, status: str, state: str) -> None:
    """The present one where it may, else the one that can be reached; whether it may move the lifecycle says."""
    lead: dict[str, Any] = {"status": before, "name": "a"}
    after = understood(shown(lead) | {"status": status}, lead)
    assert after["status"] == state
    assert shown(after)["status"] == status


def test_a_finer_status_goes_with_its_state() -> None:
    """It does not come back when the lead returns; on the way to its state it stays."""
    lead: dict[str, Any] = {"status": "pending", "tsm": {"status": "LATER", "key": "k"}}
    after = followed(KEPT, {**lead, "status": "inProgress"}, lead)
    assert after == {"status": "inProgress", "tsm": {"key": "k"}}
    assert followed(KEPT, {"status": "inProgress"}, {"status": "pending", "tsm": {"status": "LATER"}}) == {
        "status": "inProgress"
    }
    waiting: dict[str, Any] = {"status": "acknowledged", "tsm": {"status": "LATER"}}
    assert followed(KEPT, {**waiting, "status": "inProgress"}, waiting)["tsm"] == {"status": "LATER"}


def test_what_is_only_processed_is_never_kept() -> None:
    """Nor found."""
    _, lead = read(SEEN, LEAST | {"processingData": {"batch": "secret"}})
    assert "secret" not in str(lead)
    assert not matches(asked(LEAD, Exists(("processingData",))), {**lead, "processingData": 1})


def test_a_lead_has_a_key_of_business_or_none() -> None:
    """Only a text that says something is one."""
    keys: list[Any] = ["L-1", "", 7, None]
    assert [key_of({"tsm": {"key": key}}) for key in keys] == ["L-1", None, None, None]
    assert key_of({}) is None


def test_an_id_may_be_chosen() -> None:
    """It is a UUID in lower case."""
    chosen = "01981a02-77aa-7c40-8f0e-0f3f5c1b9d21"
    assert read(SEEN, LEAST | {"id": chosen})[0] == chosen
    assert read(SEEN, LEAST)[0] is None
    with pytest.raises(BadBody, match="id"):
        read(SEEN, LEAST | {"id": "17"})


@pytest.mark.parametrize("name", ["status", "partyName", "leadType", "leadRating", "leadSource"])
def test_what_the_seed_requires_is_required(name: str) -> None:
    """And named in the refusal; the import refuses such a line with this reason."""
    with pytest.raises(BadBody, match=name):
        read(SEEN, {each: value for each, value in LEAST.items() if each != name})


@pytest.mark.parametrize("body", [[], "lead", None, LEAST | {"status": "OLD"}, LEAST | {"priority": "high"},
    LEAST | {"emails": [{"type": "work"}]}, LEAST | {"phones": [{"value": 49}]}, LEAST | {"partyName": " "},
    LEAST | {"laterUntil": "soon"}, LEAST | {"externalReference": {}}, LEAST | {"chars": []},
    LEAST | {"dataTags": [1]}])  # fmt: skip
def test_what_is_no_lead_is_refused(body: Any) -> None:
    """In the words of tSM."""
    with pytest.raises(BadBody):
        read(SEEN, body)


@pytest.mark.parametrize(("where", "lead"), [
    ("tsm", {"tsm": []}),
    ("tsm.partyName", {"tsm": {"partyName": "x"}}),
    ("tsm.processingData", {"tsm": {"processingData": {}}}),
    ("tsm.emails", {"tsm": {"emails": []}}),
    ("tsm.status", {"tsm": {"status": "OLD"}}),
    ("tsm.status", {"tsm": {"status": 1}}),
    ("tsm.key", {"tsm": {"key": 1}}),
    ("tsm.chars", {"tsm": {"chars": "x"}}),
    ("tsm.dataTags", {"tsm": {"dataTags": [1]}}),
    ("tsm.dataTags", {"tsm": {"dataTags": "x"}}),
    ("tsm.dataBoxes", {"tsm": {"dataBoxes": [{}]}}),
    ("tsm.dataBoxes", {"tsm": {"dataBoxes": {}}}),
    ("tsm.laterUntil", {"tsm": {"laterUntil": "2026-03-03"}}),
    ("tsm.externalReference", {"tsm": {"externalReference": {}}}),
    ("prospectContact[0].tsm", {"prospectContact": [{"tsm": 1}]}),
    ("prospectContact[0].tsm.value", {"prospectContact": [{"tsm": {"value": "x"}}]}),
    ("prospectContact[1].characteristic.url", {"prospectContact": [{}, {"characteristic": {"url": None}}]}),
])  # fmt: skip
def test_what_tsm_alone_knows_is_well_formed_whoever_writes_it(where: str, lead: dict[str, Any]) -> None:
    """Else a list of tSM could not be answered exactly; what stood there before is let pass."""
    with pytest.raises(BadBody) as refused:
        followed(KEPT, lead, None)
    assert refused.value.where == where
    assert followed(KEPT, lead, lead) == lead


def test_what_is_badly_formed_is_not_shown() -> None:
    """A lead that is older than the check can be read."""
    assert shown({"tsm": 1, "status": "x", "prospectContact": [1, {"characteristic": 1}, {"tsm": 1}]}) == {}
    assert shown({"prospectContact": 1}) == {}
    lead: dict[str, Any] = {"prospectContact": [{"tsm": 1, "characteristic": {"emailAddress": "a"}}]}
    assert shown(lead) == {"emails": [{"value": "a"}]}
    assert understood({"emails": None}, lead) == {}  # what is no list is none


def test_a_medium_that_says_more_is_made_two_when_its_contact_changes() -> None:
    """The address stays where it was; what was known of the contact goes with it."""
    medium = {
        "mediumType": "postalAddress",
        "preferred": True,
        "validFor": {"startDateTime": "2026-01-01T00:00:00.000Z"},
        "characteristic": {"city": "Hamburg", "contactType": "work", "phoneNumber": "1"},
    }
    lead: dict[str, Any] = {"prospectContact": [medium, {"characteristic": {"phoneNumber": "2"}}]}
    face = shown(lead)
    assert face["phones"] == [{"value": "1", "type": "work", "preferred": True}, {"value": "2"}]
    after = understood(face | {"phones": [{"value": "2", "note": "new"}, {"value": "1", "type": "work"}]}, lead)
    assert after["prospectContact"] == [
        {**medium, "characteristic": {"city": "Hamburg", "contactType": "work"}},
        {"mediumType": "phone", "characteristic": {"phoneNumber": "2"}, "tsm": {"note": "new"}},
        {
            "mediumType": "phone",
            "validFor": {"startDateTime": "2026-01-01T00:00:00.000Z"},
            "characteristic": {"contactType": "work", "phoneNumber": "1"},
        },
    ]


def test_a_contact_that_stays_keeps_its_own_medium() -> None:
    """As it is, whatever is odd about it, though another has the same value or is changed or gone beside it."""
    work: dict[str, Any] = {"characteristic": {"emailAddress": "a", "contactType": "work"}, "validFor": {}, "tsm": {}}
    home: dict[str, Any] = {"characteristic": {"emailAddress": "a", "contactType": "home"}, "validFor": {"own": 1}}
    lead: dict[str, Any] = {"prospectContact": [work, home]}
    seen: Any = shown(lead)
    first, second = seen["emails"]
    assert understood({"emails": [second]}, lead)["prospectContact"] == [home]
    assert understood({"emails": [second, first]}, lead)["prospectContact"] == [home, work]
    after = understood({"emails": [{"value": "a"}, first]}, lead)
    assert after["prospectContact"] == [
        {"mediumType": "email", "characteristic": {"emailAddress": "a"}, "validFor": {"own": 1}},
        work,
    ]


@pytest.mark.parametrize(("kept", "wakes"), [
    ({"status": "LATER", "laterUntil": "2026-03-03T08:15:00.000Z"}, True),
    ({"status": "LATER", "laterUntil": "2026-03-03T08:15:00.001Z"}, False),
    ({"status": "LATER"}, False),
    ({"laterUntil": "2026-03-03T08:15:00.000Z"}, False),
    ({"status": "LATER", "laterUntil": 1}, False),
])  # fmt: skip
def test_a_lead_wakes_at_the_moment_that_it_names(kept: dict[str, Any], *, wakes: bool) -> None:
    """And only from `LATER`: then it is in progress, without the moment, and otherwise as it was."""
    lead: dict[str, Any] = {"name": "a", "status": "pending", "rating": "hot", "tsm": {**kept, "key": "k"}}
    woken_up = {"name": "a", "status": "inProgress", "rating": "hot", "tsm": {"key": "k"}}
    assert woken(lead, "2026-03-03T08:15:00.000Z") == (woken_up if wakes else lead)


@pytest.mark.parametrize(("name", "path"), [
    ("id", ("id",)),
    ("partyName", ("name",)),
    ("priority", ("priority",)),
    ("key", ("tsm", "key")),
    ("chars.region", ("tsm", "chars", "region")),
    ("emails.value", ("prospectContact", "characteristic", "emailAddress")),
])  # fmt: skip
def test_lists_are_ordered_by_what_stands_behind(name: str, path: tuple[str, ...]) -> None:
    """The priorities have the same order in both languages."""
    assert ordered(LEAD, [Key(tuple(name.split(".")), descending=True)]) == (Key(path, descending=True),)


@pytest.mark.parametrize("name", ["status", "emails", "emails.type", "priority.x"])
def test_an_order_that_cannot_be_had_is_refused(name: str) -> None:
    """With a sentence, never with another order."""
    with pytest.raises(BadParameter, match="ordered"):
        ordered(LEAD, [Key(tuple(name.split(".")), descending=False)])


@given(st.dictionaries(st.sampled_from(["code", "name", "config", "label", "former", "@type"]), ANYTHING))
def test_an_entry_of_a_register_is_shown_without_its_former_labels(entry: dict[str, Any]) -> None:
    """They stay as they are; what is only processed is not kept."""
    before = {**entry, "labelVersion": 2}
    face = ENTRY.shown(before)
    assert not {"label", "labelVersion", "former", "@type"} & face.keys()
    assert ENTRY.understood({**face, "processingData": 1, "label": "x"}, before) == before
    assert ENTRY.understood(face, None) == face


@pytest.mark.parametrize("change", [{"leadType": None}, {"status": "OLD"}, {"phones": [{}]}])
def test_a_patch_that_breaks_a_rule_is_refused(change: dict[str, Any]) -> None:
    """What is required cannot be removed, and what is changed is checked."""
    lead: dict[str, Any] = {"id": "1", "status": "acknowledged", "name": "a", **REGISTERED}
    with pytest.raises(BadBody):
        faces.changed(SEEN, LEAD, lead, lambda before: merge(before, change))


def test_a_lead_of_tmf_can_be_patched_though_it_lacks_what_tsm_requires() -> None:
    """Only what is there cannot be removed."""
    lead: dict[str, Any] = {"id": "1", "status": "acknowledged", "name": "a"}
    after = faces.changed(SEEN, LEAD, lead, lambda before: merge(before, {"priority": "LOW", "href": "/x/1"}))
    assert after == {**lead, "priority": "low", "href": "/x/1"}
    with pytest.raises(BadBody):
        faces.changed(SEEN, LEAD, lead, lambda _: [])
