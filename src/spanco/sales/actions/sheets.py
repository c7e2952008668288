"""Reading a spreadsheet: measured before it is opened, since a small file may unfold into more than a machine holds."""

import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, NoReturn, TypeVar
from xml.parsers import expat
from xml.parsers.expat import ExpatError

import python_calamine

from spanco.sales.actions.tables import MOST_COLUMNS, Table, UnreadableTable, header_of

MOST_BYTES = 400_000_000
MOST_CELLS = 5_000_000
MOST_MEMBERS = 10_000
MOST_RATIO = 300

_SMALL = 1_000_000
_CHUNK = 1 << 18
_LOCAL_HEADER = 30
_PLACE = re.compile(r"([A-Za-z]{0,3})0*([0-9]{1,7})")
_MOST_UNREAD = 4_000_000
_SHEET = b"sheetData"
_ALPHABET = 26
_BOMB = "The spreadsheet unfolds into more than this server reads"


def check(path: Path) -> None:
    """Raise UnreadableTable for what is no spreadsheet or unfolds too far: by its directory first, then by its content.

    A directory may lie, so that what it says of each member is compared with what the member holds.
    """
    try:
        with zipfile.ZipFile(path) as archive, path.open("rb") as file:
            members = archive.infolist()
            check_members(members)
            for member in members:
                # Which parts are sheets stands in the workbook, so that any may be one.
                name = member.filename.lower()
                may_be = name.startswith("xl/") and name.endswith(".xml")
                (_measure if may_be else _check_no_sheet)(_unfolded(file, member))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError, ExpatError) as error:
        raise UnreadableTable("The file is no spreadsheet that can be read; save it as .xlsx once more.") from error


def check_members(members: list[zipfile.ZipInfo]) -> None:
    """Raise UnreadableTable for a directory that tells of too much."""
    if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > MOST_BYTES:
        raise UnreadableTable(f"{_BOMB}: {MOST_BYTES // 1_000_000} MB at most. Save it as CSV.")
    for member in members:
        if member.file_size > _SMALL and member.file_size > MOST_RATIO * max(member.compress_size, 1):
            raise UnreadableTable(f"{_BOMB}: a part of it grows more than {MOST_RATIO} times. Save it as CSV.")


def _unfolded(file: IO[bytes], member: zipfile.ZipInfo) -> Iterator[bytes]:
    """What a member holds, as far as its directory said; ValueError when there is more."""
    file.seek(member.header_offset)
    head = file.read(_LOCAL_HEADER)
    file.seek(int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little"), 1)
    left, size = member.compress_size, 0
    if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} or member.flag_bits & 1:
        raise ValueError("a compression or a password that is not read here")
    unpack = zlib.decompressobj(-zlib.MAX_WBITS) if member.compress_type == zipfile.ZIP_DEFLATED else None
    while left:
        chunk = file.read(min(_CHUNK, left))
        if not chunk:
            raise EOFError
        left -= len(chunk)
        while chunk:
            found = unpack.decompress(chunk, _CHUNK) if unpack else chunk
            chunk = unpack.unconsumed_tail if unpack else b""
            size += len(found)
            if size > member.file_size:
                raise ValueError("more than the directory says")
            yield found


@dataclass(slots=True)
class _Extent:
    """How far the cells of a sheet reach, as a reader counts them that lays out every cell between them."""

    row: int = 0
    column: int = 0
    rows: int = 0
    columns: int = 0

    def take(self, name: str, attributes: Mapping[str, str]) -> None:
        """One element: a row or a cell; where it does not say its place, it comes after the one before."""
        name = name.rpartition(":")[2]
        if name not in {"row", "c"}:
            return
        letters, row = _place(attributes.get("r", ""))
        if name == "row":
            self.row = row or self.row + 1
            self.column = 0
        else:
            self.column = _number(letters) if letters else self.column + 1
            self.row = row if letters and row else self.row
            self.columns = max(self.columns, self.column)
        self.rows = max(self.rows, self.row)
        if self.columns > MOST_COLUMNS:
            raise UnreadableTable(f"The sheet has more than {MOST_COLUMNS:,} columns; remove what stands far outside.")
        if self.rows * self.columns > MOST_CELLS:
            raise UnreadableTable(f"{_BOMB}: {MOST_CELLS:,} cells at most. Save it as CSV.")


def _measure(content: Iterator[bytes]) -> None:
    """Take the extent of a part that may be a sheet. It is parsed: whatever this parser refuses is never opened.

    Raises ValueError and ExpatError for what no spreadsheet program writes.
    """
    extent, parser, size = _Extent(), expat.ParserCreate("UTF-8"), 0
    parser.StartElementHandler = extent.take
    parser.StartDoctypeDeclHandler = _refuse_types
    for chunk in content:
        size += len(chunk)
        parser.Parse(chunk)
        if size - parser.CurrentByteIndex > _MOST_UNREAD:
            raise ValueError("a mark without an end")
    parser.Parse(b"", True)  # noqa: FBT003 - positional only: the end


def _refuse_types(*_: object) -> NoReturn:
    raise ValueError("declarations of types and entities are not read here")


def _check_no_sheet(content: Iterator[bytes]) -> None:
    """Raise ValueError for a part that may be a sheet and is not called one."""
    rest = b""
    for chunk in content:
        if _SHEET in rest + chunk:
            raise ValueError("a sheet in a part that is not XML")
        rest = (rest + chunk)[-len(_SHEET) :]


def _place(text: str) -> tuple[str, int]:
    """The letters of a column and the number of a row; ValueError where it is not written as a place."""
    if not text:
        return "", 0
    found = _PLACE.fullmatch(text)
    if found is None:
        raise ValueError("no place of a cell")
    return found[1].upper(), int(found[2])


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * _ALPHABET + ord(letter) - 64
    return number


Read = TypeVar("Read")


def open_sheet(path: Path, name: str = "") -> Table:
    """The table on a sheet, the first one where no name is given. Raises UnreadableTable."""
    check(path)
    book = _read(lambda: python_calamine.load_workbook(str(path)))
    names = book.sheet_names
    if not names or (name and name not in names):
        raise UnreadableTable(f"The spreadsheet has no sheet '{name}'; it has: {', '.join(map(repr, names))}.")
    rows = _read(lambda: book.get_sheet_by_name(name or names[0]).iter_rows())
    size, records = path.stat().st_size, _Records(rows)
    return Table(path, header_of(records), "", "", size, records, lambda: size, book.close)


class _Records:
    """The rows of a sheet as records: blank ones are none, their line is the row of the sheet."""

    def __init__(self, rows: Iterable[Sequence[object]]) -> None:
        self._rows = enumerate(rows, start=1)

    def __iter__(self) -> Iterator[tuple[int, list[str], str]]:
        for line, row in self._rows:
            cells = [_text(cell) for cell in row]
            if any(cells):
                yield line, cells, ""


def _read(act: Callable[[], Read]) -> Read:
    try:
        return act()
    except python_calamine.CalamineError as error:
        raise UnreadableTable(f"The spreadsheet cannot be read: {error}.") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # what its reader raises where it gives up
            raise
        raise UnreadableTable("The spreadsheet cannot be read; save it as CSV.") from error


def _text(cell: object) -> str:
    match cell:
        case bool():
            return "true" if cell else "false"
        case float():
            return str(int(cell)) if cell.is_integer() else repr(cell)
        case datetime() | date():
            return cell.isoformat()
        case _:
            return str(cell)
