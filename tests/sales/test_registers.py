"""Registers by their rules: validity, which attributes are looked at, what a choice is, what a refusal says."""

import datetime as dt
import json
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanco import apis
from spanco.kernel.checks import ready_to_create
from spanco.kernel.errors import BadBody
from spanco.kernel.identity import identity, nested_id
from spanco.kernel.labels import labelled_of
from spanco.kernel.openapi import load
from spanco.sales.rules import registers as rules
from spanco.sales.rules.registers import Entry, entry_of

SPANCO, _, SALES = (load(document) for document in apis.own()[:3])
LEAD = SALES.resources["salesLead"]
ENTRY = SPANCO.resources["register/{}/entry"]
REGISTER = SPANCO.resources["register"]
GUARDED = frozenset({"leadSource"})
DATA = sorted(files("spanco.sales").joinpath("registers").iterdir(), key=lambda each: each.name)
days = st.dates(dt.date(2025, 1, 1), dt.date(2026, 12, 31)).map(dt.date.isoformat)


def read(file: Any) -> dict[str, Any]:
    """A register that is built in."""
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def entry(**document: Any) -> Entry:
    """An entry with a code."""
    return entry_of("id", {"code": "fair", "name": "Trade fair", **document})


@given(first=st.none() | days, last=st.none() | days, day=days)
def test_an_entry_is_valid_from_its_first_day_to_its_last(first: str | None, last: str | None, day: str) -> None:
    """Both count; what is open never ends; compared as dates, not as texts."""

    def date(text: str) -> dt.date:
        return dt.date.fromisoformat(text)

    begun = first is None or date(first) <= date(day)
    ended = last is not None and date(day) > date(last)
    bounds = {"validityFrom": first, "validityTo": last}
    assert entry(**bounds).is_valid(day) is (begun and not ended)


def test_an_entry_knows_what_its_document_says() -> None:
    """And has a name, a version and no privilege where that says nothing."""
    assert (entry().name, entry().version, entry().privilege) == ("Trade fair", 1, None)
    assert (entry(labelVersion=3).version, entry(createPrivilege="vip").privilege) == (3, "vip")
    assert entry(createPrivilege="").privilege is None
    assert entry_of("id", {"code": "fair"}).name == "fair"


def test_a_text_of_an_entry_is_told_in_a_language_as_of_a_moment() -> None:
    """The name, or another text such as the wording of a consent; empty where there is none."""
    former = [{"labelVersion": 1, "until": "2026-01-01T00:00:00.000Z", "name": "Exhibition"}]
    of = entry(localizationData={"de": {"name": "Messe", "description": "In Hallen"}}, former=former)
    assert rules.text_of(of, ["de"], "2026-02-01T00:00:00.000Z") == "Messe"
    assert rules.text_of(of, ["de"], "2025-02-01T00:00:00.000Z") == "Exhibition"
    assert rules.text_of(of, ["de"], "2026-02-01T00:00:00.000Z", "description") == "In Hallen"
    assert rules.text_of(of, [], "2026-02-01T00:00:00.000Z", "description") == ""


def test_validity_does_not_end_before_it_begins() -> None:
    """A single day is a span."""
    good: Any = {"code": "a", "name": "A", "validityFrom": "2026-01-01", "validityTo": "2026-01-01"}
    assert rules.check_entry(ENTRY, dict(good), None) == good
    with pytest.raises(BadBody, match="lies before 'validityFrom', which is 2026-01-01"):
        rules.check_entry(ENTRY, good | {"validityTo": "2025-12-31"}, None)


def test_a_register_guards_no_word_of_the_standard_and_nothing_that_holds_no_code() -> None:
    """Each attribute that the document declares is one or the other, or is guarded from the start."""
    assert rules.check_register(REGISTER, {"name": "x", "attribute": ["salesLead.vendor"]}, None)
    with pytest.raises(BadBody, match="'channel' is a word of the standard"):
        rules.check_register(REGISTER, {"name": "x", "attribute": ["salesLead.channel"]}, None)
    for name in rules.OURS:
        with pytest.raises(BadBody, match=f"'{name}' holds more than a code"):
            rules.check_register(REGISTER, {"name": "x", "attribute": [f"salesLead.{name}"]}, None)
    declared = {*LEAD.shape.attributes, *SALES.resources["salesOpportunity"].shape.attributes}
    guarded = {name for _, name in rules.guards_of((each["name"], each["attribute"]) for each in map(read, DATA))}
    assert rules.STANDARD | rules.OURS | guarded == declared | {"revenueEstimate", "tsm"}
    assert guarded == {"leadType", "leadRating", "leadSource", "lostReason"}


def test_what_is_guarded_is_read_from_the_registers() -> None:
    """Several may guard one attribute; what cannot be read guards nothing."""
    found = rules.guards_of([("a", ["salesLead.x", "salesLead.y"]), ("b", ["salesLead.x", 7, "nonsense"]), ("c", None)])
    assert found == {("salesLead", "x"): ("a", "b"), ("salesLead", "y"): ("a",)}


