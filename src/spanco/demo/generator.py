"""The invented sales organisation as a stream of documents: the same seed and day tell the same story."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from spanco.demo.leads import Lead, lead
from spanco.demo.opportunities import opportunity
from spanco.demo.scene import stage
from spanco.kernel.wire import Document

LEAD, OPPORTUNITY = "salesLead", "salesOpportunity"

# Of the leads about which sales has decided, in the mean over channels and ratings; see `leads._fate`.
_DECIDED = 0.8
_FROM_LEADS = 0.6
_ACCEPTANCE_LIMIT = 0.6


@dataclass(frozen=True, slots=True)
class Invented:
    """A document to be created; `lead` is the number of the lead that an opportunity comes from."""

    resource: str
    number: int
    document: Document
    lead: int | None = None


def generate(seed: int, leads: int, opportunities: int, today: datetime) -> Iterator[Invented]:
    """First the leads, then the opportunities; about three in five of these come from accepted leads."""
    scene = stage(seed, today)
    acceptance = min(_ACCEPTANCE_LIMIT, _FROM_LEADS * opportunities / max(1, leads * _DECIDED))
    accepted: list[tuple[int, Lead]] = []
    for number in range(1, leads + 1):
        invented = lead(scene, number, acceptance)
        if invented.accepted:
            accepted.append((number, invented))
        yield Invented(LEAD, number, invented.document)
    for number in range(1, opportunities + 1):
        of, source = accepted[number - 1] if number <= len(accepted) else (None, None)
        yield Invented(OPPORTUNITY, number, opportunity(scene, number, source), of)
