"""`make bench`: measures Spanco against the floor and a typical server, as its data grows, and as it tells events."""

import argparse
import asyncio
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from bench import capture, delivered, duplicates, jobs, machine, report, wrk
from bench.claiming import claimed
from bench.cluster import database, fresh_cluster, settings
from bench.comparison import Comparison
from bench.delivery import Delivered, Delivery
from bench.growth import Growth
from bench.importing import imported_per_second
from bench.loading import fill, fill_typical
from bench.plan import FULL, QUICK, Plan
from bench.servers import NAMES


def main() -> None:
    """Measure everything and write bench/RESULTS.md; a quick run, or one of a part, is only printed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few leads, short rounds: for development")
    parser.add_argument("--only", choices=("capture", "delivery", "duplicates", "jobs"), help="measure only this part")
    parser.add_argument("--output", type=Path, help="where the report is written")
    chosen = parser.parse_args()
    wrk.needed()
    signal.signal(signal.SIGTERM, _end)
    plan = QUICK if chosen.quick else FULL
    with fresh_cluster() as (url, folder):
        if chosen.only == "jobs":
            urls = {rows: asyncio.run(database(url, f"jobs_{rows}")) for rows in jobs.sizes(plan)}
            text = jobs.measured(plan, urls, folder)
        elif chosen.only == "capture":
            text = capture.measured(asyncio.run(database(url, "capture")), folder, quick=chosen.quick)
        elif chosen.only == "duplicates":
            text = duplicates.measured(asyncio.run(database(url, "duplicates")), folder, quick=chosen.quick)
        elif chosen.only:
            described = machine.described()
            text = delivered.alone(_delivered(plan, url, folder), described)
        else:
            text = report.whole(_measured(plan, url, folder), plan)
    results = {None: report.RESULTS, "capture": capture.RESULTS, "duplicates": duplicates.RESULTS}
    path = chosen.output or (None if chosen.quick else results.get(chosen.only))
    if path:
        path.write_text(text, encoding="utf-8")
    print(text)


def _measured(plan: Plan, url: str, folder: Path) -> report.Measured:
    begin, described = time.monotonic(), machine.described()
    urls = {name: asyncio.run(_filled(url, name, plan.compared)) for name in NAMES}
    comparison = Comparison(plan, urls, folder)
    comparison.run()
    rates = comparison.create_rates()
    imported = imported_per_second(urls["ours"], folder, plan.imported)
    grown = {count: asyncio.run(_filled(url, f"leads {count}", count)) for count in plan.growth}
    growth = Growth(plan, grown, folder)
    growth.run()
    comparison.memory["ours"] += growth.memory
    return report.Measured(
        described,
        asyncio.run(settings(url)),
        comparison.rounds,
        growth.rounds,
        comparison.memory,
        rates,
        imported,
        _delivered(plan, url, folder, grown),
        (time.monotonic() - begin) / 60,
    )


def _delivered(plan: Plan, url: str, folder: Path, grown: Mapping[int, str] | None = None) -> Delivered:
    """All about deliveries; work is claimed in the largest database that there is."""
    begin, large = time.monotonic(), plan.growth[-1]
    found = Delivery(plan, asyncio.run(_filled(url, "delivery", plan.delivery.backlog)), folder).run()
    claims = grown[large] if grown else asyncio.run(_filled(url, "claims", large))
    print(f"claiming work with {large:,} delivered events in the log", flush=True)
    found.claims = asyncio.run(claimed(claims, large, plan.delivery.claims))
    found.minutes = (time.monotonic() - begin) / 60
    return found


async def _filled(url: str, name: str, count: int) -> str:
    begin = time.monotonic()
    made = await database(url, name.replace(" ", "_"))
    await (fill_typical if name == "typical" else fill)(made, count)
    print(f"loaded {count:,} leads for {name} in {time.monotonic() - begin:.0f} s", flush=True)
    return made


def _end(_signal: int, _frame: FrameType | None) -> None:
    """Leave through every `finally`, so that servers stop and data goes."""
    sys.exit("ended")


if __name__ == "__main__":
    main()