def test_only_what_may_be_guarded_and_is_changed_is_looked_at() -> None:
    """An attribute that is always guarded, or an extension; never one of the standard."""
    document: Any = {"name": "x", "rating": "hot", "leadSource": "fair", "vendor": "ACME"}
    assert rules.suspects(LEAD, GUARDED, document, None) == ["leadSource", "vendor"]
    assert rules.suspects(LEAD, GUARDED, document, dict(document)) == []
    assert rules.suspects(LEAD, GUARDED, document, document | {"vendor": "Other"}) == ["vendor"]
    assert rules.suspects(LEAD, GUARDED, {"name": "x"}, None) == []


def test_a_choice_is_a_code_or_several() -> None:
    """Those that stand there already are not chosen anew."""
    assert rules.newly_chosen("a", {"a": "x"}, None) == ["x"]
    assert rules.newly_chosen("a", {"a": ["x", "y"]}, {"a": "x"}) == ["y"]
    assert rules.newly_chosen("a", {"a": "x"}, {"a": ["x", "y"]}) == []
    bad: Any
    for bad in (7, None, True, ["x", 7], {"code": "x"}):
        with pytest.raises(BadBody, match="code of an entry"):
            rules.newly_chosen("a", {"a": bad}, None)


def test_a_code_is_chosen_today_or_when_the_lead_of_an_import_was_created() -> None:
    """A patch is of today, whenever the lead is from."""
    old: Any = {"creationDate": "2020-01-31T09:30:00.000Z"}
    assert rules.day_of(LEAD, old, None, "2026-11-21") == "2020-01-31"
    assert rules.day_of(LEAD, old, old, "2026-11-21") == "2026-11-21"
    assert rules.day_of(REGISTER, old, None, "2026-11-21") == "2026-11-21"


@pytest.mark.parametrize(("found", "reason"), [
    (None, "'x' is no code of the register 'a' or 'b'. Valid: p, q."),
    (entry(validityTo="2026-01-31"), "cannot be chosen: it is valid until 2026-01-31. Valid: p, q."),
    (entry(validityFrom="2027-01-01"), "cannot be chosen: it is valid from 2027-01-01. Valid: p, q."),
    (entry(validityFrom="2027-01-01", validityTo="2027-01-31"), "it is valid from 2027-01-01 until 2027-01-31."),
])  # fmt: skip
def test_a_refusal_says_why_and_what_is_valid(found: Entry | None, reason: str) -> None:
    """With the attribute in front, and at most so many codes."""
    refusal = rules.refusal(("leadSource", "x"), ("a", "b"), found, ["p", "q"])
    assert reason in str(refusal)
    assert refusal.where == "leadSource"


def test_a_refusal_is_short_however_much_was_sent_or_is_valid() -> None:
    """A code of a megabyte is not repeated, and where nothing is valid it says so."""
    codes = [f"code{each}" for each in range(rules.MOST_NAMED + 1)]
    long = str(rules.refusal(("a", "x" * 1_000_000), ("r",), None, codes))
    assert len(long) < 1_000
    assert f"code{rules.MOST_NAMED}" not in long
    assert "GET register/r/entry?validAt=now lists them" in long
    assert str(rules.refusal(("a", "x"), ("r",), None, [])).endswith("Valid: none.")


def test_labels_stand_where_the_document_says() -> None:
    """The rules and `x-spanco-label` agree."""
    schema = SPANCO.document["components"]["schemas"]["RegisterEntry"]
    assert labelled_of(schema) == rules.LABEL == ENTRY.label


def test_the_id_of_an_entry_follows_from_its_register_and_code() -> None:
    """The same everywhere; the id of a register is its name, if that can stand in an address."""
    assert identity(ENTRY, {"code": "fair"}, "leadSource") == rules.entry_id("leadSource", "fair")
    assert rules.entry_id("leadSource", "fair") == "b13fac59-f0a0-59a1-a0a7-c4e1110b8d66"
    assert nested_id("a", "b/c") != nested_id("a/b", "c") or nested_id("a", "b") != nested_id("b", "a")
    assert identity(REGISTER, {"name": "season"}, None) == "season"
    assert identity(LEAD, {"name": "Fibre"}, None) is None
    for bad in ("a b", "a/b", "..", "é", "", "x" * 129, 7, None):
        with pytest.raises(BadBody):
            identity(REGISTER, {"name": bad}, None)


@pytest.mark.parametrize("file", DATA, ids=lambda file: file.name)
def test_what_is_built_in_could_have_been_sent_by_a_client(file: Any) -> None:
    """Every register and entry fits its schema; codes are there once; labels have three languages."""
    document = read(file)
    assert file.name == f"{document['name']}.json"
    listed = document.pop("entry")
    assert ready_to_create(REGISTER, document, "2026-01-01T00:00:00.000Z")
    assert rules.check_register(REGISTER, document, None)
    codes = [each["code"] for each in listed]
    assert len(set(codes)) == len(codes)
    for each in listed:
        assert ready_to_create(ENTRY, {"name": each["code"], **each}, "2026-01-01T00:00:00.000Z")
        if document["name"] != "freeMailDomain":
            assert set(each["localizationData"]) == {"en", "de", "cs"}
            assert each["localizationData"]["en"]["name"] == each["name"]
            texts = [told.get("description") for told in each["localizationData"].values()]
            assert all(texts) is ("description" in each)


def test_there_are_nine_registers_from_the_start() -> None:
    """A check over nothing would pass for ever."""
    assert len(DATA) == 9
