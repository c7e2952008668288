"""The figures of runs: what is printed, what stands in docs/chaos.md, and whether all is well."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.chaos.stage import Stage
from tests.chaos.verdict import Found, Told, disorder, half_writes, lost_events, lost_writes, phantoms

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of one run."""

    name: str
    seed: int
    seconds: float
    harms: int
    acknowledged: int
    unsure: int
    answers: Mapping[int, int]
    events: int
    deliveries: int
    duplicates: int
    most_for_one_harm: int
    wrong: Mapping[str, Sequence[str]]
    """What must not be, by its name."""
    recoveries: Mapping[str, Sequence[float]]

    @property
    def is_well(self) -> bool:
        """Whether nothing was wrong."""
        return not any(self.wrong.values())

    @property
    def share(self) -> float:
        """Duplicates in a hundred deliveries."""
        return 100 * self.duplicates / max(self.deliveries, 1)

    def sentences(self) -> list[str]:
        """For people: the figures, and the first things that were wrong."""
        lines = [
            f"{self.name} (seed {self.seed}, {self.seconds:.0f} s): {self.harms} harms",
            f"  writes: {self.acknowledged} acknowledged, {self.unsure} without a certain answer, {dict(self.answers)}",
            f"  events: {self.events}; deliveries: {self.deliveries}",
            f"  again: {self.duplicates} ({self.share:.2f} %), at most {self.most_for_one_harm} for one harm",
            "  " + ", ".join(f"{name}: {len(found)}" for name, found in self.wrong.items()),
        ]
        lines += [f"  {what}: {_spread(seconds)}" for what, seconds in self.recoveries.items()]
        return lines + [f"    {line}" for found in self.wrong.values() for line in found[:_SHOWN]]

    def row(self) -> str:
        """One row of the table in docs/chaos.md."""
        cells = [
            self.name,
            f"{self.harms:,}",
            f"{self.acknowledged:,}",
            f"{self.events:,}",
            f"{self.deliveries:,}",
            f"{self.duplicates:,} ({self.share:.2f} %)",
            f"{self.most_for_one_harm}",
            *(f"{len(self.wrong[name])}" for name in ("lost writes", "half-written", "lost events", "phantoms")),
            "; ".join(f"{what} {_spread(seconds)}" for what, seconds in self.recoveries.items()),
        ]
        return "| " + " | ".join(cells) + " |"

    def kept_in(self, folder: Path) -> None:
        """Keep them beside the journal."""
        told = {name: getattr(self, name) for name in self.__slots__}
        (folder / "figures.json").write_text(json.dumps(told, indent=1), encoding="utf-8")


HEAD = """\
| run | harms | writes acknowledged | events | deliveries | again | most for one harm | lost writes | half-written \
| lost events | phantoms | median and longest (s) |
| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --- |"""


def _spread(seconds: Sequence[float]) -> str:
    return f"{median(seconds):.1f}, {max(seconds):.1f}"


async def judged(stage: Stage, name: str, seed: int, most_again: int) -> Figures:
    """Hold the journal of a run against its database; `most_again` deliveries may come again for one harm."""
    journal, found = stage.journal, await Found.at(stage.database_url)
    told = Told.of(journal)
    most = told.most_for_one_harm(journal.harms)
    return Figures(
        name,
        seed,
        journal.now,
        len(journal.harms),
        len(journal.kept) + len(journal.removed),
        journal.unsure.total(),
        dict(journal.answers),
        sum(1 for _ in found.events()),
        len(journal.arrivals),
        len(told.again),
        most,
        {
            "lost writes": list(lost_writes(journal, found)),
            "half-written": list(half_writes(journal, found)),
            "lost events": list(lost_events(found, told)),
            "phantoms": list(phantoms(found, told)),
            "in disorder": list(disorder(found, told)),
            "too often": [f"{most} deliveries came again for one harm"] if most > most_again else [],
            "surprises": journal.surprises,
        },
        journal.recoveries,
    )
