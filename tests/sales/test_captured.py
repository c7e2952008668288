"""What good answers become: a lead with its touch and its consents, or more on one that is there."""

from typing import Any

import pytest

from spanco.sales.rules.answers import Answers, answered
from spanco.sales.rules.captured import Capture, from_key, lead_of, linked, with_mail, with_note
from spanco.sales.rules.forms import Origin
from spanco.sales.rules.touches import MOST, appended, touch_of, tracking
from tests.sales.forms import GOOD, form, form_body, labels

MOMENT = "2026-03-03T08:15:00.000Z"
CAPTURE = Capture("s-1", MOMENT, "de", "hash", {"utmSource": "letter"})


def lead(posted: dict[str, str], capture: Capture = CAPTURE, **others: Any) -> Any:
    """The lead of a post."""
    asked = form(**others)
    found = answered(asked, posted)
    assert isinstance(found, Answers)
    return lead_of(asked, found, capture)


def test_an_answer_becomes_a_lead() -> None:
    """Who asks, how they are reached, what they want, where they came from, what they agreed to."""
    made = lead(GOOD | {"person": "Jana Okafor", "phone": "030 123", "product": "fibre", "consent.news": "on"})
    assert made["name"] == "Hafen GmbH: Fibre: contact"
    assert made["description"] == "Ten depots"
    assert made["prospectContact"] == [
        {"mediumType": "email", "preferred": True, "characteristic": {"emailAddress": "jana@example.com"}},
        {"mediumType": "phone", "characteristic": {"phoneNumber": "030 123"}},
    ]
    assert [(each["role"], each["name"]) for each in made["relatedParty"]] == [
        ("prospect", "Hafen GmbH"),
        ("contact", "Jana Okafor"),
        ("salesAgent", "Mirela"),
    ]
    assert made["characteristic"] == [{"name": "product", "value": "fibre"}, {"name": "page", "value": "landing-7"}]
    assert made["marketingCampaign"] == {"id": "cmp-17", "name": "Fibre"}
    assert made["touch"] == [
        {
            "time": MOMENT,
            "source": "webForm",
            "campaign": "cmp-17",
            "channel": "web",
            "costReference": "po-7",
            "utmSource": "letter",
        }
    ]
    assert made["consent"][1] == {
        "purpose": "marketing",
        "channel": "email",
        "granted": True,
        "lawfulBasis": "consent",
        "textCode": "news",
        "textVersion": "2",
        "language": "de",
        "time": MOMENT,
        "proof": {"submission": "s-1", "form": "f-1", "formVersion": 3, "addressHash": "hash"},
    }
    assert (made["consent"][0]["language"], "channel" in made["consent"][0]) == ("en", False)


def test_a_lead_has_a_name_whatever_was_answered() -> None:
    """The company, the person, an address, or that of the form."""
    assert lead(GOOD | {"company": "", "person": "Jana"})["name"] == "Jana: Fibre: contact"
    assert lead(GOOD | {"company": "", "person": "Jana"})["relatedParty"][0]["role"] == "prospect"
    assert lead(GOOD | {"company": ""})["name"] == "jana@example.com: Fibre: contact"
    bare = {"name": "a", "type": "text", "label": labels(en="A")}
    others: dict[str, Any] = {"consent": [], "owner": {}, "campaign": {}, "channel": {}, "source": ""}
    made = lead({}, field=[bare], **others)
    assert made.keys() == {"name", "referredDate", "touch"}
    assert made["name"] == "Fibre: contact"


def test_names_places_and_remarks_find_their_places() -> None:
    """Given and family name are one person; several texts stand under their questions; a lead may name its source."""
    targets = ["givenName", "familyName", "street", "postCode", "city", "country", "note", "note"]
    fields = [
        {"name": f"f{index}", "type": "text", "label": labels(en=f"Question {index}"), "target": target}
        for index, target in enumerate(targets)
    ]
    made = lead({f"f{index}": f"v{index}" for index in range(8)} | {"consent.privacy": "on"}, field=fields)
    assert made["relatedParty"][0]["name"] == "v0 v1"
    assert made["prospectContact"] == [
        {
            "mediumType": "postalAddress",
            "characteristic": {"street1": "v2", "postCode": "v3", "city": "v4", "country": "v5"},
            "preferred": True,
        }
    ]
    assert made["note"][0]["text"] == "Question 6\nv6\n\nQuestion 7\nv7"


