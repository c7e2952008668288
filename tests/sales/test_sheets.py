"""Spreadsheets are measured before they are opened: what would unfold too far is never laid out."""

import struct
from pathlib import Path

import pytest

from spanco.sales.actions.sheets import check, open_sheet
from spanco.sales.actions.tables import UnreadableTable
from tests.jobs.sheets import book, forged, sheet, with_sheet


def written(path: Path, content: bytes) -> Path:
    """The file of a test."""
    file = path / "book.xlsx"
    file.write_bytes(content)
    return file


def test_a_good_one_is_read(tmp_path: Path) -> None:
    """Whole numbers without a point, yes and no as words."""
    with open_sheet(written(tmp_path, book({"a": [["x", "y"], [1.0, 2.5], ["=z", 3]]}))) as table:
        assert table.header == ("x", "y")
        assert [row.cells for row in table.rows()] == [{"x": "1", "y": "2.5"}, {"x": "=z", "y": "3"}]


@pytest.mark.parametrize("rows", [
    '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="ALL1048576"><v>1</v></c></row>',
    '<row r="1048576"><c r="Z1048576"><v>1</v></c></row><row r="1"><c r="A1"/></row>',
    "<x:row r='1'><x:c r='XFD1'/></x:row>",
    "<row>" + "<c/>" * 1001 + "</row>",
    '<row r="1048575"><c/><c/><c/><c/><c/></row>',
    '<row r="1"><c r="A1"/><c r="az200000"/></row>',
    '<row r="1"><c r="A1"/><c r="AZ0000000200000"/></row>',
    '<row r="1"><c r="A1"/><c x=">" r="AZ200000"/></row>',
    '<row r="1"><c r="A1"/><x-y:c r="AZ200000"/></row>',
    f'<row r="1"><c r="A1"/><c x="{" " * 400_000}" r="AZ200000"/></row>',
])  # fmt: skip
def test_cells_that_lie_far_apart_are_refused(tmp_path: Path, rows: str) -> None:
    """A reader would lay out every cell between them, wherever they say that they are and in whatever spelling."""
    with pytest.raises(UnreadableTable, match=r"cells at most|columns"):
        check(written(tmp_path, with_sheet(sheet(rows))))


def test_a_sheet_is_measured_wherever_it_is(tmp_path: Path) -> None:
    """The workbook says which part is a sheet; a part that is not called XML is none."""
    far = sheet('<row r="1"><c r="A1"/><c r="AZ200000"/></row>')
    with pytest.raises(UnreadableTable, match="cells at most"):
        check(written(tmp_path, forged({"xl/elsewhere/one.XML": far})))
    with pytest.raises(UnreadableTable, match="no spreadsheet that can be read"):
        check(written(tmp_path, forged({"xl/elsewhere/one.bin": far})))


@pytest.mark.parametrize("content", [
    sheet('<row r="1"><c r="A1"></row>'),
    sheet('<row r="1"><c r="A+1"/></row>'),
    sheet(f'<row r="1"><c x="{"y" * 5_000_000}"/></row>'),
    b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
])  # fmt: skip
def test_what_no_program_writes_is_not_opened(tmp_path: Path, content: bytes) -> None:
    """Lest the reader understands it otherwise than whoever measured it."""
    with pytest.raises(UnreadableTable):
        check(written(tmp_path, with_sheet(content)))


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    """Some programs write one."""
    good = sheet('<row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c></row>')
    with open_sheet(written(tmp_path, with_sheet(b"\xef\xbb\xbf" + good))) as table:
        assert table.header == ("x",)


def test_a_directory_that_lies_is_found_out(tmp_path: Path) -> None:
    """It says that a part is small, and the part goes on."""
    good = with_sheet(sheet('<row r="1"><c r="A1"><v>1</v></c></row>' * 100))
    at = good.rindex(b"PK\x01\x02")
    lying = good[: at + 24] + struct.pack("<I", 10) + good[at + 28 :]
    with pytest.raises(UnreadableTable, match="no spreadsheet that can be read"):
        check(written(tmp_path, lying))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no,name\n1,2\n", forged({"hello.txt": b"world"})])
def test_what_is_none_is_said(tmp_path: Path, content: bytes) -> None:
    """As a sentence, never as a crash."""
    with pytest.raises(UnreadableTable):
        open_sheet(written(tmp_path, content))
