"""What a run knows: each write that was acknowledged, each harm that was done and each arrival, also in a file."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

from spanco.kernel.wire import encode


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event as it came to a hub; `digest` is that of the lead in it."""

    at: float
    hub: str
    event_id: str
    type: str
    lead: str
    digest: str


class Journal:
    """One line of JSON for everything that happens; times are seconds since the beginning."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._began = time.monotonic()
        self.kept: dict[tuple[str, int], str] = {}
        """The digest of what was answered, by id and version."""
        self.removed: set[str] = set()
        self.unsure: Counter[str] = Counter()
        """How many writes had no answer that tells whether they were done, by the id of the lead; "" for creations."""
        self.answers: Counter[int] = Counter()
        self.harms: list[float] = []
        self.arrivals: list[Arrival] = []
        self.recoveries: defaultdict[str, list[float]] = defaultdict(list)
        self.surprises: list[str] = []

    @classmethod
    @contextmanager
    def kept_in(cls, path: Path) -> Iterator[Self]:
        """A new journal in a file, which is complete at the end."""
        with path.open("wb", buffering=1 << 16) as file:
            yield cls(file)

    @property
    def now(self) -> float:
        """Seconds since the beginning."""
        return round(time.monotonic() - self._began, 4)

    def wrote(self, lead: str, version: int, digest: str) -> None:
        """A lead was acknowledged in this version."""
        self.kept[lead, version] = digest
        self._line({"what": "acknowledged", "lead": lead, "version": version, "digest": digest})

    def removal(self, lead: str) -> None:
        """The removal of a lead was acknowledged."""
        self.removed.add(lead)
        self._line({"what": "removed", "lead": lead})

    def harm(self, what: str) -> float:
        """Something was killed, stopped or cut just now."""
        self.harms.append(self.now)
        self._line({"what": "harm", "to": what, "number": len(self.harms)})
        return self.harms[-1]

    def recovered(self, what: str, seconds: float) -> None:
        """So long it took until something worked again."""
        self.recoveries[what].append(seconds)
        self._line({"what": "recovered", "of": what, "seconds": round(seconds, 4)})

    def arrived(self, arrival: Arrival) -> None:
        """An event came to a hub."""
        self.arrivals.append(arrival)
        told = {"hub": arrival.hub, "event": arrival.event_id, "type": arrival.type, "lead": arrival.lead}
        self._line({"what": "arrived", **told, "digest": arrival.digest})

    def surprise(self, sentence: str) -> None:
        """What may not happen in any run."""
        self.surprises.append(sentence)
        self._line({"what": "surprise", "sentence": sentence})

    def _line(self, fields: dict[str, str | int | float]) -> None:
        self._file.write(encode({"at": self.now, **fields}) + b"\n")
