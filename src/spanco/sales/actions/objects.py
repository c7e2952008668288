"""Reading JSON lines: objects laid flat as the rows of a table, or taken whole as documents."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from spanco.kernel.errors import Problem
from spanco.kernel.wire import Json, decode, encode
from spanco.sales.actions.tables import MOST_COLUMNS, RECORD_LIMIT, Table, UnreadableTable

WHOLE = "document"
"""The one column of a file whose lines are documents."""
_DEPTH = 6


def open_documents(path: Path) -> Table:
    """Each line as it stands, in one column."""
    file = path.open("rb")
    return Table(path, (WHOLE,), "utf-8", "", path.stat().st_size, _Whole(file), file.tell, file.close)


def open_objects(path: Path) -> Table:
    """Each line as a row: the names of the attributes, joined by dots, are the columns. Raises UnreadableTable."""
    with path.open("rb") as file:
        header = _names(file)
    file = path.open("rb")
    return Table(path, header, "utf-8", "", path.stat().st_size, _Flat(file, header), file.tell, file.close)


def _names(file: IO[bytes]) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for _, text in _lines(file):
        found, _ = _object(text)
        if found is not None:
            names |= dict.fromkeys(flat(found))
        if len(names) > MOST_COLUMNS:
            raise UnreadableTable(f"The objects have more than {MOST_COLUMNS:,} attributes in all.")
    if not names:
        raise UnreadableTable("No line of the file holds a JSON object.")
    return tuple(names)


class _Whole:
    """Lines as records of one cell."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def __iter__(self) -> Iterator[tuple[int, list[str], str]]:
        for line, text in _lines(self._file):
            found, fault = _object(text)
            yield line, [_shown(text)] if found is None else [encode(found).decode()], fault


class _Flat:
    """Objects as records as wide as the header."""

    def __init__(self, file: IO[bytes], header: tuple[str, ...]) -> None:
        self._file, self._header = file, header

    def __iter__(self) -> Iterator[tuple[int, list[str], str]]:
        for line, text in _lines(self._file):
            found, fault = _object(text)
            if found is None:
                yield line, [_shown(text)], fault
            else:
                cells = flat(found)
                yield line, [cells.get(name, "") for name in self._header], ""


def flat(value: Mapping[str, Json], above: str = "", depth: int = 0) -> dict[str, str]:
    """An object as texts by path; what is nested too deeply, and arrays, as JSON."""
    cells: dict[str, str] = {}
    for name, each in value.items():
        path = f"{above}.{name}" if above else name
        if isinstance(each, dict) and depth < _DEPTH:
            cells |= flat(each, path, depth + 1)
        elif isinstance(each, str):
            cells[path] = each
        elif each is not None:
            cells[path] = encode(each).decode()
    return cells


def _lines(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    line = 0
    while text := file.readline(RECORD_LIMIT + 1):
        line += 1
        while len(text) > RECORD_LIMIT and not text.endswith(b"\n"):
            text = text[:RECORD_LIMIT] + (file.readline(RECORD_LIMIT + 1) or b"\n")[-1:]
        if text.strip():
            yield line, text


def _object(text: bytes) -> tuple[dict[str, Json] | None, str]:
    """The object on a line, or what is wrong with it."""
    if len(text) > RECORD_LIMIT:
        return None, f"The line is longer than {RECORD_LIMIT:,} bytes."
    try:
        found = decode(text)
    except Problem as error:
        return None, f"The line is not JSON: {error}"
    return (found, "") if isinstance(found, dict) else (None, "The line holds no JSON object.")


def _shown(text: bytes) -> str:
    return text[:RECORD_LIMIT].decode("utf-8", "replace").rstrip("\r\n")
