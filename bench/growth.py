"""How latency grows with the number of leads: the same questions to a small and a large database, by turns."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from bench.leads import DAYS, FIRST_DAY, STATES, leads
from bench.plan import Plan
from bench.servers import started
from bench.wrk import Figures, Load, lines, measured
from spanco.kernel.moments import spell

_SAMPLES = 500
_FEW = 100
QUESTIONS = {
    "read": "read by id",
    "first": "first page (limit=20)",
    "status": "status=… (limit=20)",
    "party": "relatedParty.id=… (limit=20)",
    "email": "prospectContact.characteristic.emailAddress=… (limit=20)",
    "few": f"creationDate from … to …, about {_FEW} leads in it, sorted by it (limit=20)",
    "week": "creationDate from … to …, a week wherever it lies, sorted by it (limit=20)",
    "since": "creationDate from … on, sorted by it (limit=20)",
    "newest": "sort=-creationDate (limit=20)",
    "page20": "page 20 with its total (offset=380&limit=20)",
}


class Growth:
    """Median latencies over one kept connection, per question and number of leads, one figure per round."""

    def __init__(self, plan: Plan, urls: Mapping[int, str], folder: Path) -> None:
        self.rounds: dict[tuple[str, int], list[Figures]] = defaultdict(list)
        self.memory: list[float] = []
        self._plan, self._urls, self._folder = plan, urls, folder
        self._loads = {count: self._loads_of(count) for count in urls}

    def run(self) -> None:
        """All rounds."""
        for number in range(self._plan.rounds):
            for count, url in self._urls.items():
                print(f"growth, round {number + 1}: {count:,} leads", flush=True)
                with started("ours", url, self._folder) as server:
                    for what, load in self._loads[count].items():
                        measured(server.url(), load, 1, 1)
                        self.rounds[what, count].append(measured(server.url(), load, self._plan.latency_seconds, 1))
                    self.memory.append(server.resident_mb())

    def _loads_of(self, count: int) -> dict[str, Load]:
        sample = list(islice(leads(count), 0, None, max(count // _SAMPLES, 1)))
        some = [each.document for each in sample]
        limit = "&limit=20"
        asked = {
            "read": [f"/{each.id}" for each in sample],
            "first": ["?limit=20"],
            "status": [f"?status={state}{limit}" for state in STATES],
            "party": [f"?relatedParty.id={each['relatedParty'][0]['id']}{limit}" for each in some],
            "email": [f"?prospectContact.characteristic.emailAddress={_email(each)}{limit}" for each in some],
            "few": _ranges(timedelta(days=DAYS) * _FEW / count),
            "week": _ranges(timedelta(days=7)),
            "since": [
                f"?creationDate.gte={spell(FIRST_DAY + timedelta(days=day))}&sort=creationDate{limit}"
                for day in range(0, DAYS, 9)
            ],
            "newest": ["?sort=-creationDate&limit=20"],
            "page20": ["?offset=380&limit=20"],
        }
        return {what: Load("get", lines(self._folder / f"{what}-{count}", each)) for what, each in asked.items()}


def _email(document: dict[str, Any]) -> str:
    return str(document["prospectContact"][0]["characteristic"]["emailAddress"])


def _ranges(width: timedelta) -> list[str]:
    asked = []
    for day in range(0, DAYS - 8, 9):
        begin = FIRST_DAY + timedelta(days=day)
        bounds = f"creationDate.gte={spell(begin)}&creationDate.lt={spell(begin + width)}"
        asked.append(f"?{bounds}&sort=creationDate&limit=20")
    return asked
