"""CSV files as they come: odd encodings, delimiters and quotes, and never a row lost without a word."""

import tracemalloc
from pathlib import Path

import pytest

from spanco.sales.actions.tables import (
    RECORD_LIMIT,
    Broken,
    Row,
    UnreadableTable,
    delimiter_of,
    encoding_of,
    escaped,
    open_table,
    unescaped,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file of a test stands."""
    return tmp_path / "leads.csv"


def read(path: Path, text: str | bytes, **options: str) -> list[Row | Broken]:
    """All rows of a file with this content."""
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with open_table(path, **options) as table:
        return list(table.rows())


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "name,city\nJosé,Łódź\n"),
        ("utf-8-sig", "name,city\nJosé,Łódź\n"),
        ("utf-16", "name,city\nJosé,Łódź\n"),
        ("utf-16-le", "name,city\nJose,Lodz\n"),
        ("utf-16-be", "name,city\nJose,Lodz\n"),
        ("utf-32", "name,city\nJosé,Łódź\n"),
        ("cp1252", "name,city\n" + "François Lefèvre,Besançon\nJörg Müller,Köln\n" * 20),
        ("cp1251", "name,city\n" + "Борис Годунов,Казань и Москва\n" * 20),
        ("cp932", "name,city\n" + "株式会社データ,東京都新宿区\n" * 20),
    ],
)
def test_the_encoding_is_found_out(path: Path, encoding: str, text: str) -> None:
    """By its mark, by being UTF-8, by its zero bytes, or by how plausible the letters are."""
    first = text.splitlines()[1].split(",")
    found = read(path, text.encode(encoding))[0]
    assert isinstance(found, Row)
    assert list(found.cells.values()) == first


def test_a_byte_that_is_no_utf8_far_behind_is_seen_before_the_first_row(path: Path) -> None:
    """The whole file is looked at, not only its beginning: half an import in the wrong letters helps nobody."""
    path.write_bytes(b"name\n" + b"plain\n" * 400_000 + "Crêpe à la façon du café, très élégant\n".encode("cp1252"))
    assert encoding_of(path) == "cp1252"


def test_an_encoding_that_does_not_fit_is_refused(path: Path) -> None:
    """The sentence names the byte; a name that is no encoding is refused as well."""
    path.write_bytes("näme\nx\n".encode("cp1252"))
    with pytest.raises(UnreadableTable, match=r"is not utf-8: byte 2 cannot be read"):
        open_table(path, encoding="utf-8")
    with pytest.raises(UnreadableTable, match="'klingon' is no encoding"):
        open_table(path, encoding="klingon")
    path.write_bytes("name".encode("utf-16-le") + b"\x00")
    with pytest.raises(UnreadableTable, match="is not utf-16-le: byte 9"):
        open_table(path, encoding="utf-16-le")
    assert read(path, "name\nä\n".encode("cp1252"), encoding="cp1252") == [Row(2, {"name": "ä"})]


def test_an_encoding_that_cannot_be_told_is_asked_for(path: Path) -> None:
    """Bytes of no writing."""
    path.write_bytes(bytes(range(128, 256)) * 40 + b"\x81\x8d\x8f\x90\x9d\xff\xfe\x80\n" * 20)
    with pytest.raises(UnreadableTable, match="give --encoding"):
        open_table(path)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(path: Path, delimiter: str) -> None:
    """The one that cuts the rows into equally many cells, even where others stand inside cells."""
    path.write_text(delimiter.join(["a", "b", "c"]) + "\n" + delimiter.join(['"x, y; z|\t"', "1", "2"]) + "\n")
    assert delimiter_of(path, "utf-8") == delimiter


def test_one_column_needs_no_delimiter(path: Path) -> None:
    """A list of names is a table too; so is one whose quotes leave no rows to count."""
    assert read(path, "name\nAnn\n") == [Row(2, {"name": "Ann"})]
    assert delimiter_of(path, "utf-8") == ","
    path.write_text('"' + "x" * 2 * RECORD_LIMIT)
    assert delimiter_of(path, "utf-8") == ","


def test_a_given_delimiter_is_taken(path: Path) -> None:
    """Whoever names it is right."""
    assert read(path, "a:b\n1:2\n", delimiter=":") == [Row(2, {"a": "1", "b": "2"})]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty"),
        ("\n\n", "has no header"),
        ("a,,b,\n", "Column 2, 4 of the header has no name"),
        ("a,b,a\n", "names 'a' more than once"),
        ('"a,b\n', "The header cannot be read. A quote is opened"),
    ],
)
def test_a_header_that_names_nothing_is_refused(path: Path, text: str, sentence: str) -> None:
    """Without names for its columns a table cannot be mapped."""
    with pytest.raises(UnreadableTable) as raised:
        read(path, text)
    assert sentence in str(raised.value)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """A folder, and a file that is not there."""
    with pytest.raises(UnreadableTable, match="is not a file"):
        open_table(tmp_path)
    with pytest.raises(UnreadableTable, match="cannot be read: No such file"):
        open_table(tmp_path / "nowhere.csv")


def test_faulty_rows_are_told_and_the_others_read(path: Path) -> None:
    """Too short, too long, with a NUL byte; blank lines are no rows; lines are counted as an editor counts them."""
    assert read(path, 'a,b\n1\n\n1,2,3\n1,\0\n"two\nlines",2\n1,2') == [
        Broken(2, ("1",), "The row has 1 cells, the header has 2."),
        Broken(4, ("1", "2", "3"), "The row has 3 cells, the header has 2."),
        Broken(5, ("1", "\0"), "The row holds a NUL byte."),
        Row(6, {"a": "two\nlines", "b": "2"}),
        Row(8, {"a": "1", "b": "2"}),
    ]


def test_a_quote_that_is_never_closed_costs_one_row(path: Path) -> None:
    """Neither the rest of the file nor the rows up to the next quote are swallowed."""
    undoubled = "A quote in this row is never closed, or stands undoubled inside a quoted cell."
    assert read(path, 'a;b\n1;"open\n2;ok\n3;"fine"\n4;"last\n5;ok\n') == [
        Broken(2, ('1;"open',), undoubled),
        Row(3, {"a": "2", "b": "ok"}),
        Row(4, {"a": "3", "b": "fine"}),
        Broken(5, ('4;"last',), "A quote is opened in this row and never closed."),
        Row(6, {"a": "5", "b": "ok"}),
    ]


def test_a_record_is_bounded(path: Path) -> None:
    """A line of three megabytes and an open quote before a megabyte of rows are each one faulty row."""
    rows = read(path, "a,b\n1," + "x" * 3 * RECORD_LIMIT + "\n2,y\n")
    assert [row.line for row in rows] == [2, 3]
    assert isinstance(rows[0], Broken)
    assert "longer than 1,000,000 characters" in rows[0].reason
    rows = read(path, 'a,b\n1,"x\n' + "2,y\n" * 300_000)
    assert len(rows) == 300_001
    assert [type(row) for row in rows[:2]] == [Broken, Row]
    rows = read(path, "a,b\n1," + "x" * 2 * RECORD_LIMIT)
    assert len(rows) == 1


def test_memory_does_not_grow_with_the_file(path: Path) -> None:
    """Three megabytes are read within two and a half, most of which is the look at the encoding."""
    path.write_text("a,b\n" + "some text,more text\n" * 150_000)
    tracemalloc.start()
    with open_table(path) as table:
        assert sum(1 for _ in table.rows()) == 150_000
        assert table.position == table.size == path.stat().st_size
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_500_000


@pytest.mark.parametrize("cell", ["=1+1", "+49 30", "-5", "@x", "\tx", "\rx", "'=x", "''", "plain", ""])
def test_escaping_can_be_undone(cell: str) -> None:
    """No spreadsheet takes an escaped cell for a formula, and what was escaped comes back as it was."""
    assert not escaped(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unescaped(escaped(cell)) == cell


def test_a_file_of_refused_rows_is_read_as_the_original_was(path: Path) -> None:
    """Its two first columns are ours, so its cells lose the apostrophe that we put before them."""
    text = "refused line,refused because,'=a,b\n7,some reason,'-5,'fine\n"
    assert read(path, text) == [
        Row(2, {"refused line": "7", "refused because": "some reason", "=a": "-5", "b": "'fine"})
    ]
