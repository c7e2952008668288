"""How much is measured and for how long: the full run, and a quick one for development."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """Numbers of leads, seconds per measurement, rounds, and connections of the load tool."""

    compared: int
    growth: tuple[int, int]
    rounds: int
    warm_seconds: int
    seconds: int
    latency_seconds: int
    concurrency: int
    tried_concurrency: tuple[int, ...]
    imported: int
    quick: bool = False


FULL = Plan(
    compared=100_000,
    growth=(10_000, 1_000_000),
    rounds=5,
    warm_seconds=2,
    seconds=6,
    latency_seconds=2,
    concurrency=32,
    tried_concurrency=(1, 8, 16, 32, 64, 128),
    imported=50_000,
)
QUICK = Plan(
    compared=100_000,
    growth=(10_000, 100_000),
    rounds=3,
    warm_seconds=1,
    seconds=3,
    latency_seconds=1,
    concurrency=32,
    tried_concurrency=(1, 16, 64),
    imported=10_000,
    quick=True,
)
