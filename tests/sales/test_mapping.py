"""What a mapping file may say, what it makes of a row, and the sentences with which it refuses."""

from decimal import Decimal

import pytest
from hypothesis import given, strategies

from spanco.kernel.wire import Document
from spanco.sales.rules.mapping import Mapped, Mapping, Refusal, apply, matches, missing, parse
from spanco.sales.rules.shapes import BadMapping

HEAD = 'source = "crm"\nresource = "salesLead"\nkey = "No"\n'


def mapping(attributes: str, *, top: str = "", state: str = "") -> Mapping:
    """A mapping with these attributes; `No` is the key."""
    return parse(f"{HEAD}{top}\n[attributes]\n{attributes}\n{state}")


def document(attributes: str, row: dict[str, str], *, top: str = "", state: str = "") -> Document:
    """What such a mapping makes of the row."""
    found = apply(mapping(attributes, top=top, state=state), {"No": "1", **row}, 2)
    assert isinstance(found, Mapped)
    return found.document


def reasons(attributes: str, row: dict[str, str], *, state: str = "") -> tuple[str, ...]:
    """Why such a mapping refuses the row."""
    found = apply(mapping(attributes, state=state), {"No": "1", **row}, 2)
    assert isinstance(found, Refusal)
    return found.reasons


@pytest.mark.parametrize(
    ("attributes", "row", "expected"),
    [
        ('name = "N"', {"N": " Ann "}, {"name": "Ann"}),
        ('name = "No"\nrating = { constant = "hot" }', {}, {"name": "1", "rating": "hot"}),
        ('name = "No"\n"channel.name" = "C"\n"channel.id" = { column = "C", slug = true }', {"C": "Ünë Shop"},
         {"name": "1", "channel": {"name": "Ünë Shop", "id": "une-shop"}}),
        ('name = { template = "Lead {No} of {C}" }', {"C": "x"}, {"name": "Lead 1 of x"}),
        ('name = { template = ["{No} of {C}", "{No}"] }', {"C": " "}, {"name": "1"}),
        ('name = "No"\nrating = { template = "{C}!", default = "cold" }', {"C": ""}, {"name": "1", "rating": "cold"}),
        ('name = "No"\nrating = { template = "{C}", absent = ["Select"] }', {"C": "Select"}, {"name": "1"}),
        ('name = "No"\nrating = { template = "{C}", default = "warm", absent = ["?"] }', {"C": "?"},
         {"name": "1", "rating": "warm"}),
        ('name = { column = ["A", "B"] }', {"A": "", "B": "b"}, {"name": "b"}),
        ('name = "No"\nrating = { column = "R", default = "cold" }', {"R": ""}, {"name": "1", "rating": "cold"}),
        ('name = "No"\nx = { column = "R", values = { Yes = true, No = false, one = 1 } }', {"R": "No"},
         {"name": "1", "x": False}),
        ('name = "No"\nx = { column = "R", values = { a = "b" } }', {"R": "c"}, {"name": "1", "x": "c"}),
        ('name = "No"\nx = { column = "R", skip_if = { S = ["Lost"] } }', {"R": "5", "S": "Lost"}, {"name": "1"}),
        ('name = "No"\nx = { column = "R", skip_if = { S = "Lost" } }', {"R": "5", "S": ""}, {"name": "1", "x": "5"}),
        ('name = "No"\nx = { column = "R", number = false }', {"R": "5"}, {"name": "1", "x": "5"}),
    ],
)  # fmt: skip
def test_a_value_comes_from_a_column_a_constant_or_a_template(
    attributes: str, row: dict[str, str], expected: Document
) -> None:
    """Each place of origin and each step on the way, on one row."""
    assert document(attributes, row) == expected


@pytest.mark.parametrize(
    ("number", "text", "expected"),
    [
        ("true", "1054.50", "1054.50"),
        ("true", "-3", "-3"),
        ('{ decimal = "," }', "12,5", "12.5"),
        ('{ decimal = ",", group = "." }', "1.234.567,89", "1234567.89"),
        ('{ decimal = ",", group = "." }', "1234,5", "1234.5"),
        ('{ group = "\'" }', "9'999", "9999"),
    ],
)
def test_numbers_stay_exact(number: str, text: str, expected: str) -> None:
    """Marks are taken away, digits are kept; no binary float in between."""
    value = document(f'name = "No"\nx = {{ column = "X", number = {number} }}', {"X": text})["x"]
    assert isinstance(value, Decimal)
    assert str(value) == expected


