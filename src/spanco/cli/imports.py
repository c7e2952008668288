"""`spanco import`: bring leads and opportunities from a CSV file into the store."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table as Grid

from spanco.access.actor import Actor
from spanco.app import running
from spanco.kernel.errors import Problem
from spanco.sales.actions.imports import BATCH, Job, Tally, run
from spanco.sales.actions.tables import Table, UnreadableTable, open_table
from spanco.sales.rules.mapping import Mapping, matches, missing, parse
from spanco.sales.rules.shapes import BadMapping
from spanco.settings import Settings
from spanco.store.errors import DatabaseAway
from spanco.work import Cause

STOPPED, UNUSABLE = 1, 2
OUTCOMES = ("created", "known", "repeated", "refused")

app = typer.Typer(no_args_is_help=True, help="Bring leads and opportunities from a CSV file into the store.")

File = Annotated[Path, typer.Argument(help="The CSV file.", show_default=False)]
MappingFile = Annotated[
    Path | None, typer.Option("--mapping", "-m", help="How columns become attributes: docs/import.md.")
]
Source = Annotated[str | None, typer.Option(help="The name of the source, instead of the one in the mapping.")]
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
) -> None:
    """Import sales leads.

    Ends with 0 when every row was dealt with (refused ones stand in FILE.refused.csv), with 1 when it had to stop on
    the way, with 2 when the file, the mapping or an option cannot be used.
    """
    _carry_out(_Wish("salesLead", file, mapping, source, batch, dry_run, delimiter, encoding, tenant, data_dir))


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
) -> None:
    """Import sales opportunities.

    Ends with 0 when every row was dealt with (refused ones stand in FILE.refused.csv), with 1 when it had to stop on
    the way, with 2 when the file, the mapping or an option cannot be used.
    """
    _carry_out(_Wish("salesOpportunity", file, mapping, source, batch, dry_run, delimiter, encoding, tenant, data_dir))


def _carry_out(wish: _Wish) -> None:
    console = Console(stderr=False, highlight=False)
    tally = Tally()
    try:
        with open_table(wish.file, encoding=wish.encoding, delimiter=_mark(wish.delimiter)) as table:
            mapping = _mapping(wish, table)
            console.print(f"{escape(wish.file.name)}: {table.encoding}, delimiter {table.delimiter!r}", style="dim")
            asyncio.run(_import(wish, table, mapping, (console, tally)))
    except (UnreadableTable, BadMapping, _Unusable) as error:
        console.print(escape(str(error)), style="red", soft_wrap=True)
        raise typer.Exit(UNUSABLE) from None
    except DatabaseAway as error:
        console.print(f"{error} {_how_far(tally, wish)}", style="red", soft_wrap=True)
        raise typer.Exit(STOPPED) from None
    except Problem as error:
        console.print(escape(str(error)), style="red", soft_wrap=True)
        raise typer.Exit(STOPPED if tally.rows else UNUSABLE) from None
    except OSError as error:
        console.print(escape(f"{error} {_how_far(tally, wish)}"), style="red", soft_wrap=True)
        raise typer.Exit(STOPPED) from None
    _close(console, tally, wish)


async def _import(wish: _Wish, table: Table, mapping: Mapping, told: tuple[Console, Tally]) -> None:
    """The run itself; the tally that was handed in follows it, so that it is there if the run breaks off."""
    console, tally = told
    actor = Actor(tenant=wish.tenant, subject="spanco import", roles=frozenset({"importer"}))
    cause = Cause("import", {"source": mapping.source, "file": wish.file.name})
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    settings = Settings(data_dir=wish.data_dir) if wish.data_dir else Settings()
    async with running(settings) as system:
        job = Job(system.resource("sales", wish.resource), mapping, table, wish.batch, wish.dry_run)
        with bar:
            task = bar.add_task("0 rows", total=table.size)

            def report(so_far: Tally, position: int) -> None:
                for name in Tally.__slots__:
                    setattr(tally, name, getattr(so_far, name))
                bar.update(task, completed=position, description=f"{so_far.rows:,} rows")

            await run(lambda: system.work(actor, cause), job, report)


def _mapping(wish: _Wish, table: Table) -> Mapping:
    if wish.mapping is None:
        raise _Unusable(_proposal(wish, table))
    try:
        mapping = parse(wish.mapping.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise _Unusable(f"The mapping '{wish.mapping}' cannot be read: {error}.") from error
    if mapping.resource != wish.resource:
        raise _Unusable(f"The mapping '{wish.mapping}' is for {mapping.resource}, not for {wish.resource}.")
    absent = missing(mapping, table.header)
    if absent:
        raise _Unusable(
            f"The mapping reads columns that the file does not have: {', '.join(map(repr, absent))}. "
            f"The file has: {', '.join(map(repr, table.header))}."
        )
    return replace(mapping, source=wish.source) if wish.source else mapping


def _proposal(wish: _Wish, table: Table) -> str:
    """What to do without a mapping: take the example made for these columns, or begin with a few lines."""
    for path, mapping in _examples():
        if mapping.resource == wish.resource and matches(mapping, table.header):
            return f"No mapping was given. One was made for exactly these columns; add: --mapping {path}"
    first = table.header[0]
    name = next((column for column in table.header if "name" in column.lower()), first)
    return (
        "No mapping was given. Save lines like these to a file and name it with --mapping (more in docs/import.md):\n\n"
        f'source = "{wish.file.stem}"\nresource = "{wish.resource}"\nkey = {_quoted(first)}\n\n'
        f"[attributes]\nname = {_quoted(name)}\n\n"
        f"The columns of the file are: {', '.join(map(repr, table.header))}."
    )


def _examples() -> Iterator[tuple[Path, Mapping]]:
    """The mappings that we ship: beside the package in a wheel, at the root of a checkout."""
    here = Path(__file__).resolve()
    for folder in (here.parents[1] / "examples", here.parents[3] / "examples"):
        for path in sorted(folder.glob("*.toml")):
            yield path, parse(path.read_text(encoding="utf-8"))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


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
    return f"{tally.created:,} of {tally.rows:,} rows so far were created; run the same command again to go on."


def _close(console: Console, tally: Tally, wish: _Wish) -> None:
    """The closing table: states down, outcomes across; the sums add up to the rows of the file."""
    grid = Grid(title="Dry run, nothing was written" if wish.dry_run else None, title_justify="left")
    grid.add_column("status")
    for outcome in OUTCOMES:
        grid.add_column(outcome, justify="right")
    grid.add_column("rows", justify="right")
    for state in sorted({state for _, state in tally.states}):
        counts = [tally.states[outcome, state] for outcome in OUTCOMES]
        grid.add_row(state or "-", *(f"{count:,}" for count in counts), f"{sum(counts):,}")
    totals = [tally.created, tally.known, tally.repeated, tally.refused]
    mapped = [sum(count for (outcome, _), count in tally.states.items() if outcome == name) for name in OUTCOMES]
    without = [total - count for total, count in zip(totals, mapped, strict=True)]
    if any(without):
        grid.add_row("not mapped", *(f"{count:,}" for count in without), f"{sum(without):,}")
    grid.add_section()
    grid.add_row("all", *(f"{count:,}" for count in totals), f"{tally.rows:,}")
    console.print(grid)
    if tally.refused_file is not None:
        console.print(f"The rows left outside, with reasons: {escape(str(tally.refused_file))}", soft_wrap=True)
