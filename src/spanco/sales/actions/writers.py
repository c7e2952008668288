"""Ways to write resources into a file, piece by piece: a table, one document per line, or columns."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol

from spanco.kernel.wire import Document, Json, encode
from spanco.sales.rules.flattening import flattened, harmless

CSV, LINES, PARQUET = "text/csv", "application/x-ndjson", "application/vnd.apache.parquet"
ENDINGS: Mapping[str, str] = {CSV: "csv", LINES: "jsonl", PARQUET: "parquet"}
GROUP = 5_000
"""Resources in one row group of a Parquet file, all of which are in memory while it is written."""


class Writer(Protocol):
    """Takes documents and gives bytes."""

    def take(self, document: Document) -> bytes: ...

    def end(self) -> bytes: ...


def is_possible(media: str) -> bool:
    """Whether the library is there that such a file needs."""
    return media != PARQUET or find_spec("pyarrow") is not None


def writer(media: str, columns: Sequence[str]) -> Writer:
    """The writer of a media type; `columns` are those that occur, where a file needs to know before."""
    if media == LINES:
        return _Lines()
    return _Table(columns) if media == CSV else _Columns(columns)


class _Lines:
    """One document per line."""

    def take(self, document: Document) -> bytes:
        return encode(document) + b"\n"

    def end(self) -> bytes:
        return b""


class _Table:
    """Comma-separated values in UTF-8 with a mark, as spreadsheets like them; texts that they would compute escaped."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns
        self._text = io.StringIO()
        self._csv = csv.writer(self._text)
        self._text.write("\ufeff")
        self._csv.writerow(map(harmless, columns))

    def take(self, document: Document) -> bytes:
        cells = flattened(document)
        self._csv.writerow(_shown(cells.get(name)) for name in self._columns)
        return self._written()

    def end(self) -> bytes:
        return self._written()

    def _written(self) -> bytes:
        text = self._text.getvalue()
        self._text.seek(0)
        self._text.truncate()
        return text.encode("utf-8", "replace")


class _Columns:
    """Parquet by row groups; every column is a text, so that no amount of money passes through a binary number."""

    def __init__(self, columns: Sequence[str]) -> None:
        # Loaded when the first such file is written: it is optional, and takes more memory than all the rest.
        self._arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
        self._schema = self._arrow.schema([(name, self._arrow.string()) for name in columns])
        self._rows: list[dict[str, Json]] = []
        self._drain = _Drain()
        self._parquet = parquet.ParquetWriter(self._drain, self._schema, compression="zstd")

    def take(self, document: Document) -> bytes:
        self._rows.append(flattened(document))
        return self._group() if len(self._rows) >= GROUP else b""

    def end(self) -> bytes:
        found = self._group() if self._rows else b""
        self._parquet.close()
        return found + self._drain.taken()

    def _group(self) -> bytes:
        arrays = [self._arrow.array(list(self._of(name)), self._arrow.string()) for name in self._schema.names]
        self._parquet.write_table(self._arrow.table(arrays, schema=self._schema), row_group_size=GROUP)
        self._rows = []
        return self._drain.taken()

    def _of(self, name: str) -> Iterator[str | None]:
        for row in self._rows:
            value = row.get(name)
            yield None if value is None else _plain(value)


class _Drain(io.RawIOBase):
    """What is written to it is taken from it."""

    def __init__(self) -> None:
        super().__init__()
        self._parts = bytearray()
        self._written = 0

    def writable(self) -> bool:
        return True

    def write(self, part: object) -> int:
        data = bytes(memoryview(part))  # type: ignore[arg-type]  # whatever holds bytes
        self._parts += data
        self._written += len(data)
        return len(data)

    def tell(self) -> int:
        return self._written

    def taken(self) -> bytes:
        """All that was written since the last time."""
        found = bytes(self._parts)
        self._parts.clear()
        return found


def _shown(value: Json) -> str:
    if value is None:
        return ""
    return harmless(value) if isinstance(value, str) else _plain(value)


def _plain(value: Json) -> str:
    return value if isinstance(value, str) else encode(value).decode()
