"""Reading a CSV file as it comes: encoding and delimiter found out, every faulty row told, in constant memory."""

import codecs
import csv
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TextIO

import charset_normalizer

from spanco.sales.rules.mapping import REFUSED_COLUMNS

RECORD_LIMIT = 1_000_000
MOST_COLUMNS = 1000
FORMULA = ("=", "+", "-", "@", "\t", "\r")

_DELIMITERS = (",", ";", "\t", "|")
_CHUNK = 1 << 20
_SAMPLE = 1 << 16
_SAMPLE_ROWS = 50
_NUL_SHARE = 0.2
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LIKELY = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp932", "gb18030", "big5", "euc_kr"]


class UnreadableTable(Exception):
    """The file cannot be read as a table."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row as wide as the header; `line` is where it begins in the file, counted from 1."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that is not one of the table, with its cells as far as they could be read."""

    line: int
    cells: tuple[str, ...]
    reason: str


class Records:
    """The records of a file: line, cells, and what is wrong with them. A quote that is never closed costs one line."""

    def __init__(self, file: TextIO, delimiter: str) -> None:
        self._file = file
        self._delimiter = delimiter
        self._again: deque[str] = deque()
        self._taken: list[str] = []
        self._taken_size = 0
        self._ended = False
        self._line = 1

    def __iter__(self) -> Iterator[tuple[int, list[str], str]]:
        while True:
            try:
                yield from self._whole()
            except csv.Error as error:
                yield self._recovered(self._said(error))
            else:
                return

    def _whole(self) -> Iterator[tuple[int, list[str], str]]:
        """Records up to the first that cannot be read."""
        self._begin()
        for cells in csv.reader(self._lines(), delimiter=self._delimiter, strict=True):
            line, self._line = self._line, self._line + len(self._taken)
            self._begin()
            yield line, cells, ""

    def _begin(self) -> None:
        self._taken, self._taken_size, self._ended = [], 0, False

    def _lines(self) -> Iterator[str]:
        """Physical lines, those to be read again first; more than one record may hold is an error of the record."""
        while line := self._again.popleft() if self._again else self._file.readline(RECORD_LIMIT + 1):
            self._taken.append(line)
            self._taken_size += len(line)
            if self._taken_size > RECORD_LIMIT:
                raise csv.Error(f"it is longer than {RECORD_LIMIT:,} characters, or a quote in it is never closed")
            yield line
        self._ended = True

    def _recovered(self, reason: str) -> tuple[int, list[str], str]:
        """The first line of the faulty record, given up; the lines behind it are read again."""
        first, *rest = self._taken
        self._again.extendleft(reversed(rest))
        while not first.endswith(("\n", "\r")) and len(first) > RECORD_LIMIT:
            first = self._file.readline(RECORD_LIMIT + 1) or "\n"
        line, self._line = self._line, self._line + 1
        return line, [self._taken[0].rstrip("\r\n")], reason

    def _said(self, error: csv.Error) -> str:
        if self._ended:
            return "A quote is opened in this row and never closed."
        if "expected after" in str(error):
            return "A quote in this row is never closed, or stands undoubled inside a quoted cell."
        return f"The row cannot be read: {error}."


@dataclass(frozen=True, slots=True)
class Table:
    """A file whose columns are known; `rows` reads on from there, once. `delimiter` is empty where there is none."""

    path: Path
    header: tuple[str, ...]
    encoding: str
    delimiter: str
    size: int
    records: Iterable[tuple[int, list[str], str]]
    told: Callable[[], int]
    release: Callable[[], None]

    @property
    def position(self) -> int:
        """How many bytes have been read."""
        return self.told()

    def rows(self) -> Iterator[Row | Broken]:
        """Every row below the header; blank lines are none."""
        ours = self.header[: len(REFUSED_COLUMNS)] == REFUSED_COLUMNS
        for line, cells, fault in self.records:
            if cells or fault:
                yield self._row(line, [unescaped(cell) for cell in cells] if ours else cells, fault)

    def _row(self, line: int, cells: list[str], fault: str) -> Row | Broken:
        if not fault and len(cells) != len(self.header):
            fault = f"The row has {len(cells)} cells, the header has {len(self.header)}."
        if not fault and "\0" in "".join(cells):
            fault = "The row holds a NUL byte."
        if fault:
            return Broken(line, tuple(cells), fault)
        return Row(line, dict(zip(self.header, cells, strict=True)))

    def close(self) -> None:
        """Let go of the file."""
        self.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def open_table(path: Path, *, encoding: str | None = None, delimiter: str | None = None) -> Table:
    """The table in a file; raises UnreadableTable with a sentence that says what to do."""
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise UnreadableTable(f"'{path}' is not a file.")
        if size == 0:
            raise UnreadableTable(f"'{path}' is empty.")
        found = encoding_of(path, encoding)
        mark = delimiter or delimiter_of(path, found)
        file: TextIO = path.open(encoding=found, newline="")
    except OSError as error:
        raise UnreadableTable(f"'{path}' cannot be read: {error.strerror or error}.") from error
    csv.field_size_limit(RECORD_LIMIT)
    try:
        records = Records(file, mark)
        header = header_of(records)
        return Table(path, header, found, mark, size, records, file.buffer.tell, file.close)
    except BaseException:
        file.close()
        raise


