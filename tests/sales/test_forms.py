"""Forms: what a good one is, what a good answer is, and which words people read."""

import hashlib
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanco.apis import own
from spanco.kernel.errors import BadBody
from spanco.kernel.openapi import load
from spanco.sales.rules.answers import Answers, Fault, answered, is_trapped, is_worked
from spanco.sales.rules.forms import checked, chosen, read_form, read_pace
from spanco.sales.rules.formschema import language_of, schema_of
from spanco.sales.rules.submissions import EXPIRED, HELD, LINKED, REFUSED, SPAM, UNCONFIRMED, WAITING, pause, told
from spanco.sales.rules.words import LANGUAGES, words
from tests.sales.forms import GOOD, form, form_body, labels

FORM = next(load(each) for each in own() if each["x-spanco-key"] == "spanco").resources["form"]


def field(**others: Any) -> dict[str, Any]:
    """A form with one field more."""
    one = {"name": "extra", "type": "text", "label": labels(en="Extra"), **others}
    return form_body(field=[*form_body()["field"], one])


def test_a_good_form_is_taken_as_it_is() -> None:
    """Nothing is added and nothing left out."""
    assert checked(FORM, form_body(), None) == form_body()


@pytest.mark.parametrize(
    ("document", "where"),
    [
        (field(name="EMAIL"), "field[7].name"),
        (field(type="select"), "field[7].option"),
        (field(option=[{"value": "a", "label": labels(en="A")}]), "field[7].option"),
        (field(type="select", option=[{"value": "a", "label": labels(en="A")}] * 2), "field[7].option"),
        (field(value="x"), "field[7].value"),
        (field(type="hidden", required=True), "field[7].required"),
        (field(pattern="(a"), "field[7].pattern"),
        (field(pattern="(?=a)"), "field[7].pattern"),
        (field(label=[*labels(en="A"), *labels(en="B")]), "field[7].label"),
        (form_body(consent=[form_body()["consent"][0]] * 2), "consent"),
        (form_body(title=[*labels(en="A"), *labels(en="B")]), "title"),
        (form_body(success={"url": "https://[a.example/"}), "success.url"),
        (form_body(success={"url": "https://a.example;sandbox/"}), "success.url"),
    ],
)
def test_parts_that_do_not_fit_are_refused(document: dict[str, Any], where: str) -> None:
    """Each with its place."""
    with pytest.raises(BadBody) as refused:
        checked(FORM, document, None)
    assert refused.value.where == where


def test_a_form_has_sensible_limits_where_it_says_nothing() -> None:
    """Lengths, pace, language, and no double opt-in."""
    made = read_form("f", 1, {"name": "x", "field": [{"name": "a", "type": "text", "label": labels(en="A")}]})
    assert (made.language, made.hours, made.difficulty, made.pace.all, made.pace.address) == ("en", 0, 0, 600, 10)
    assert made.fields[0].most == 200
    assert form().fields[5].most == 300
    assert form(doubleOptIn={"on": True}).hours == 48
    assert form(doubleOptIn={"on": True, "hours": 3}).hours == 3
    assert form(doubleOptIn={"on": False}).hours == 0
    assert read_pace({"rateLimit": {"perMinute": 5}}).all == 5


def test_the_first_language_that_has_a_text_is_read() -> None:
    """A region finds its language; nobody's language finds the first text."""
    text = {"en": "Company", "de": "Firma"}
    assert chosen(text, ["de-AT", "en"]) == "Firma"
    assert chosen(text, ["fr", "en"]) == "Company"
    assert chosen(text, ["fr"]) == "Company"
    assert chosen({}, ["fr"], "Send") == "Send"
    assert language_of(form(), ["fr", "de-CH"]) == "de"
    assert language_of(form(), ["fr"]) == "en"
    assert form(language="de").languages == ("de", "en")


def test_our_words_are_the_same_in_every_language() -> None:
    """No key is missing anywhere; who reads none of ours reads English."""
    assert {frozenset(words([language])) for language in LANGUAGES} == {frozenset(words([]))}
    assert words(["xx", "de-AT"])["send"] == "Absenden"


def test_good_answers_are_taken_and_cleaned() -> None:
    """White space, control characters and line ends; hidden fields hold what the form says."""
    found = answered(
        form(),
        GOOD | {"company": "  Hafen \x07 GmbH ", "wish": "a\r\nb\rc", "page": "other", "product": "fibre", "x": "y"},
    )
    assert isinstance(found, Answers)
    assert {one.name: value for one, value in found.fields} == {
        "company": "Hafen GmbH",
        "email": "jana@example.com",
        "product": "fibre",
        "wish": "a\nb\nc",
        "page": "landing-7",
    }
    assert [(consent.code, given) for consent, given in found.consents] == [("privacy", True), ("news", False)]
    assert (found.to("email"), found.to("phone")) == ("jana@example.com", "")


@pytest.mark.parametrize(
    ("posted", "fault"),
    [
        ({"email": ""}, Fault("email", "required")),
        ({"email": "jana"}, Fault("email", "email")),
        ({"email": "a@b"}, Fault("email", "email")),
        ({"email": "a b@c.example"}, Fault("email", "email")),
        ({"email": "a@b.example\nbcc:c@d.example"}, Fault("email", "email")),
        ({"phone": "call me"}, Fault("phone", "tel")),
        ({"phone": "+-()"}, Fault("phone", "tel")),
        ({"product": "gold"}, Fault("product", "option")),
        ({"wish": "x" * 301}, Fault("wish", "long")),
        ({"consent.privacy": "no"}, Fault("consent.privacy", "agree")),
    ],
)
def test_bad_answers_are_told_one_by_one(posted: dict[str, str], fault: Fault) -> None:
    """With the name of the field and a key of our words."""
    assert answered(form(), GOOD | posted) == (fault,)
    assert fault.because in words(["en"])