@given(strategies.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**20), max_value=10**20))
def test_every_amount_survives_the_german_spelling(amount: Decimal) -> None:
    """What is written 1.234,56 is read as 1234.56, for every amount."""
    text = f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))
    rule = 'name = "No"\nx = { column = "X", number = { decimal = ",", group = "." } }'
    assert document(rule, {"X": text})["x"] == amount


@pytest.mark.parametrize(
    ("date", "text", "expected"),
    [
        ('"%m/%d/%Y"', "3/1/2017", "2017-03-01T00:00:00.000Z"),
        ('["%d.%m.%Y %H:%M", "%d.%m.%Y"]', "24.12.2025", "2025-12-24T00:00:00.000Z"),
        ('"%Y-%m-%dT%H:%M%z"', "2025-06-01T10:00+0200", "2025-06-01T08:00:00.000Z"),
        ('"iso"', "2025-06-01T10:00:00+02:00", "2025-06-01T08:00:00.000Z"),
    ],
)
def test_dates_get_the_canonical_spelling(date: str, text: str, expected: str) -> None:
    """Whatever the format, UTC with milliseconds comes out."""
    assert document(f'name = "No"\nx = {{ column = "X", date = {date} }}', {"X": text})["x"] == expected


def test_a_date_without_offset_is_in_the_zone_of_the_mapping() -> None:
    """Berlin is two hours ahead in summer, one in winter."""
    rule = 'name = "No"\nx = { column = "X", date = "%d.%m.%Y" }'
    top = 'timezone = "Europe/Berlin"'
    assert document(rule, {"X": "01.07.2025"}, top=top)["x"] == "2025-06-30T22:00:00.000Z"
    assert document(rule, {"X": "01.01.2025"}, top=top)["x"] == "2024-12-31T23:00:00.000Z"


def test_elements_are_found_by_predicate_or_position() -> None:
    """Paths with the same bracket share an element; a predicate writes its own attribute."""
    rule = (
        '"relatedParty[role=agent].name" = "A"\n"relatedParty[role=agent].id" = { column = "A", slug = true }\n'
        '"relatedParty[role=customer].name" = "C"\n"note[0].text" = "N"\n"note[0].author" = { constant = "import" }\n'
        '\'characteristic[name="page views / visit"].value\' = "A"'
    )
    assert document(rule, {"A": "Moses Frase", "C": "Cancity", "N": "hello"}) == {
        "relatedParty": [
            {"role": "agent", "name": "Moses Frase", "id": "moses-frase"},
            {"role": "customer", "name": "Cancity"},
        ],
        "note": [{"text": "hello", "author": "import"}],
        "characteristic": [{"name": "page views / visit", "value": "Moses Frase"}],
    }


def test_an_object_that_columns_feed_vanishes_with_them() -> None:
    """Constants alone do not keep a customer without a name; an object of constants only stays."""
    rule = (
        'name = "No"\n"relatedParty[role=customer].name" = "C"\n'
        '"estimatedRevenue.value" = { column = "V", number = true }\n'
        '"estimatedRevenue.unit" = { constant = "USD" }\n"channel.id" = { constant = "import" }'
    )
    assert document(rule, {"C": "", "V": ""}) == {"name": "1", "channel": {"id": "import"}}


def test_absent_words_hold_for_every_column() -> None:
    """`Select` means that nothing was chosen."""
    rule = 'name = "No"\nrating = "R"'
    assert document(rule, {"R": "Select"}, top='absent = ["Select"]') == {"name": "1"}


def test_the_state_comes_with_its_dates() -> None:
    """[state] fills status, creationDate and statusChangeDate; the first filled date column counts."""
    state = (
        '[state]\ncolumn = "S"\ncreated = "E"\nchanged = ["C", "E"]\ndate = "%m/%d/%Y"\n'
        'values = { Won = "accepted", Engaging = "inProgress" }'
    )
    row = {"S": "Engaging", "E": "11/3/2016", "C": ""}
    assert document('name = "No"', row, state=state) == {
        "name": "1",
        "status": "inProgress",
        "creationDate": "2016-11-03T00:00:00.000Z",
        "statusChangeDate": "2016-11-03T00:00:00.000Z",
    }
    assert document('name = "No"', {}, state='[state]\nconstant = "pending"')["status"] == "pending"


