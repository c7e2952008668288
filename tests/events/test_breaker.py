"""The health of a hub, round by round."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from spanco.events.rules.breaker import (
    FAILING,
    GIVEN_UP_AFTER,
    GONE,
    OPENS_AT,
    RESTS,
    SLOWED_AT_LEAST,
    WIDEST,
    Health,
    Outcome,
    Verdict,
    after,
    is_probe,
    judged,
    window,
)

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
EVEN = 0.5
"""The chance that leaves a wait as it is."""

D, F, S, G = (Outcome(verdict) for verdict in (Verdict.DELIVERED, Verdict.FAILED, Verdict.SLOWED, Verdict.GONE))
OPEN = Health(OPENS_AT, NOW, NOW + RESTS[0])
CHANCES = some.floats(0, 1, exclude_max=True)
ROUNDS = some.lists(some.sampled_from([D, F, S]), min_size=1, max_size=WIDEST)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.DELIVERED),
        (201, Verdict.DELIVERED),
        (204, Verdict.DELIVERED),
        (299, Verdict.DELIVERED),
        (199, Verdict.FAILED),
        (301, Verdict.FAILED),
        (302, Verdict.FAILED),
        (307, Verdict.FAILED),
        (400, Verdict.FAILED),
        (404, Verdict.FAILED),
        (410, Verdict.GONE),
        (429, Verdict.SLOWED),
        (500, Verdict.FAILED),
        (502, Verdict.SLOWED),
        (503, Verdict.FAILED),
        (504, Verdict.SLOWED),
        (599, Verdict.FAILED),
        (None, Verdict.FAILED),
    ],
)
def test_answers_are_judged_as_the_standard_says(status: int | None, verdict: Verdict) -> None:
    """Standard Webhooks 1.0.0, "Delivery success and failure"."""
    assert judged(status) is verdict


def test_a_listener_that_takes_too_long_is_overloaded() -> None:
    """Unless it has answered: the rest of the body does not matter."""
    assert judged(None, timed_out=True) is Verdict.SLOWED
    assert judged(200, timed_out=True) is Verdict.DELIVERED


@pytest.mark.parametrize(
    ("before", "outcomes", "health"),
    [
        (Health(), [D], Health()),
        (Health(), [F], Health(1)),
        (Health(3), [F], Health(4)),
        (Health(4), [F], OPEN),
        (Health(4), [D], Health()),
        (Health(), [F] * 4, Health(4)),
        (Health(), [F] * 5, OPEN),
        (Health(), [F] * WIDEST, OPEN),
        (Health(2), [F] * WIDEST, OPEN),
        (Health(4), [F, F, D], Health()),
        (Health(4), [F, D, F], Health(1)),
        (Health(4), [D, *[F] * 9], OPEN),
        (Health(), [D, *[F] * 4, D], Health()),
        (OPEN, [D], Health()),
        (OPEN, [F, F, F], Health(6, NOW, NOW + RESTS[1])),
        (OPEN, [], OPEN),
    ],
)
def test_five_failures_without_a_success_open_the_breaker(
    before: Health, outcomes: list[Outcome], health: Health
) -> None:
    """A success in between starts the count again, and however wide a round is, it opens it no further."""
    assert after(before, outcomes, NOW, EVEN) == health


def test_the_figures_are_those_that_are_promised() -> None:
    """Whoever changes one changes docs/delivery.md as well."""
    assert [rest.total_seconds() for rest in RESTS] == [10, 30, 60, 120, 300, 600, 900, 1800]
    assert (OPENS_AT, WIDEST) == (5, 32)
    assert timedelta(minutes=1) == SLOWED_AT_LEAST
    assert timedelta(days=5) == GIVEN_UP_AFTER
    assert (GONE, FAILING) == ("gone", "failing")


def test_each_failed_probe_rests_longer_until_half_an_hour() -> None:
    """And the first success closes the breaker."""
    health, moment, rests = Health(4), NOW, []
    for _ in range(12):
        health = after(health, [F], moment, EVEN)
        assert health.rests_until is not None
        assert is_probe(health)
        rests.append(health.rests_until - moment)
        moment = health.rests_until
    assert tuple(rests[: len(RESTS)]) == RESTS
    assert all(shorter < longer for shorter, longer in pairwise(RESTS))
    assert set(rests[len(RESTS) :]) == {timedelta(minutes=30)}
    assert health.failing_since == NOW
    assert after(health, [D], moment, EVEN) == Health()
    assert not is_probe(Health())


@given(CHANCES, some.integers(OPENS_AT, 40))
def test_a_rest_is_jittered_by_a_fifth(chance: float, failures: int) -> None:
    """So that the hubs of one listener do not wake together."""
    health = after(Health(failures - 1, NOW), [F], NOW, chance)
    rest = RESTS[min(failures - OPENS_AT, len(RESTS) - 1)]
    assert health.rests_until is not None
    assert 0.8 * rest <= health.rests_until - NOW <= 1.2 * rest


@pytest.mark.parametrize(
    ("before", "outcomes", "rest"),
    [
        (Health(), [S], SLOWED_AT_LEAST),
        (Health(), [Outcome(Verdict.SLOWED, timedelta(seconds=5))], SLOWED_AT_LEAST),
        (Health(), [Outcome(Verdict.SLOWED, HOUR)], HOUR),
        (Health(), [Outcome(Verdict.FAILED, HOUR)], HOUR),
        (Health(), [Outcome(Verdict.FAILED, timedelta(seconds=5))], timedelta(seconds=5)),
        (Health(), [F, S, F], SLOWED_AT_LEAST),
        (Health(), [Outcome(Verdict.SLOWED, HOUR), S], HOUR),
        (Health(4), [F], RESTS[0]),
        (Health(4), [S], SLOWED_AT_LEAST),
        (Health(9, NOW), [S], RESTS[5]),
        (Health(4), [Outcome(Verdict.FAILED, HOUR)], HOUR),
        (Health(), [D, Outcome(Verdict.FAILED, HOUR)], HOUR),
    ],
)
def test_a_listener_that_wants_to_be_left_alone_is(before: Health, outcomes: list[Outcome], rest: timedelta) -> None:
    """A minute at least when it is overloaded; `Retry-After` when that is longer, or when it comes with any failure."""
    assert after(before, outcomes, NOW, EVEN).rests_until == NOW + rest


def test_a_success_does_not_take_back_what_the_listener_asked_for() -> None:
    """It was under way already; but no failure is left, and the probe after the rest need only succeed."""
    health = after(Health(3), [Outcome(Verdict.SLOWED, HOUR), D, D], NOW, EVEN)
    assert health == Health(0, None, NOW + HOUR)
    assert is_probe(health)
    assert after(health, [D], NOW + HOUR, EVEN) == Health()


def test_a_success_asks_for_nothing() -> None:
    """`Retry-After` beside 202 is about something else."""
    assert after(Health(), [Outcome(Verdict.DELIVERED, HOUR)], NOW, EVEN) == Health()


@pytest.mark.parametrize("outcomes", [[G], [D, G], [G, D], [F, G, S]])
def test_gone_ends_a_hub_at_once(outcomes: list[Outcome]) -> None:
    """Whatever else the listener said; 410 says that it will never want any again."""
    assert after(Health(), outcomes, NOW, EVEN).ended_because == GONE


@pytest.mark.parametrize("outcome", [F, S])
def test_five_days_of_nothing_but_failures_end_a_hub(outcome: Outcome) -> None:
    """Not a moment earlier, and a success at the last moment saves it."""
    open_ = Health(200, NOW, NOW + HOUR)
    last = NOW + GIVEN_UP_AFTER
    assert after(open_, [outcome], last, EVEN).ended_because == FAILING
    assert after(open_, [outcome], last, EVEN).failing_since == NOW
    assert after(open_, [outcome], last - timedelta(milliseconds=1), EVEN).ended_because is None
    assert after(open_, [D], last, EVEN) == Health()
    assert after(open_, [D, outcome], last, EVEN).ended_because is None


def test_a_failure_long_ago_is_not_held_against_a_hub() -> None:
    """Weeks without an event are not weeks of failures: the five days begin when the breaker opens."""
    health = after(Health(), [F], NOW, EVEN)
    later = NOW + timedelta(days=30)
    for _ in range(OPENS_AT):
        health = after(health, [F], later, EVEN)
    assert health.ended_because is None
    assert health.failing_since == later


@given(ROUNDS, CHANCES)
def test_an_ended_hub_stays_as_it_is(outcomes: list[Outcome], chance: float) -> None:
    """An answer that was under way does not bring it back."""
    ended = replace(OPEN, ended_because=GONE)
    assert after(ended, outcomes, NOW, chance) == ended


@given(some.lists(ROUNDS, max_size=30), CHANCES)
def test_health_hangs_together(rounds: list[list[Outcome]], chance: float) -> None:
    """Open is failing, resting, and five failures or more; a round that ends in a success leaves no failures."""
    health = Health()
    for outcomes in rounds:
        health = after(health, outcomes, NOW, chance)
        assert (health.failing_since is not None) == (health.failures >= OPENS_AT)
        assert health.failing_since is None or health.rests_until is not None
        assert is_probe(health) == (health.failing_since is not None or S in outcomes)
        assert (health.failures == 0) == (outcomes[-1] is D)


@pytest.mark.parametrize(
    ("previous", "outcomes", "width"),
    [
        (1, [D], 2),
        (8, [D, D], 16),
        (WIDEST, [D] * WIDEST, WIDEST),
        (24, [D], WIDEST),
        (WIDEST, [*[D] * 31, F], 1),
        (WIDEST, [S, D], 1),
        (4, [G], 1),
        (4, [], 4),
    ],
)
def test_rounds_grow_while_all_goes_well(previous: int, outcomes: list[Outcome], width: int) -> None:
    """Twice as wide each time, up to 32; one failure and it begins again."""
    assert window(previous, outcomes) == width
