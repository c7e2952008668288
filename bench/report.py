"""Writes bench/RESULTS.md: the machine, the method, the figures, and which targets are reached."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench import delivered
from bench.delivery import Delivered
from bench.growth import QUESTIONS
from bench.plan import Plan
from bench.targets import Target, of_targets, table
from bench.wrk import Figures

_HERE = Path(__file__).parent
RESULTS, NOTES = _HERE / "RESULTS.md", _HERE / "notes.md"
COMPARED = {
    "read": "read by id",
    "page": "page of 20: status=…&sort=-creationDate",
    "exact": "the same page with Prefer: count=exact",
    "create": "create",
}
MEMORY_MB = 150.0


@dataclass(slots=True)
class Measured:
    """Everything that a run found."""

    machine: Mapping[str, str]
    database: Mapping[str, str]
    compared: Mapping[tuple[str, str], Sequence[Figures]]
    growth: Mapping[tuple[str, int], Sequence[Figures]]
    memory: Mapping[str, Sequence[float]]
    create_rates: Mapping[int, float]
    imported: float
    delivery: Delivered
    minutes: float = field(default=0.0)

    def rate(self, what: str, name: str) -> float:
        """The median rate over the rounds."""
        return median(each.rate for each in self.compared[what, name])

    def latency(self, what: str, count: int) -> float:
        """The median over the rounds of the median latency."""
        return median(each.median_ms for each in self.growth[what, count])


def targets(found: Measured, plan: Plan) -> list[Target]:
    """All that was promised, with what became of it."""

    def times(what: str, name: str, bound: float) -> Target:
        ratio = found.rate(what, "ours") / found.rate(what, name)
        return Target(f"{what}-{name}", f"{COMPARED[what]}: ours against {name}", ratio, bound, at_least=True)

    small, large = plan.growth
    kept = [
        times("read", "typical", 3.5),
        times("read", "floor", 0.75),
        times("create", "typical", 3),
        times("create", "floor", 0.6),
        times("page", "typical", 4),
    ]
    for what, words in QUESTIONS.items():
        ratio = found.latency(what, large) / found.latency(what, small)
        bound = 2.0 if what == "page20" else 1.5
        words_of = f"latency, {small:,} → {large:,} leads: {words}"
        kept.append(Target(f"growth-{what}", words_of, ratio, bound, at_least=False))
    ratio = found.imported / max(found.create_rates.values())
    kept.append(Target("import", "import: rows per second against the best create rate", ratio, 5, at_least=True))
    most = max(found.memory["ours"])
    kept.append(
        Target("memory", "memory of the serving process after load", most, MEMORY_MB, at_least=False, unit="MB")
    )
    return kept


def whole(found: Measured, plan: Plan) -> str:
    """The report of a full run."""
    kept = [*targets(found, plan), *delivered.targets(found.delivery)]
    missed = [each.key for each in kept if not each.hit]
    parts = [
        "# How fast it is\n\nWritten by `make bench`; words about the figures stand in `bench/notes.md`.",
        "**A quick run for development**: few leads, short rounds, no figures to quote." if plan.quick else "",
        table(("machine", ""), found.machine.items()),
        "PostgreSQL " + "; ".join(f"{name} {value}" for name, value in found.database.items()) + ".",
        "## Targets",
        of_targets(kept),
        _notes("general", missed),
        "## Side by side\n\nMedian of the rounds (lowest to highest). Latency in ms; CPU: of the server, per request.",
        _side_by_side(found),
        "## Growth\n\nMedian latency of ours in milliseconds, one connection: median of rounds (lowest to highest).",
        _growth(found, plan),
        "## Delivery",
        delivered.figures(found.delivery),
        "## Import and memory",
        _rest(found, plan),
        "## Method",
        _method(found, plan),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _side_by_side(found: Measured) -> str:
    rows = []
    for what, words in COMPARED.items():
        for name in ("floor", "typical", "ours"):
            rounds = found.compared.get((what, name))
            if not rounds:
                continue
            rates = [each.rate for each in rounds]
            rows.append(
                [
                    words,
                    name,
                    f"{median(rates):,.0f} ({min(rates):,.0f} to {max(rates):,.0f})",
                    f"{median(each.median_ms for each in rounds):.1f}",
                    f"{median(each.p99_ms for each in rounds):.1f}",
                    f"{median(each.cpu_us for each in rounds):,.0f}",
                    f"{found.rate(what, 'ours') / median(rates):.2f} x" if name != "ours" else "",
                ]
            )
    return table(("", "server", "per second", "median", "99 %", "CPU µs", "ours against it"), rows)


def _growth(found: Measured, plan: Plan) -> str:
    rows = []
    for what, words in QUESTIONS.items():
        cells = [words]
        for count in plan.growth:
            all_ = [each.median_ms for each in found.growth[what, count]]
            cells.append(f"{median(all_):.2f} ({min(all_):.2f} to {max(all_):.2f})")
        small, large = (found.latency(what, count) for count in plan.growth)
        rows.append([*cells, f"{large / small:.2f} x"])
    return table(("", *(f"{count:,} leads" for count in plan.growth), "growth"), rows)


def _rest(found: Measured, plan: Plan) -> str:
    rows = [
        [f"import of {plan.imported:,} rows, with the start of the command", f"{found.imported:,.0f} rows/s"],
        *([f"create over {count} connection(s)", f"{rate:,.0f}/s"] for count, rate in found.create_rates.items()),
        *([f"memory of {name} after load (greatest)", f"{max(seen):.0f} MB"] for name, seen in found.memory.items()),
    ]
    return table(("", ""), rows)


def _method(found: Measured, plan: Plan) -> str:
    text = (_HERE / "method.md").read_text(encoding="utf-8").strip()
    values = {
        "compared": f"{plan.compared:,}",
        "small": f"{plan.growth[0]:,}",
        "large": f"{plan.growth[1]:,}",
        "rounds": plan.rounds,
        "warm": plan.warm_seconds,
        "seconds": plan.seconds,
        "latency": plan.latency_seconds,
        "connections": plan.concurrency,
        "create_rounds": plan.delivery.rounds,
        "create_warm": plan.delivery.warm_seconds,
        "create_seconds": plan.delivery.seconds,
        "steady": plan.delivery.steady_seconds,
        "sustained": plan.delivery.sustained_seconds,
        "saturated": plan.delivery.saturated_seconds,
        "backlog": f"{plan.delivery.backlog:,}",
        "claims": f"{plan.delivery.claims:,}",
        "minutes": f"{found.minutes:.0f}",
    }
    return text.format(**values)


def _notes(*wanted: str | Iterable[str]) -> str:
    """The general note, and one for each target that was missed."""
    sections: dict[str, str] = {}
    for section in NOTES.read_text(encoding="utf-8").split("\n## ")[1:]:
        key, _, text = section.partition("\n")
        for each in key.split():
            sections[each] = text.strip()
    keys = [wanted[0], *wanted[1]] if len(wanted) > 1 else list(wanted)
    texts = [sections.get(str(key), f"`{key}` is missed; nobody has written in bench/notes.md why.") for key in keys]
    return "\n\n".join(dict.fromkeys(text for text in texts if text))