def test_columns_not_named_can_be_kept() -> None:
    """`rest` collects what the mapping neither reads nor ignores, behind what it names there itself."""
    rule = 'name = "No"\n"characteristic[name=visits].value" = { column = "V", number = true }'
    top = 'rest = "characteristic"\nignore = ["I"]\nabsent = ["Select"]'
    row = {"V": "3", "I": "x", "City": " Mumbai ", "Empty": "", "Asked": "Select", "refused line": "7"}
    assert document(rule, row, top=top)["characteristic"] == [
        {"name": "visits", "value": Decimal(3)},
        {"name": "City", "value": "Mumbai"},
    ]
    assert document('name = "No"', {"City": "x"}, top=top)["characteristic"] == [{"name": "City", "value": "x"}]
    assert "characteristic" not in document('name = "No"', {}, top=top)


@pytest.mark.parametrize(
    ("attributes", "row", "sentence"),
    [
        ('name = { column = "D", date = "%m/%d/%Y" }', {"D": "13/45/2017"},
         "Column 'D': '13/45/2017' is not a date from 1900 on that is written like 12/31/2026."),
        ('name = { column = "D", date = "iso" }', {"D": "yesterday"},
         "Column 'D': 'yesterday' is not a date from 1900 on that is written like 2026-12-31T13:45:00Z."),
        ('name = { column = "D", date = "%d.%m.%Y" }', {"D": "01.02.0203"},
         "Column 'D': '01.02.0203' is not a date from 1900 on that is written like 31.12.2026."),
        ('name = { column = "V", number = { decimal = ",", group = "." } }', {"V": "1.23,4"},
         "Column 'V': '1.23,4' is not a number written like 1.234,56."),
        ('name = { column = "V", number = true }', {"V": "9" * 39},
         f"Column 'V': '{'9' * 39}' is a number of more than 38 characters."),
        ('name = { column = "R", values = { a = "b" }, otherwise = "refuse" }', {"R": "x" * 70},
         f"Column 'R': '{'x' * 60}…' is none of the values in the mapping: 'a'."),
        ('name = { column = "R", slug = true }', {"R": "東京"},
         "Column 'R': '東京' has no letter or digit that an identifier could be made of."),
        ('name = { template = "{A}.{B}", date = "%d.%m" }', {"A": "1", "B": "x"},
         "Column 'A' and 'B': '1.x' is not a date from 1900 on that is written like 31.12."),
    ],
)  # fmt: skip
def test_a_refusal_names_column_and_value(attributes: str, row: dict[str, str], sentence: str) -> None:
    """The sentence says where, what, and how it should have been."""
    assert reasons(attributes, row) == (sentence,)


def test_all_reasons_are_told_at_once() -> None:
    """Whoever mends a row wants to mend it once."""
    rule = 'name = { column = "V", number = true }\nx = { column = "D", date = "iso" }'
    found = apply(mapping(rule), {"No": " ", "V": "x", "D": "y"}, 9)
    assert isinstance(found, Refusal)
    assert len(found.reasons) == 3
    assert found.reasons[0] == "Column 'No' is empty on line 9; it is part of the key that tells rows apart."


def test_a_row_without_any_value_is_refused() -> None:
    """A document of nothing is no document."""
    assert reasons('name = "N"', {"N": ""}) == ("Line 2 has no value in any of the columns that the mapping reads.",)


def test_the_key_may_be_several_columns() -> None:
    """Their values are joined so that no two pairs become one key."""
    told = parse('source = "s"\nresource = "r"\nkey = ["A", "B"]\n[attributes]\nname = "A"')
    keys = set()
    for first, second in (("a|b", "c"), ("a", "b|c"), ("a\\", "b|c"), ("a", "b")):
        found = apply(told, {"A": first, "B": second}, 2)
        assert isinstance(found, Mapped)
        keys.add(found.key)
    assert len(keys) == 4
    assert "a|b" in keys


