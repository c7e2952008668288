"""The file of rows that stayed outside: line, reasons, cells; no spreadsheet computes them, mended they come in."""

import csv
import io
from collections.abc import AsyncIterator, Iterator, Sequence

from spanco.sales.actions.tables import escaped
from spanco.sales.rules.mapping import REFUSED_COLUMNS
from spanco.store import jobs
from spanco.store.database import Database
from spanco.store.jobs import Fault

_AT_ONCE = 1000
_MARK = "\ufeff"


async def errors_of(database: Database, place: tuple[str, str, int], header: Sequence[str]) -> AsyncIterator[bytes]:
    """The file, some rows at a time; no connection is held between them."""
    own = len(REFUSED_COLUMNS) if tuple(header[: len(REFUSED_COLUMNS)]) == REFUSED_COLUMNS else 0
    yield (_MARK + _table([[*REFUSED_COLUMNS, *map(escaped, header[own:])]])).encode()
    last = -1
    while True:
        async with database.connected() as connection:
            found = await jobs.faults(connection, place, last, _AT_ONCE)
        if not found:
            return
        yield _table(_rows(found, own)).encode()
        last = found[-1].line


def _rows(faults: Sequence[Fault], own: int) -> Iterator[list[str]]:
    for fault in faults:
        yield [str(fault.line), escaped(fault.reason), *map(escaped, fault.cells[own:])]


def _table(rows: Sequence[Sequence[str]] | Iterator[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