def test_what_a_program_hands_in_keeps_its_own_words() -> None:
    """The key says the rest; its touch comes after those that the program knew."""
    origin = Origin("partner", None, {"id": "portal"}, "", {"id": "ind-1"}, "partner")
    handed: Any = {"name": "A", "leadSource": "fair", "touch": [{"source": "fair"}], "relatedParty": [{"id": "x"}]}
    made: Any = from_key({**handed}, origin, CAPTURE)
    assert (made["leadSource"], made["channel"]) == ("partner", {"id": "portal"})
    assert [each["source"] for each in made["touch"]] == ["partner", "partner"]
    assert [each["id"] for each in made["relatedParty"]] == ["x", "ind-1"]
    bare: Any = from_key({"name": "A"}, origin, CAPTURE)
    assert (bare["leadSource"], [each["id"] for each in bare["relatedParty"]]) == ("partner", ["ind-1"])
    assert "relatedParty" not in from_key({"name": "A"}, Origin(), CAPTURE)
    unknown: Any = from_key({"name": "A", "leadSource": "fair"}, Origin("own-word"), CAPTURE)
    assert ("leadSource" in unknown, unknown["touch"][0]["source"]) == (False, "own-word")
    free: Any = from_key({"name": "A", "leadSource": "fair", "touch": [{"source": "x"}]}, Origin(), CAPTURE)
    assert (free["leadSource"], free["touch"][0]["source"]) == ("fair", "x")


def test_a_submission_of_somebody_known_adds_to_the_lead() -> None:
    """A touch, consents and a remark; what was there stays."""
    there: dict[str, Any] = {"id": "l-1", "name": "Old", "touch": [{"source": "fair"}], "note": [{"id": "1"}]}
    after: Any = linked({**there}, lead(GOOD), CAPTURE)
    assert after["name"] == "Old"
    assert [each["source"] for each in after["touch"]] == ["fair", "webForm"]
    assert after["note"][1]["text"] == "Hafen GmbH: Fibre: contact\nTen depots"
    assert len(after["consent"]) == 2
    bare: Any = linked({"id": "l-1"}, {"name": "A", "touch": ["odd"]}, CAPTURE)
    assert (bare["touch"], "consent" in bare, bare["note"][0]["text"]) == (None, False, "A")


def test_a_remark_is_added_once() -> None:
    """However often the same is processed."""
    once = with_note({"note": ["odd", {"id": "a"}]}, {"id": "b", "text": "x"})
    assert with_note(once, {"id": "b", "text": "x"}) == once
    assert len(once["note"]) == 3  # type: ignore[arg-type]


def test_a_mail_of_somebody_known_adds_its_remark_and_its_touch() -> None:
    """Once, and what is no document adds nothing."""
    mailed: dict[str, Any] = {"note": [{"id": "m", "text": "x"}, "odd"], "touch": [{"channel": "email"}, "odd"]}
    there: dict[str, Any] = {"id": "l-1", "note": [{"id": "1"}]}
    after: Any = with_mail(mailed)(there)
    assert ([each["id"] for each in after["note"]], after["touch"]) == (["1", "m"], [{"channel": "email"}])
    assert with_mail({})({"id": "l-1", "touch": []}) == {"id": "l-1", "touch": []}


def test_touches_are_bounded_and_the_first_stays() -> None:
    """The one that began it is what first-touch models count."""
    touches: Any = []
    for number in range(MOST + 5):
        touches = appended(touches, {"source": str(number)})
    assert len(touches) == MOST
    assert (touches[0]["source"], touches[1]["source"], touches[-1]["source"]) == ("0", "6", str(MOST + 4))


@pytest.mark.parametrize(
    ("posted", "referrer", "page", "found"),
    [
        ({}, "", "", {}),
        ({"utm_source": " a ", "utm_term": "", "other": "x"}, "", "", {"utmSource": "a"}),
        (
            {"gclid": "1", "msclkid": "2"},
            "",
            "",
            {"clickId": [{"name": n, "value": v} for n, v in [("gclid", "1"), ("msclkid", "2")]]},
        ),
        (
            {},
            "https://user:pw@a.example/secret?q=jana",
            "/fibre?mail=jana",
            {"referrerHost": "a.example", "landingPath": "/fibre"},
        ),
        ({}, "http://[", "http://[", {}),
        ({"utm_source": "x" * 300}, "", "", {"utmSource": "x" * 200}),
    ],
)
def test_how_somebody_came_is_kept_without_what_addresses_hide(
    posted: dict[str, str], referrer: str, page: str, found: dict[str, Any]
) -> None:
    """Known parameters, a host and a path; never a query."""
    assert tracking(posted, referrer, page) == found


def test_what_a_form_does_not_say_the_address_says() -> None:
    """The form's own source, campaign and channel count more."""
    tracked = {"utmSource": "letter", "utmCampaign": "spring", "utmMedium": "mail"}
    touch = touch_of(Origin(), dict(tracked), MOMENT)
    assert (touch["source"], touch["campaign"], touch["channel"]) == ("letter", "spring", "mail")
    assert touch_of(Origin(), {}, MOMENT, "email") == {"time": MOMENT, "channel": "email"}
    assert form_body()["campaign"]["id"] == touch_of(form().origin, dict(tracked), MOMENT)["campaign"]
