"""How much is measured and for how long: the full run, and a quick one for development."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeliveryPlan:
    """Of deliveries: rounds of creates, seconds of each part, the events of a backlog, how often work is claimed."""

    rounds: int
    warm_seconds: int
    seconds: int
    steady_seconds: int
    sustained_seconds: int
    saturated_seconds: int
    backlog: int
    claims: int


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
    delivery: DeliveryPlan
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
    delivery=DeliveryPlan(
        rounds=3,
        warm_seconds=1,
        seconds=5,
        steady_seconds=30,
        sustained_seconds=60,
        saturated_seconds=20,
        backlog=200_000,
        claims=2000,
    ),
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
    delivery=DeliveryPlan(
        rounds=2,
        warm_seconds=1,
        seconds=3,
        steady_seconds=10,
        sustained_seconds=10,
        saturated_seconds=10,
        backlog=20_000,
        claims=2000,
    ),
    quick=True,
)
