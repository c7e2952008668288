"""The commands and their options, as `spanco --help` shows them."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from spanco import telemetry
from spanco.app import BadApiFile, running
from spanco.cli import capture, imports
from spanco.cli.capture import BadMailFile
from spanco.cli.doctor import examine
from spanco.cli.serve import OpenWithoutLock, serve_forever
from spanco.cli.work import work_forever
from spanco.demo import loaded
from spanco.kernel.errors import Problem
from spanco.settings import Settings
from spanco.store.migrate import OldServer
from spanco.transport.broker import BadBroker

app = typer.Typer(
    name="spanco",
    help="Lead and Opportunity Management for telecom operators: TM Forum TMF699 on PostgreSQL.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(capture.app, name="capture", help="Make leads of what lies in files, such as mails.")
app.add_typer(imports.app, name="import", help="Read leads or opportunities from a CSV file.")
_console = Console(stderr=True)

Apis = Annotated[list[Path] | None, typer.Option("--api", help="An OpenAPI file to serve beside TMF699; repeatable.")]
Host = Annotated[str | None, typer.Option(help="Address to listen on.")]
Port = Annotated[int | None, typer.Option(help="Port to listen on.")]
Workers = Annotated[int | None, typer.Option(help="Server processes.")]
Open = Annotated[bool, typer.Option("--allow-open", help="Listen beyond this machine although auth is 'none'.")]
Data = Annotated[Path | None, typer.Option(help="Folder of the embedded PostgreSQL.")]


def chosen(**options: object) -> Settings:
    """The settings of the environment, with what the command line says instead."""
    return Settings(**{name: value for name, value in options.items() if value})  # type: ignore[arg-type]


@app.command()
def serve(  # noqa: PLR0913 - each is an option on the command line
    host: Host = None,
    port: Port = None,
    workers: Workers = None,
    api: Apis = None,
    data_dir: Data = None,
    allow_open: Open = False,
) -> None:
    """Serve TMF699 and every --api FILE, with PostgreSQL embedded or at SPANCO_DATABASE_URL."""
    settings = chosen(
        host=host, port=port, workers=workers, api=tuple(api or ()), data_dir=data_dir, allow_open=allow_open
    )
    serve_forever(settings)


@app.command()
def worker(
    data_dir: Data = None,
    api: Apis = None,
    beside: Annotated[bool, typer.Option("--beside", hidden=True)] = False,
) -> None:
    """Deliver events to hubs; any number side by side. `spanco serve` runs one unless SPANCO_WORKER is false."""
    work_forever(chosen(data_dir=data_dir, api=tuple(api or ())), beside=beside)


@app.command()
def demo(  # noqa: PLR0913 - each is an option on the command line
    leads: Annotated[int, typer.Option(help="How many leads to invent.")] = 2000,
    opportunities: Annotated[int, typer.Option(help="How many opportunities to invent.")] = 800,
    seed: Annotated[int, typer.Option(help="The same seed gives the same organisation.")] = 36,
    port: Port = None,
    data_dir: Data = None,
    only_load: Annotated[bool, typer.Option("--only-load", help="Load and stop.")] = False,
) -> None:
    """Load an invented telecom sales organisation and serve it."""
    settings = chosen(port=port, data_dir=data_dir)

    async def load() -> None:
        async with running(settings) as system:
            await loaded(system, seed=seed, leads=leads, opportunities=opportunities, console=_console)

    asyncio.run(load())
    if not only_load:
        serve_forever(settings)


@app.command()
def migrate(data_dir: Data = None) -> None:
    """Bring the database to the schema of this release."""

    async def go() -> None:
        async with running(chosen(data_dir=data_dir)):
            _console.print("The schema is up to date.")

    asyncio.run(go())


@app.command()
def doctor(data_dir: Data = None) -> None:
    """Check this installation: Python, database, schema, settings, APIs."""
    raise typer.Exit(0 if asyncio.run(examine(chosen(data_dir=data_dir), _console)) else 1)


def main() -> None:
    """Run the command; what goes wrong in an expected way ends with a sentence, not with a stack."""
    telemetry.configure("console")
    try:
        app()
    except (Problem, BadApiFile, BadMailFile, BadBroker, OldServer, OpenWithoutLock) as error:
        _console.print(f"[red]{error}[/red]")
        raise SystemExit(1) from None
    except ValidationError as error:
        for each in error.errors():
            name = "_".join(str(step) for step in each["loc"]).upper()
            _console.print(f"[red]SPANCO_{name}: {each['msg']}[/red]")
        raise SystemExit(2) from None