@pytest.mark.parametrize("phone", ["+49 30 23125 014", "(030) 2312-5", "0800.123.456", "112", "+1 212 555 0100 x12"])
def test_phones_are_written_in_many_ways(phone: str) -> None:
    """What people write is taken; cleaning comes later."""
    assert isinstance(answered(form(), GOOD | {"phone": phone}), Answers)


def test_a_pattern_is_held_against_the_whole_answer() -> None:
    """And a box that must be ticked is ticked or not."""
    zip_code = {"name": "zip", "type": "text", "label": labels(en="Zip"), "pattern": "[0-9]{5}|none"}
    box = {"name": "box", "type": "checkbox", "label": labels(en="Box"), "required": True}
    asked = form(field=[zip_code, box])
    good = {"box": "true", "consent.privacy": "1"}
    assert isinstance(answered(asked, good | {"zip": "12345"}), Answers)
    assert answered(asked, good | {"zip": "123456"}) == (Fault("zip", "pattern"),)
    assert answered(asked, {"zip": "none", "consent.privacy": "yes"}) == (Fault("box", "required"),)


@given(st.dictionaries(st.sampled_from([*GOOD, "phone", "product", "page", "consent.news"]), st.text(max_size=400)))
def test_whatever_is_posted_is_taken_or_told(posted: dict[str, str]) -> None:
    """Nothing that a stranger sends breaks anything, and what is taken is bounded."""
    found = answered(form(), posted)
    if isinstance(found, Answers):
        assert all(len(value) <= one.most for one, value in found.fields)
    else:
        assert {fault.because for fault in found} <= set(words([]))


def test_what_people_do_not_see_catches_programs() -> None:
    """Its name is none of the fields', whatever those are called."""
    assert not is_trapped(form(), GOOD | {"homepage_url": " "})
    assert is_trapped(form(), GOOD | {"homepage_url": "https://spam.example"})
    names = ["homepage_url", "homepage_address", "homepage_link"]
    fields = [{"name": name, "type": "text", "label": labels(en="A")} for name in names]
    assert form(field=fields[:1]).honeypot == "homepage_address"
    assert form(field=fields).honeypot not in names


def test_work_is_proved_for_this_form_and_these_hours() -> None:
    """A stamp of another form, another day, or without the zeros is none."""
    asked, minute = form(proofOfWork=8), 1000
    nonce = next(
        nonce for nonce in map(str, count()) if hashlib.sha256(f"f-1:{minute}:{nonce}".encode()).digest()[0] == 0
    )
    assert is_worked(asked, f"{minute}.{nonce}", minute)
    assert is_worked(asked, f"{minute}.{nonce}", minute + 120)
    assert not is_worked(asked, f"{minute}.{nonce}", minute + 121)
    assert not is_worked(asked, f"{minute}.{nonce}", minute - 11)
    assert not is_worked(asked, f"{minute}.{nonce}x", minute)
    assert not is_worked(asked, "", minute)
    assert is_worked(form(), "", minute)


def test_any_site_can_render_the_form_from_its_schema() -> None:
    """JSON Schema for what is posted, and beside it what people read, in their language."""
    zip_code = {"name": "zip", "type": "text", "label": labels(en="Zip"), "pattern": "[0-9]{5}"}
    box = {"name": "box", "type": "checkbox", "label": labels(en="Box"), "required": True}
    free = {"name": "free", "type": "checkbox", "label": labels(en="Free")}
    asked = form(field=[*form_body()["field"], zip_code, box, free], submitLabel=labels(en="Go"))
    schema = schema_of(asked, ["de"], "https://s.example/form/f-1")
    properties: Any = schema["properties"]
    assert schema["required"] == ["email", "box", "consent.privacy"]
    assert properties["company"]["title"] == "Firma"
    assert properties["email"]["format"] == "email"
    assert properties["product"]["oneOf"][0] == {"const": "fibre", "title": "Glasfaser"}
    assert properties["phone"]["description"] == "With the area code."
    assert properties["zip"]["pattern"] == "^(?:[0-9]{5})$"
    assert (properties["box"]["const"], "const" in properties["free"]) == (True, False)
    assert properties["consent.news"]["x-consent-version"] == "2"
    assert "page" not in properties
    assert schema["x-submit"] == "Go"
    assert schema["x-order"] == list(properties)


def test_a_submission_that_fails_is_held_longer_and_longer() -> None:
    """From seconds to an hour, and after a dozen tries until somebody orders it again."""
    pauses = [pause(attempts) for attempts in range(1, 13)]
    seconds = [each.total_seconds() for each in pauses if each]
    assert seconds[:3] == [5, 20, 80]
    assert seconds[-1] == 3600
    assert pauses[-1] is None


def test_a_receipt_tells_programs_nothing() -> None:
    """Spam reads as what was taken."""
    states = {state: told(state) for state in (WAITING, HELD, UNCONFIRMED, LINKED, SPAM, REFUSED, EXPIRED)}
    assert states == {
        WAITING: "open",
        HELD: "open",
        UNCONFIRMED: "unconfirmed",
        LINKED: "done",
        SPAM: "done",
        REFUSED: "refused",
        EXPIRED: "refused",
    }
