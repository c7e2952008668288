"""Whether somebody may be contacted: the last word that covers the channel and the purpose."""

from typing import Any

import pytest

from spanco.sales.rules.consent import may_contact, of_lead, of_preference, reached_at

NOW = "2026-06-01T00:00:00.000Z"


def agreed(time: str = "2026-01-01T00:00:00.000Z", **parts: Any) -> dict[str, Any]:
    """A consent as capture writes it."""
    return {
        "purpose": "marketing",
        "channel": "email",
        "granted": True,
        "lawfulBasis": "consent",
        "time": time,
        **parts,
    }


def objected(time: str = "2026-02-01T00:00:00.000Z", **parts: Any) -> dict[str, Any]:
    """A preference as it is kept."""
    return {"choice": "optOut", "time": time, **parts}


@pytest.mark.parametrize(
    ("consents", "preferences", "channel", "purpose", "may"),
    [
        ([], [], "email", "marketing", False),
        ([], [], "email", "contract", True),
        ([agreed()], [], "email", "marketing", True),
        ([agreed()], [], "phone", "marketing", False),
        ([agreed()], [], "email", "profiling", False),
        ([agreed(channel=None)], [], "phone", "marketing", True),
        ([agreed(granted=False)], [], "email", "marketing", False),
        ([agreed(time="2027-01-01T00:00:00.000Z")], [], "email", "marketing", False),
        ([agreed(), agreed(time="2026-01-02T00:00:00.000Z", granted=False)], [], "email", "marketing", False),
        ([agreed(), agreed(granted=False)], [], "email", "marketing", False),
        ([agreed()], [objected()], "email", "marketing", False),
        ([agreed()], [objected(channel="phone")], "email", "marketing", True),
        ([agreed()], [objected(channel="email", purpose="profiling")], "email", "marketing", True),
        ([], [objected()], "email", "contract", True),
        ([], [objected(purpose="contract")], "email", "contract", False),
        ([], [objected(), objected("2026-03-01T00:00:00.000Z", choice="optIn")], "sms", "marketing", True),
        (["nothing"], [], "email", "marketing", False),
    ],
)
def test_the_last_word_that_covers_it_counts(
    consents: list[Any], preferences: list[Any], channel: str, purpose: str, may: bool
) -> None:
    """Of two at one moment the refusal; nobody's word is no agreement; a contract needs none."""
    statements = of_lead("/lead/1", {"creationDate": NOW, "consent": consents})
    statements += [of_preference("/preference/1", each) for each in preferences]
    answer = may_contact(statements, channel, purpose, NOW)
    assert answer.may is may
    assert answer.because.endswith(".")
    assert bool(answer.place) == (answer.because.startswith(("Agreed", "Objected")))


def test_a_consent_without_a_moment_is_as_old_as_its_lead() -> None:
    """And a preference as old as itself; a lead without consents says nothing."""
    (told,) = of_lead("x", {"creationDate": "2026-01-01", "consent": [{"granted": True}]})
    assert (told.time, told.channel, told.purpose, told.basis) == ("2026-01-01", "any", "any", "consent")
    assert of_preference("x", {"choice": "optOut", "createdAt": "2026-01-02"}).time == "2026-01-02"
    assert of_lead("x", {}) == []


def test_where_somebody_is_reached_is_read_from_what_was_typed_and_understood() -> None:
    """What cannot be read is left aside."""
    lead: dict[str, Any] = {
        "prospectContact": [
            {"characteristic": {"emailAddress": "Jane@Example.com", "phoneNumber": "602 123 456"}},
            {"mediumType": "email"},
            "nothing",
        ],
        "understood": {"email": ["j@example.org"], "phone": ["+420602123456"]},
    }
    assert reached_at([lead, {}]) == (["j@example.org", "jane@example.com"], ["+420602123456"])