def encoding_of(path: Path, wanted: str | None = None) -> str:
    """The encoding in which the whole file can be read: the one wanted, else by its mark, UTF-8, or a guess."""
    if wanted is not None:
        try:
            codecs.lookup(wanted)
        except LookupError as error:
            raise UnreadableTable(f"'{wanted}' is no encoding; write for example utf-8 or cp1252.") from error
        fault = _fault(path, wanted)
        if fault is not None:
            raise UnreadableTable(f"'{path}' is not {wanted}: byte {fault + 1} cannot be read. Leave --encoding out.")
        return wanted
    with path.open("rb") as file:
        head = file.read(_SAMPLE)
    for mark, name in _BOMS:
        if head.startswith(mark):
            return encoding_of(path, name)
    if head.count(0) > len(head) * _NUL_SHARE:
        return encoding_of(path, "utf-16-le" if head[1:2] == b"\0" else "utf-16-be")
    fault = _fault(path, "utf-8")
    return "utf-8" if fault is None else _guess(path, fault)


def delimiter_of(path: Path, encoding: str) -> str:
    """The delimiter that cuts the first rows into the most cells of one width."""
    with path.open(encoding=encoding, newline="") as file:
        lines = [file.readline(_SAMPLE) for _ in range(_SAMPLE_ROWS)]
    return max(_DELIMITERS, key=lambda mark: _regularity(lines, mark))


def escaped(cell: str) -> str:
    """The cell so that no spreadsheet takes it for a formula."""
    return f"'{cell}" if cell.startswith((*FORMULA, "'")) else cell


def unescaped(cell: str) -> str:
    """The cell that was escaped."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith((*FORMULA, "'")) else cell


def header_of(records: Iterable[tuple[int, list[str], str]]) -> tuple[str, ...]:
    """The names of the columns: the first record. Raises UnreadableTable where they cannot tell columns apart."""
    for _, cells, reason in records:
        if reason:
            raise UnreadableTable(f"The header cannot be read. {reason}")
        if cells:
            header = tuple(cell.strip() for cell in cells)
            if header[: len(REFUSED_COLUMNS)] == REFUSED_COLUMNS:
                header = tuple(map(unescaped, header))
            break
    else:
        raise UnreadableTable("The file has no header: its first line must name the columns.")
    if len(header) > MOST_COLUMNS:
        raise UnreadableTable(f"The file has {len(header):,} columns; at most {MOST_COLUMNS:,} are read.")
    empty = [str(number) for number, name in enumerate(header, start=1) if not name]
    if empty:
        raise UnreadableTable(f"Column {', '.join(empty)} of the header has no name; give it one or remove it.")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise UnreadableTable(f"The header names '{twice[0]}' more than once; rename or remove one of the columns.")
    return header


def _regularity(lines: list[str], delimiter: str) -> tuple[int, int]:
    try:
        widths = [len(cells) for cells in csv.reader(lines, delimiter=delimiter) if cells]
    except csv.Error:
        return 0, 0
    if not widths or widths[0] == 1:
        return 0, 0
    return sum(width == widths[0] for width in widths), widths[0]


def _fault(path: Path, encoding: str) -> int | None:
    """Where the file stops being readable in an encoding; None when it never does."""
    decoder = codecs.getincrementaldecoder(encoding)()
    read = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            try:
                decoder.decode(chunk)
            except UnicodeError as error:
                return read + (error.start if isinstance(error, UnicodeDecodeError) else 0)
            read += len(chunk)
    try:
        decoder.decode(b"", final=True)
    except UnicodeError:
        return read - 1
    return None


def _guess(path: Path, fault: int) -> str:
    """What charset-normalizer takes the surroundings of the fault for, if the whole file can be read so."""
    with path.open("rb") as file:
        sample = file.readline(_SAMPLE)
        file.seek(max(0, fault - _SAMPLE // 2))
        sample += file.read(_SAMPLE)
    results = charset_normalizer.from_bytes(sample, cp_isolation=_LIKELY)
    for best in sorted(results, key=lambda each: (each.chaos, -each.coherence, _LIKELY.index(each.encoding))):
        for name in sorted(best.could_be_from_charset, key=_LIKELY.index):
            if _fault(path, name) is None:
                return name
    raise UnreadableTable(f"The encoding of '{path}' cannot be told (byte {fault + 1} is not UTF-8); give --encoding.")
