"""The report on deliveries: which targets are reached, and the figures."""

from collections.abc import Mapping
from statistics import median

from bench.claiming import STATEMENTS
from bench.delivery import ARMS, STEADY_RATE, Delivered
from bench.targets import Target, of_targets, table

_BESIDE = {"saturated": "as many creates as fit", "paced": "half as many creates"}


def alone(found: Delivered, machine: Mapping[str, str]) -> str:
    """The report of a run that measured nothing else."""
    parts = (
        table(("machine", ""), machine.items()),
        "## Targets",
        of_targets(targets(found)),
        "## Delivery",
        figures(found),
        f"All this took {found.minutes:.0f} minutes.",
    )
    return "\n\n".join(parts) + "\n"


def targets(found: Delivered) -> list[Target]:
    """All that was promised, with what became of it."""
    kept = []
    for name, arm in ARMS.items():
        if arm.hubs:
            ratio = found.create_rate(name) / found.create_rate("none")
            kept.append(Target(f"hubs-{name}", f"create: {arm.words}, against no hub", ratio, 0.9, at_least=True))
    _, median_ms, p99_ms = found.late
    words = f"from commit to listener at {STEADY_RATE} events per second"
    kept.append(Target("late-median", f"{words}: median", median_ms, 100, at_least=False, unit="ms"))
    kept.append(Target("late-99", f"{words}: 99 %", p99_ms, 1000, at_least=False, unit="ms"))
    words = "sustained deliveries to one listener"
    kept.append(Target("sustained", words, found.sustained, 500, at_least=True, unit="/s"))
    for name, words in _BESIDE.items():
        each = found.backlog[name]
        drain, creates = each.delivered / found.sustained, each.creates / each.wanted
        kept.append(Target(f"drain-{name}", f"backlog beside {words}: deliveries", drain, 0.8, at_least=True))
        kept.append(Target(f"drain-{name}", f"backlog beside {words}: creates", creates, 0.8, at_least=True))
    for name in STATEMENTS:
        words = f"claiming work, 99 %: `{name}`"
        kept.append(Target(f"claim-{name}", words, found.claims[name].p99_ms, 5, at_least=False, unit="ms"))
    return kept


def figures(found: Delivered) -> str:
    """What was measured, in tables."""
    return "\n\n".join((_creates(found), _deliveries(found), _claims(found)))


def _creates(found: Delivered) -> str:
    rows = []
    for name, arm in ARMS.items():
        rounds = found.creates[name]
        rates = [each.rate for each in rounds]
        cells = [
            f"create, {arm.words}",
            f"{median(rates):,.0f} ({min(rates):,.0f} to {max(rates):,.0f})",
            f"{median(each.median_ms for each in rounds):.1f}",
            f"{median(each.p99_ms for each in rounds):.1f}",
            f"{median(each.cpu_us for each in rounds):,.0f}",
            f"{median(rates) / found.create_rate('none'):.2f} x" if arm.hubs else "",
            f"{median(found.meanwhile[name]):,.0f}" if arm.all_match else "",
        ]
        rows.append(cells)
    head = ("", "per second", "median", "99 %", "CPU µs", "against no hub", "deliveries per second meanwhile")
    return table(head, rows)


def _deliveries(found: Delivered) -> str:
    count, median_ms, p99_ms = found.late
    rows = [
        [f"from commit to listener, {count:,} events", f"median {median_ms:.1f} ms, 99 % {p99_ms:.1f} ms"],
        ["sustained deliveries", f"{found.sustained:,.0f}/s"],
        ["CPU of the worker per delivery, matching included", f"{found.worker_cpu_us:,.0f} µs"],
    ]
    for name, words in _BESIDE.items():
        each = found.backlog[name]
        told = f"{each.delivered:,.0f} deliveries/s, {each.creates:,.0f} of {each.wanted:,.0f} creates/s"
        rows.append([f"backlog beside {words}", told])
    rows += [
        ["what the listener takes from wrk", f"{found.listener:,.0f}/s"],
        ["memory of the worker after load (greatest)", f"{max(found.memory):.0f} MB"],
    ]
    return table(("", ""), rows)


def _claims(found: Delivered) -> str:
    rows = (
        [f"`{name}`", f"{each.count:,}", f"{each.median_ms:.2f}", f"{each.p99_ms:.2f}", f"{each.most_ms:.1f}"]
        for name, each in found.claims.items()
    )
    return table(("claiming work", "executions", "median ms", "99 %", "greatest"), rows)
