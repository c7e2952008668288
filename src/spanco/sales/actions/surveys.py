"""Looking a table over in constant memory: its first rows, and the words of columns that have few."""

from itertools import islice

from spanco.sales.actions.tables import Row, Table
from spanco.sales.rules.samples import Sampled

_FIRST, _FURTHER = 2_000, 100_000
_FEW = 30


def surveyed(table: Table) -> list[Sampled]:
    """What is seen of each column: all of the first rows, and what is new in further ones where that is little."""
    rows = (row.cells for row in table.rows() if isinstance(row, Row))
    first = list(islice(rows, _FIRST))
    seen = {name: {cells[name] for cells in first} for name in table.header}
    more: dict[str, dict[str, None]] = {name: {} for name in table.header if len(seen[name]) <= _FEW}
    for cells in islice(rows, _FURTHER):
        for name in list(more):
            cell = cells[name]
            if cell not in seen[name]:
                seen[name].add(cell)
                more[name][cell] = None
                if len(more[name]) > _FEW:
                    del more[name]
    return [Sampled(name, tuple(cells[name] for cells in first), tuple(more.get(name, ()))) for name in table.header]
