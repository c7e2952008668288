"""Consent texts: the register words them, in the version that a form names and keeps."""

from typing import Any

import pytest

from spanco.kernel.errors import BadBody
from spanco.sales.rules.consenttexts import chosen_anew, worded
from spanco.sales.rules.registers import Entry, entry_of

NEWS = entry_of(
    "1",
    {
        "code": "news",
        "name": "News",
        "description": "Send me news.",
        "labelVersion": 3,
        "localizationData": {
            "de": {"name": "Neues", "description": "Schicken Sie mir Neues."},
            "cs": "Novinky",
            "x": {"description": "no language"},
            "fr": {"odd": 1},
            "it": 5,
        },
        "former": [{"labelVersion": 1, "until": "2026-01-01T00:00:00.000Z", "name": "Old news"}, "odd"],
    },
)
VALID = {"news": NEWS}


def made(consent: dict[str, Any], entry: Entry | None = NEWS, language: str = "en") -> Any:
    """The consent text of a form."""
    return worded(("consent[0]", {"code": "news", "purpose": "marketing", **consent}), entry, VALID, language)


def test_a_text_of_the_register_has_its_present_words_and_their_number() -> None:
    """In every language that a page can be in; the text without a language is in that of the form."""
    found = made({})
    assert found["version"] == "3"
    assert found["text"] == [
        {"language": "en", "text": "Send me news."},
        {"language": "de", "text": "Schicken Sie mir Neues."},
        {"language": "cs", "text": "Novinky"},
    ]
    assert made({}, language="de")["text"][0] == {"language": "de", "text": "Schicken Sie mir Neues."}
    assert made({"text": found["text"], "version": "3"}) == found


def test_a_former_wording_can_be_named() -> None:
    """Where it had no words, its name counts."""
    assert made({"version": "1"})["text"] == [{"language": "en", "text": "Old news"}]


def test_a_text_of_its_own_stays_as_it_is() -> None:
    """Of a code that the register does not have."""
    own = {"text": [{"language": "en", "text": "Mine."}], "version": "a"}
    assert made(own, None) == {"code": "news", "purpose": "marketing", **own}


@pytest.mark.parametrize(
    ("consent", "entry", "words"),
    [
        ({}, None, "needs 'text' and 'version'. The register has: news."),
        ({"text": []}, None, "needs 'text' and 'version'"),
        ({"version": "1"}, None, "needs 'text' and 'version'"),
        ({"version": "2"}, NEWS, "these versions of it: 1, 3."),
        ({"text": [{"language": "en", "text": "Mine."}]}, NEWS, "words it otherwise"),
        ({}, entry_of("2", {"code": "old"}), "the text 'old' is retired. The register has: news."),
    ],
)
def test_what_the_register_does_not_say_is_refused(consent: dict[str, Any], entry: Entry | None, words: str) -> None:
    """With what there is instead."""
    with pytest.raises(BadBody) as refused:
        made(consent, entry)
    assert words in str(refused.value)
    assert "consent[0]" in str(refused.value)


def test_an_empty_register_names_nothing() -> None:
    """There is nothing to choose from."""
    with pytest.raises(BadBody) as refused:
        worded(("consent[0]", {"code": "a"}), None, {}, "en")
    assert "The register has" not in str(refused.value)


def test_only_what_is_new_is_worded_again() -> None:
    """What a form has already keeps its wording, wherever it stands; what is no list has none."""
    known: Any = {"consent": [{"code": "a", "version": "1"}, {"code": "b", "version": "1"}]}
    after: Any = {"consent": [{"code": "b", "version": "1"}, {"code": "a"}, "odd"]}
    assert chosen_anew(after, known) == [("consent[1]", {"code": "a"})]
    assert chosen_anew(known, None) == [("consent[0]", known["consent"][0]), ("consent[1]", known["consent"][1])]
    assert chosen_anew({}, known) == []
