"""Writes the invented sales organisation into a running system, once: what is there already is left as it is."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from rich.console import Console
from rich.progress import Progress

from spanco import clock, operations
from spanco.app import Running
from spanco.demo.generator import LEAD, Invented, generate
from spanco.demo.scene import reference
from spanco.kernel.wire import Document
from spanco.operations import Draft, Known, Outcome, Refused, Stored
from spanco.work import Cause

SOURCE = "demo"

_BATCH = 400


@dataclass(frozen=True, slots=True)
class Size:
    """How much is invented, from which seed."""

    seed: int
    leads: int
    opportunities: int


@dataclass(slots=True)
class Count:
    """How many documents were written and how many were there before."""

    created: int = 0
    known: int = 0


Report = Callable[[Count], None]


async def loaded(system: Running, *, seed: int, leads: int, opportunities: int, console: Console) -> Count:
    """Write it while a bar shows how far it is, and say at the end what there is now."""
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Inventing a sales organisation", total=leads + opportunities)
        size = Size(seed, leads, opportunities)
        count = await load(system, size, lambda so_far: bar.update(task, completed=so_far.created + so_far.known))
    console.print(f"{count.created:,} leads and opportunities were invented, {count.known:,} were there before.")
    return count


async def load(system: Running, size: Size, report: Report, *, today: datetime | None = None) -> Count:
    """Write it in batches, as the actor of the system; `report` hears after each what is done."""
    count = Count()
    leads: dict[int, tuple[str, Document]] = {}
    moment = today or clock.now()
    for batch in _batches(generate(size.seed, size.leads, size.opportunities, moment)):
        drafts = [_draft(size.seed, each, leads) for each in batch]
        async with system.work(system.actor, Cause("import", {"source": SOURCE})) as work:
            resource = system.resource("sales", batch[0].resource)
            outcomes = await operations.create(work, resource, drafts, historic=True, atomic=False)
        for each, outcome in zip(batch, outcomes, strict=True):
            id_ = _id(count, outcome)
            if each.resource == LEAD:
                leads[each.number] = (id_, each.document)
        report(count)
    return count


def _batches(invented: Iterable[Invented]) -> Iterator[list[Invented]]:
    """Batches of one resource each, in order."""
    stream = iter(invented)
    while taken := list(islice(stream, _BATCH)):
        leads = [each for each in taken if each.resource == LEAD]
        others = [each for each in taken if each.resource != LEAD]
        yield from (batch for batch in (leads, others) if batch)


def _draft(seed: int, invented: Invented, leads: dict[int, tuple[str, Document]]) -> Draft:
    """The draft, with a reference to the lead that it comes from."""
    document = invented.document
    if invented.lead is not None:
        id_, lead = leads[invented.lead]
        document = document | {"salesLead": [reference(id_, str(lead["name"]), "SalesLead")]}
    return Draft(document, origin=(SOURCE, f"{seed}-{invented.number}"))


def _id(count: Count, outcome: Outcome) -> str:
    match outcome:
        case Stored(id_):
            count.created += 1
            return id_
        case Known(id_):
            count.known += 1
            return id_
        case Refused(problem):
            raise problem
