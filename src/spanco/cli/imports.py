"""`spanco import`: bring leads and opportunities from a file into the store, by the same jobs as the API."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table as Grid

from spanco.cli.importing import Closing, Errand, JobFailed, carried_out
from spanco.kernel.errors import Problem
from spanco.sales.actions.chunks import UNMAPPED, Tally
from spanco.sales.actions.sources import format_of, open_source
from spanco.sales.actions.surveys import surveyed
from spanco.sales.actions.tables import Table, UnreadableTable
from spanco.sales.rules.jobs import OUTCOMES, Wish
from spanco.sales.rules.mapping import Mapping, matches, missing, parse, told_in, understood
from spanco.sales.rules.proposing import Proposal, propose
from spanco.sales.rules.shapes import BadMapping
from spanco.sales.rules.spelling import as_toml
from spanco.settings import Settings
from spanco.store.errors import DatabaseAway

STOPPED, UNUSABLE = 1, 2
BATCH = 250
_SHOWN = ("created", "known", "repeated", "refused")
_HEAD = 4096

app = typer.Typer(no_args_is_help=True, help="Bring leads and opportunities from a file into the store.")

File = Annotated[Path, typer.Argument(help="The file: CSV, .xlsx or JSON lines.", show_default=False)]
MappingFile = Annotated[
    Path | None, typer.Option("--mapping", "-m", help="How columns become attributes: docs/import.md.")
]
Source = Annotated[str | None, typer.Option(help="The name of the source, instead of the one in the mapping.")]
Propose = Annotated[bool, typer.Option("--propose", help="Without a mapping, take the one that is proposed.")]
FileFormat = Annotated[
    str | None, typer.Option("--format", help="csv, xlsx, jsonlines, document or tsm; found out if not given.")
]
Batch = Annotated[int, typer.Option(min=1, max=5000, help="Rows per transaction.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check everything, write nothing.")]
Delimiter = Annotated[str | None, typer.Option(help="What stands between cells; found out if not given.")]
Encoding = Annotated[str | None, typer.Option(help="Such as utf-8 or cp1252; found out if not given.")]
Tenant = Annotated[str, typer.Option(help="Whose records they become.")]
Data = Annotated[Path | None, typer.Option(help="Folder of the embedded PostgreSQL.")]


class _Unusable(Exception):
    """The command cannot be carried out as it was given."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the person asked for."""

    resource: str
    file: Path
    mapping: Path | None
    source: str | None
    batch: int
    dry_run: bool
    delimiter: str | None
    encoding: str | None
    tenant: str
    data_dir: Path | None
    propose: bool = False
    format: str | None = None


@app.command()
def leads(  # noqa: PLR0913  the parameters are the options of the command
    file: File,
    *,
    mapping: MappingFile = None,
    source: Source = None,
    batch: Batch = BATCH,
    dry_run: DryRun = False,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    tenant: Tenant = "default",
    data_dir: Data = None,
    propose: Propose = False,
    form: FileFormat = None,
) -> None:
    """Import sales leads.

    Ends with 0 when every row was dealt with (refused ones stand in FILE.refused.csv), with 1 when it had to stop on
    the way, with 2 when the file, the mapping or an option cannot be used.
    """
    options = (mapping, source, batch, dry_run, delimiter, encoding, tenant, data_dir, propose, form)
    _carry_out(_Wish("salesLead", file, *options))


@app.command()
def opportunities(  # noqa: PLR0913  the parameters are the options of the command
    file: File,
    *,
    mapping: MappingFile = None,
    source: Source = None,
    batch: Batch = BATCH,
    dry_run: DryRun = False,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    tenant: Tenant = "default",
    data_dir: Data = None,
    propose: Propose = False,
    form: FileFormat = None,
) -> None:
    """Import sales opportunities.

    Ends with 0 when every row was dealt with (refused ones stand in FILE.refused.csv), with 1 when it had to stop on
    the way, with 2 when the file, the mapping or an option cannot be used.
    """
    options = (mapping, source, batch, dry_run, delimiter, encoding, tenant, data_dir, propose, form)
    _carry_out(_Wish("salesOpportunity", file, *options))


def _carry_out(wish: _Wish) -> None:
    console = Console(stderr=False, highlight=False)
    tally = Tally()
    try:
        errand = _errand(wish, console)
        closing = asyncio.run(_followed(wish, errand, (console, tally)))
    except (UnreadableTable, BadMapping, _Unusable) as error:
        console.print(escape(str(error)), style="red", soft_wrap=True)
        raise typer.Exit(UNUSABLE) from None
    except DatabaseAway as error:
        console.print(f"{error} {_how_far(tally, wish)}", style="red", soft_wrap=True)
        raise typer.Exit(STOPPED) from None
    except (Problem, JobFailed) as error:
        console.print(escape(str(error)), style="red", soft_wrap=True)
        raise typer.Exit(STOPPED if tally.rows else UNUSABLE) from None
    except OSError as error:
        console.print(escape(f"{error} {_how_far(tally, wish)}"), style="red", soft_wrap=True)
        raise typer.Exit(STOPPED) from None
    _close(console, closing, wish)


