"""Processes are killed, the database is stopped and its network cut, under load: nothing is lost (R1, R2, R3)."""

import os
from pathlib import Path
from random import Random

import pytest

from tests.chaos.runs import RUNS, Task

_SEED = int(os.environ.get("SPANCO_TEST_SEED", Random().randrange(1_000_000)))
_LONGEST = 0.3
_SECONDS = 45.0  # many times what it takes on a machine with nothing else to do


@pytest.mark.parametrize(
    ("name", "harms"),
    [
        ("server", 17),
        ("server-and-worker", 3),
        ("worker", 14),
        ("two-workers", 6),
        ("database", 5),
        ("network", 5),
    ],
)
async def test_nothing_is_lost(name: str, harms: int, tmp_path: Path) -> None:
    """Every acknowledged write is there with its events, and every event came to the hubs, in order."""
    figures = await RUNS[name].run(Task(name, harms, tmp_path, _SEED, _LONGEST))
    said = "\n".join(figures.sentences())
    print(said)  # noqa: T201 - shown when the test fails
    assert figures.is_well, said
    assert figures.harms == harms
    assert figures.acknowledged > 20 * harms
    for what in {"ready", "delivering"} & set(figures.recoveries):
        assert max(figures.recoveries[what]) < _SECONDS, said
