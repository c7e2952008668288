"""`make bench`: measures Spanco against the floor and a typical server, and as its data grows."""

import argparse
import asyncio
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from bench import machine, report, wrk
from bench.cluster import database, fresh_cluster, settings
from bench.comparison import Comparison
from bench.growth import Growth
from bench.importing import imported_per_second
from bench.loading import fill, fill_typical
from bench.plan import FULL, QUICK, Plan
from bench.servers import NAMES


def main() -> None:
    """Measure everything and write bench/RESULTS.md."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few leads, short rounds: for development")
    parser.add_argument("--output", type=Path, default=report.RESULTS, help="where the report is written")
    chosen = parser.parse_args()
    wrk.needed()
    signal.signal(signal.SIGTERM, _end)
    plan = QUICK if chosen.quick else FULL
    with fresh_cluster() as (url, folder):
        found = _measured(plan, url, folder)
    report.written(found, plan, path=chosen.output)
    print(chosen.output.read_text(encoding="utf-8"))


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
        (time.monotonic() - begin) / 60,
    )


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
