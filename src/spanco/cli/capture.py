"""`spanco capture`: leads out of what lies in files, such as mails."""

import asyncio
import mailbox
from collections import Counter as Tally
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from spanco import clock
from spanco.app import Running, captured_kinds, running
from spanco.sales.actions.capture import Counter
from spanco.sales.actions.correspondence import keep_mail
from spanco.sales.actions.processing import process_some
from spanco.sales.rules.mails import MOST_BYTES
from spanco.settings import Settings
from spanco.store import capture as store

_MBOX = b"From "
_PATIENCE, _PAUSE = timedelta(seconds=20), 0.5
_AT_ONCE = 1000
app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
_console = Console(stderr=True)


class BadMailFile(Exception):
    """It is neither a file of mails (mbox, or one message) nor a Maildir folder."""


@app.callback()
def capture() -> None:
    """Make leads of what lies in files."""


@app.command()
def mail(
    file: Annotated[Path, typer.Argument(help="An mbox file, one message (.eml), or a Maildir folder.")],
    tenant: Annotated[str, typer.Option(help="Whose leads these are.")] = "default",
    source: Annotated[str, typer.Option(help="Code of the source that they are put down to.")] = "",
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the embedded PostgreSQL.")] = None,
) -> None:
    """Make a lead of each mail, and a note of each reply. A mail that is here already is left alone."""
    settings = Settings(data_dir=data_dir) if data_dir else Settings()

    async def go() -> Tally[str]:
        async with running(settings) as system:
            return await captured(system, file, tenant, source)

    for outcome, count in sorted(asyncio.run(go()).items()):
        _console.print(f"{outcome:10} {count:,}")


async def captured(system: Running, file: Path, tenant: str, source: str) -> Tally[str]:
    """Keep every mail, then process what is due: how many were known before, and what became of the others.

    What a worker elsewhere has in hand, or what is held for more than a moment, is counted as it stands.
    """
    counter, tally, new = Counter(system.database), Tally[str](), list[str]()
    for raw in messages(file):
        message_id, is_new = await keep_mail(counter, tenant, raw, source)
        tally["known"] += not is_new
        if is_new:
            new.append(message_id)
    until = clock.now() + _PATIENCE
    while True:
        while await process_some(system.means, captured_kinds(system)):
            continue
        outcomes, due = await _outcomes(system, tenant, new)
        if due is None or due > until:
            return tally + Tally(outcomes)
        await asyncio.sleep(_PAUSE)


async def _outcomes(system: Running, tenant: str, ids: list[str]) -> tuple[Tally[str], datetime | None]:
    tally, dues = Tally[str](), list[datetime]()
    async with system.database.connected() as connection:
        for begin in range(0, len(ids), _AT_ONCE):
            found, due = await store.mail_outcomes(connection, tenant, ids[begin : begin + _AT_ONCE])
            tally.update(found)
            dues += [due] if due else []
    return tally, min(dues, default=None)


def messages(file: Path) -> Iterator[bytes]:
    """The mails in a file or a folder, one at a time; of one that is too long, so much that this can be seen."""
    if file.is_dir():
        if not (file / "cur").is_dir():
            raise BadMailFile(f"{file}: {BadMailFile.__doc__}")
        # The names begin with the time of delivery, so a reply comes after what it answers.
        yield from _read(mailbox.Maildir(file, create=False), sorted)
        return
    if not file.is_file():
        raise BadMailFile(f"{file}: {BadMailFile.__doc__}")
    with file.open("rb") as opened:
        first = opened.read(len(_MBOX))
        if first != _MBOX:
            yield first + opened.read(MOST_BYTES)
            return
    yield from _read(mailbox.mbox(file, create=False), list)


def _read(box: mailbox.Maildir | mailbox.mbox, ordered: Callable[[Iterator[str]], list[str]]) -> Iterator[bytes]:
    try:
        for key in ordered(box.iterkeys()):
            with box.get_file(key) as opened:
                yield opened.read(MOST_BYTES + 1)
    finally:
        box.close()
