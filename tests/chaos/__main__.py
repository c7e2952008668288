"""`make chaos`: kills, stops and cuts under load, in full or some of it, and shows that nothing is lost."""

import argparse
import asyncio
import shutil
import sys
import tempfile
from pathlib import Path
from random import Random

from rich.console import Console

from tests.chaos.report import HEAD, Figures
from tests.chaos.runs import RUNS, Task

_console = Console(soft_wrap=True, highlight=False, markup=False)


def main() -> None:
    """Carry the campaign out; the exit code is 1 when anything was lost, made up or told in disorder."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("runs", nargs="*", metavar="RUN", help=f"which runs: {', '.join(RUNS)} (default: all)")
    parser.add_argument("--share", type=float, default=1.0, help="so much of the full number of harms, e.g. 0.1")
    parser.add_argument("--seed", type=int, default=Random().randrange(1_000_000), help="for the same choices again")
    parser.add_argument("--folder", type=Path, help="where journals and logs are kept (default: a new folder)")
    chosen = parser.parse_args()
    if not set(chosen.runs) <= set(RUNS):
        parser.error(f"a run is one of: {', '.join(RUNS)}")
    folder = (chosen.folder or Path(tempfile.mkdtemp(prefix="spanco-chaos-"))).resolve()
    _console.print(f"seed {chosen.seed}; journals and logs are kept in {folder}")
    figures = [
        _carried_out(Task(name, _part(name, chosen.share), folder / name, chosen.seed, RUNS[name].longest))
        for name in chosen.runs or RUNS
    ]
    _console.print("\n".join([HEAD, *(each.row() for each in figures)]))
    sys.exit(0 if all(each.is_well for each in figures) else 1)


def _part(name: str, share: float) -> int:
    return max(1, round(RUNS[name].harms * share))


def _carried_out(task: Task) -> Figures:
    task.folder.mkdir(parents=True)
    figures = asyncio.run(RUNS[task.name].run(task))
    _console.print("\n".join(figures.sentences()))
    if figures.is_well:  # else somebody will want to look into the database
        shutil.rmtree(task.folder / "postgresql", ignore_errors=True)
    return figures


if __name__ == "__main__":
    main()
