"""Labels: the language that fits, what was said before, and lists of what is valid on a day."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanco.kernel.errors import BadParameter
from spanco.kernel.labels import Labelled, labelled, labelled_of, lookup, ranges, remembered, rewound
from spanco.kernel.query.match import matches
from spanco.kernel.validity import taken, valid_on

HOW = Labelled("label", "name", "told", "former", ("name", "told"))
TAGS = st.sampled_from(["de", "de-AT", "de-CH-1996", "cs", "cs-CZ", "en", "en-GB", "zh-Hant", "zh-Hant-TW", "sr-Latn"])
BETWEEN = ("from", "to")


@pytest.mark.parametrize(("header", "wanted"), [
    (None, ()),
    ("", ()),
    ("de", ("de",)),
    ("de-AT, de;q=0.9, en;q=0.8", ("de-at", "de", "en")),
    ("en;q=0.1, cs", ("cs", "en")),
    ("en;Q=0.1 , cs ; q=0.2", ("cs", "en")),
    ("de;q=0, *;q=0.5", ()),
    ("de;q=1.000, en;q=0.5000, ???, toolongrange", ("de",)),
    (",".join(f"a{chr(97 + each)}" for each in range(26)), tuple(f"a{chr(97 + each)}" for each in range(20))),
])  # fmt: skip
def test_the_wanted_languages_are_read_from_the_header(header: str | None, wanted: tuple[str, ...]) -> None:
    """By weight, then by place; what weighs nothing, means anything or cannot be read is passed over."""
    assert ranges(header) == wanted


@pytest.mark.parametrize(("wanted", "tags", "found"), [
    (["zh-Hant-CN-x-private1-private2"], ["zh-Hant", "zh"], "zh-Hant"),  # the example of RFC 4647, section 3.4
    (["zh-hant-cn-x-a"], ["zh-Hant-CN"], "zh-Hant-CN"),
    (["fr-FR", "zh-Hant"], ["de", "zh-hant"], "zh-hant"),
    (["de"], ["de-AT"], None),
    (["DE-at"], ["de-AT", "de"], "de-AT"),
    (["x-private"], ["x"], None),
    ([], ["de"], None),
    (["de"], [], None),
])  # fmt: skip
def test_a_language_is_looked_up_from_the_finest_to_the_coarsest(
    wanted: list[str], tags: list[str], found: str | None
) -> None:
    """A range is cut from its end; a single letter goes with what followed it."""
    assert lookup(wanted, tags) == found


@given(wanted=st.lists(TAGS, max_size=4), tags=st.lists(TAGS, unique=True))
def test_what_is_found_is_there_and_begins_what_was_wanted(wanted: list[str], tags: list[str]) -> None:
    """No later range is taken while an earlier one has a tag that fits."""
    found = lookup(wanted, tags)

    def fits(range_: str, tag: str) -> bool:
        return f"{range_}-".lower().startswith(f"{tag}-".lower())

    able = [range_ for range_ in wanted if any(fits(range_, tag) for tag in tags)]
    assert (found is None) is (not able)
    if found is not None:
        assert found in tags
        assert fits(able[0], found)
        assert not [tag for tag in tags if fits(able[0], tag) and len(tag) > len(found)]


@pytest.mark.parametrize(("told", "label", "tag"), [
    ({"de": {"name": "Messe"}}, "Messe", "de"),
    ({"de": "Messe"}, "Messe", "de"),
    ({"de": {"name": ""}, "cs": "Veletrh"}, "Veletrh", "cs"),
    ({"de": {"name": 7}, "cs": None}, "Fair", None),
    ({"de": {}}, "Fair", None),
    (["de"], "Fair", None),
    (None, "Fair", None),
])  # fmt: skip
def test_a_document_gets_its_label(told: Any, label: str, tag: str | None) -> None:
    """In a form that is not understood nothing is said; then the source holds."""
    found, language = labelled({"name": "Fair", "told": told}, HOW, ["de", "cs"])
    assert (found["label"], language) == (label, tag)


def test_a_document_without_anything_to_say_has_no_label() -> None:
    """A register without a title, for instance."""
    assert labelled({"other": 1}, HOW, ["de"]) == ({"other": 1}, None)


@given(st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=12))
def test_every_label_of_the_past_is_shown_at_its_time(names: list[str]) -> None:
    """What was written at a moment holds until it is changed; a change to the same is none."""
    document: dict[str, Any] = remembered(None, {"name": names[0]}, HOW, "2026-01-01T00:00:00.000Z")
    for day, name in enumerate(names[1:], start=2):
        document = remembered(document, {**document, "name": name}, HOW, f"2026-01-{day:02}T00:00:00.000Z")
    for day, name in enumerate(names, start=1):
        then = rewound(document, HOW, f"2026-01-{day:02}T12:00:00.000Z")
        assert then["name"] == name
    changes = sum(one != other for one, other in pairwise(names))
    assert document["labelVersion"] == 1 + changes
    assert [each["labelVersion"] for each in document.get("former", [])] == list(range(1, changes + 1))


def test_what_was_not_said_then_is_not_shown() -> None:
    """A translation that came later, for instance; and what is no list of former labels is passed over."""
    first = remembered(None, {"name": "a"}, HOW, "")
    later = remembered(first, {**first, "told": {"de": "A"}}, HOW, "2026-01-02T00:00:00.000Z")
    assert rewound(later, HOW, "2026-01-01T00:00:00.000Z") == {
        "name": "a",
        "labelVersion": 1,
        "former": later["former"],
    }
    assert rewound({"name": "a", "former": "x"}, HOW, "2026") == {"name": "a", "former": "x"}
    assert remembered({"name": "a"}, {"name": "b"}, HOW, "t")["labelVersion"] == 2


@pytest.mark.parametrize(("moment", "name"), [
    ("2026-01-01T23:59:59.999Z", "a"),
    ("2026-01-02T00:00:00.000Z", "b"),
])  # fmt: skip
def test_a_label_stands_from_the_millisecond_of_its_change_on(moment: str, name: str) -> None:
    """As every change does."""
    later = remembered({"name": "a"}, {"name": "b"}, HOW, "2026-01-02T00:00:00.000Z")
    assert rewound(later, HOW, moment)["name"] == name


def test_the_last_hundred_labels_are_kept() -> None:
    """A document does not grow for ever."""
    document: dict[str, Any] = remembered(None, {"name": "0"}, HOW, "")
    for each in range(1, 151):
        document = remembered(document, {**document, "name": str(each)}, HOW, f"2026-01-01T00:00:00.{each:03}Z")
    assert (len(document["former"]), document["former"][0]["name"], document["labelVersion"]) == (100, "50", 151)


def test_a_schema_says_where_labels_stand() -> None:
    """Or that there are none."""
    assert labelled_of({}) is None
    short = labelled_of({"x-spanco-label": {"attribute": "label", "from": "title", "languages": "told"}})
    assert short == Labelled("label", "title", "told")


@pytest.mark.parametrize(("query", "rest", "day"), [
    (b"", b"", None),
    (b"a=1&b=2", b"a=1&b=2", None),
    (b"validAt=now", b"", "2026-11-21"),
    (b"a=1&validAt=2026-02-28&b=2", b"a=1&b=2", "2026-02-28"),
    (b"validAt=now&validAt=now", b"", "2026-11-21"),
    (b"invalidAt=now", b"invalidAt=now", None),
])  # fmt: skip
def test_the_day_is_taken_out_of_the_query(query: bytes, rest: bytes, day: str | None) -> None:
    """What else is asked stays."""
    assert taken(query, "2026-11-21") == (rest, day)


@pytest.mark.parametrize(
    "query", [b"validAt=", b"validAt=2026-02-30", b"validAt=20260228", b"validAt=now&validAt=2026-01-01"]
)
def test_what_is_no_day_is_refused(query: bytes) -> None:
    """With what is needed."""
    with pytest.raises(BadParameter):
        taken(query, "2026-11-21")


@pytest.mark.parametrize(("document", "valid"), [
    ({}, True),
    ({"from": "2026-11-21"}, True),
    ({"from": "2026-11-22"}, False),
    ({"to": "2026-11-21"}, True),
    ({"to": "2026-11-20"}, False),
    ({"from": "2026-01-01", "to": "2026-12-31"}, True),
])  # fmt: skip
def test_valid_on_a_day_is_a_condition(document: dict[str, Any], valid: bool) -> None:
    """Both days count, and absent is open."""
    assert matches(valid_on("2026-11-21", BETWEEN), document) is valid