def test_a_mapping_knows_its_table() -> None:
    """It says which columns it misses, and whether the table is the one it was written for."""
    told = mapping('name = "N"\nx = { column = "X", skip_if = { S = "1" } }', top='columns = ["No", "N", "X", "S"]')
    assert missing(told, ("No", "N")) == ("S", "X")
    assert matches(told, ("S", "X", "N", "No"))
    assert not matches(told, ("S", "X", "N"))
    assert not matches(mapping('name = "N"'), ())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("key = ", "The mapping is not TOML"),
        ('colour = "red"', "the mapping does not take 'colour'"),
        ('source = "s"', "names no 'key'"),
        ('key = "K"', "has no [attributes]"),
        ("key = 3", "'key': give a text or a list of texts."),
        ('key = "K"\n[attributes]\nname = "N"', "names no 'source'"),
        (HEAD + 'timezone = "Mars/Olympus"\n[attributes]\nname = "N"', "timezone: 'Mars/Olympus' is not known"),
        (HEAD + "[attributes]\nname = 3", "'name': give the name of a column"),
        (HEAD + '[attributes]\nchannel.name = "N"', 'Put a dotted path in quotes: "channel.name"'),
        (HEAD + '[attributes]\nname = { column = "N", constant = "c" }', "one of column, constant and template"),
        (HEAD + '[attributes]\nname = { column = "N", colour = "c" }', "'name' does not take 'colour'"),
        (HEAD + '[attributes]\nname = { constant = "N", slug = true }', "a constant stands alone"),
        (HEAD + "[attributes]\nname = { constant = [] }", "is not a text, number or boolean"),
        (HEAD + '[attributes]\nname = { template = "plain" }', "no column is named"),
        (HEAD + "[attributes]\nname = { column = [] }", "no column is named"),
        (HEAD + '[attributes]\nname = { column = "N", values = 3 }', "values is a table"),
        (HEAD + '[attributes]\nname = { column = "N", otherwise = "die" }', 'otherwise is "keep" or "refuse"'),
        (HEAD + '[attributes]\nname = { column = "N", slug = true, number = true }', "not two of them"),
        (HEAD + '[attributes]\nname = { column = "N", number = { decimal = "x" } }', "number is true, or marks"),
        (HEAD + '[attributes]\nname = { column = "N", number = { decimal = ",", group = "," } }', "number is true"),
        (HEAD + '[attributes]\nname = { column = "N", skip_if = "x" }', "skip_if is a table"),
        (HEAD + '[attributes]\nname = "N"\n"name.x" = "N"', "uses a name once as a value or object"),
        (HEAD + '[attributes]\n"name[0].y" = "N"\nname = "N"', "is given twice, or is both"),
        (HEAD + '[attributes]\n"name.y" = "N"\n"name[0].z" = "N"', "uses a name once as a value or object"),
        (HEAD + '[attributes]\n"note[0]" = "N"', "ends in an element"),
        (HEAD + '[attributes]\n"note..text" = "N"', "position 6: a name was expected"),
        (HEAD + '[attributes]\n"note[x].text" = "N"', "position 5: '.' or '[' was expected"),
        (HEAD + 'rest = "a.b"\n[attributes]\nname = "N"', "rest is the name of one attribute"),
        (HEAD + 'rest = "name"\n[attributes]\nname = "N"', "rest: 'name' is no array"),
        (HEAD + 'state = 3\n[attributes]\nname = "N"', "[state] is a table"),
        (HEAD + '[attributes]\nname = "N"\n[state]\ncolour = 1', "[state] does not take 'colour'"),
        (HEAD + '[attributes]\nname = "N"\n[state]\ncolumn = "S"\nvalues = { Won = "won" }', "'won' is no state"),
        (HEAD + '[attributes]\nname = "N"\n[state]\nconstant = "won"', "'won' is no state"),
    ],
)  # fmt: skip
def test_a_mapping_that_cannot_be_used_says_why(text: str, sentence: str) -> None:
    """Every fault of a mapping file ends in a sentence, before any row is read."""
    with pytest.raises(BadMapping) as raised:
        parse(text)
    assert sentence in str(raised.value)