def _errand(wish: _Wish, console: Console) -> Errand:
    """What is to be done, as far as it can be told without a database. Raises what makes the command unusable."""
    options = _read_as(wish)
    with open_source(wish.file, options) as table:
        mapping = None if options.whole_documents else _mapping(wish, table)
        if table.delimiter:
            console.print(f"{escape(wish.file.name)}: {table.encoding}, delimiter {table.delimiter!r}", style="dim")
    job = {
        "resource": wish.resource,
        "fileName": wish.source or wish.file.name,
        "format": options.format,
        "batch": wish.batch,
        "goal": "check" if wish.dry_run else "run",
        **({"mapping": mapping} if mapping else {}),
        **({"encoding": options.encoding} if options.encoding else {}),
        **({"delimiter": options.delimiter} if options.delimiter else {}),
    }
    return Errand(Settings(data_dir=wish.data_dir) if wish.data_dir else Settings(), wish.tenant, wish.file, job)


def _read_as(wish: _Wish) -> Wish:
    if wish.format not in {None, "csv", "xlsx", "jsonlines", "document", "tsm"}:
        raise _Unusable(f"'{wish.format}' is no format; write csv, xlsx, jsonlines, document or tsm.")
    try:
        with wish.file.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise UnreadableTable(f"'{wish.file}' cannot be read: {error.strerror or error}.") from error
    name = wish.source or wish.file.name
    options = (wish.encoding or "", _mark(wish.delimiter) or "", "", wish.batch, "run", "create", None)
    return Wish(wish.resource, name, wish.format or format_of(head), *options)


async def _followed(wish: _Wish, errand: Errand, told: tuple[Console, Tally]) -> Closing:
    """The run itself; the tally that was handed in follows it, so that it is there if the run breaks off."""
    console, tally = told
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task("0 rows", total=wish.file.stat().st_size)

        def report(so_far: Tally, position: int) -> None:
            tally.counts = so_far.counts
            bar.update(task, completed=position, description=f"{so_far.rows:,} rows")

        return await carried_out(errand, report)


def _mapping(wish: _Wish, table: Table) -> dict[str, Any]:
    """The mapping as data: the one that was given, or on demand the one that is proposed."""
    if wish.mapping is None:
        proposal = propose(wish.resource, wish.source or wish.file.name, surveyed(table))
        if not wish.propose:
            raise _Unusable(_proposed(wish, table, proposal))
        return proposal.mapping
    try:
        told = told_in(wish.mapping.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise _Unusable(f"The mapping '{wish.mapping}' cannot be read: {error}.") from error
    mapping = understood(told)
    if mapping.resource != wish.resource:
        raise _Unusable(f"The mapping '{wish.mapping}' is for {mapping.resource}, not for {wish.resource}.")
    absent = missing(mapping, table.header)
    if absent:
        raise _Unusable(
            f"The mapping reads columns that the file does not have: {', '.join(map(repr, absent))}. "
            f"The file has: {', '.join(map(repr, table.header))}."
        )
    return {**told, "source": wish.source} if wish.source else told


def _proposed(wish: _Wish, table: Table, proposal: Proposal) -> str:
    """What to do without a mapping: take the example made for these columns, or what is proposed."""
    for path, mapping in _examples():
        if mapping.resource == wish.resource and matches(mapping, table.header):
            return f"No mapping was given. One was made for exactly these columns; add: --mapping {path}"
    return (
        "No mapping was given. Add --propose to take this one, or save it to a file, mend it and name it with "
        f"--mapping (more in docs/import.md):\n\n{as_toml(proposal.mapping)}"
    )


def _examples() -> Iterator[tuple[Path, Mapping]]:
    """The mappings that we ship: beside the package in a wheel, at the root of a checkout."""
    here = Path(__file__).resolve()
    for folder in (here.parents[1] / "examples", here.parents[3] / "examples"):
        for path in sorted(folder.glob("*.toml")):
            yield path, parse(path.read_text(encoding="utf-8"))


def _mark(delimiter: str | None) -> str | None:
    if delimiter is None:
        return None
    mark = {"tab": "\t", "\\t": "\t"}.get(delimiter, delimiter)
    if len(mark) != 1 or mark in '"\r\n\0':
        raise _Unusable(f"'{delimiter}' cannot stand between cells; write one character, or tab.")
    return mark


def _how_far(tally: Tally, wish: _Wish) -> str:
    if wish.dry_run or not tally.rows:
        return "Nothing was imported."
    created = tally.of("created")
    return f"{created:,} of {tally.rows:,} rows so far were created; run the same command again to go on."


def _close(console: Console, closing: Closing, wish: _Wish) -> None:
    """The closing table: states down, outcomes across; the sums add up to the rows of the file."""
    counts = closing.tally.counts
    outcomes = [*_SHOWN, *(name for name in OUTCOMES if name not in _SHOWN and closing.tally.of(name))]
    grid = Grid(title="Dry run, nothing was written" if wish.dry_run else None, title_justify="left")
    grid.add_column("status")
    for outcome in (*outcomes, "rows"):
        grid.add_column(outcome, justify="right")
    states = sorted({state for _, state in counts} - {UNMAPPED})
    for state in (*states, UNMAPPED):
        row = [counts[outcome, state] for outcome in outcomes]
        if any(row):
            name = "not mapped" if state == UNMAPPED else state or "-"
            grid.add_row(name, *(f"{count:,}" for count in row), f"{sum(row):,}")
    grid.add_section()
    totals = [closing.tally.of(outcome) for outcome in outcomes]
    grid.add_row("all", *(f"{count:,}" for count in totals), f"{closing.tally.rows:,}")
    console.print(grid)
    if closing.refused is not None:
        console.print(f"The rows left outside, with reasons: {escape(str(closing.refused))}", soft_wrap=True)
    console.print(f"Import job {closing.job}", style="dim")
