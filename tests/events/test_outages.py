"""Ten thousand outages on a virtual clock: what every one of them must hold (goals D2, D3 and D10)."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

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
    is_probe,
)
from spanco.events.rules.schedule import AT_MOST, JITTER, WAITS
from tests.events.outages import BEGIN, FAILURES, Delivery, Plot, Round, Story, Worker, invented

Check = Callable[[Story], Iterator[str]]

OUTAGES = 10_000
PARTS = 10

LONGEST_REST = RESTS[-1] * (1 + JITTER)
HOUR = timedelta(hours=1)
SHORTEST_REST = RESTS[-1] * (1 - JITTER)


def never_sent_in_a_rest(story: Story) -> Iterator[str]:
    """Nor more than one to look whether the listener is back, nor ever more than a round may hold."""
    before = Health()
    for each in story.rounds:
        began = min(send.began for send in each.sends)
        if before.rests_until is not None and began < before.rests_until:
            yield f"sent at {began} in a rest until {before.rests_until}"
        if len(each.sends) > (1 if is_probe(before) else WIDEST):
            yield f"{len(each.sends)} at once, at {began}"
        before = each.health


def wishes_are_honoured(story: Story) -> Iterator[str]:
    """`Retry-After`, and a minute for a listener that is overloaded."""
    free_at = BEGIN - timedelta(days=1)
    for each in story.rounds:
        if each.sends[0].began < free_at:
            yield f"sent at {each.sends[0].began} instead of {free_at}"
        for send in each.sends:
            least = SLOWED_AT_LEAST if send.outcome.verdict is Verdict.SLOWED else timedelta(0)
            free_at = max(free_at, each.ended + max(least, send.outcome.retry_after or least))


def told_in_order(story: Story) -> Iterator[str]:
    """Of one resource nothing is sent before the earlier ones are told or dead; and nothing is told twice."""
    before: dict[int, list[int]] = {}
    told: set[int] = set()
    tried: set[int] = set()
    for delivery in story.plot.deliveries:
        before.setdefault(delivery.resource, []).append(delivery.position)
    for send in story.sends:
        position = send.delivery.position
        if position in told:
            yield f"sent {position} again"
        if position not in tried:
            dead = {each for each, moment in story.dead.items() if moment <= send.began}
            early = {each for each in before[send.delivery.resource] if each < position} - told - dead
            yield from (f"sent {position} before {each}" for each in early)
        tried.add(position)
        if send.succeeded:
            told.add(position)


def too_late(story: Story) -> Iterator[Round]:
    """The rounds of nothing but failures five days or more after the breaker opened; all counted anew."""
    streak, opened = 0, None
    for each in story.rounds:
        for send in each.sends:
            streak, opened = (0, None) if send.succeeded else (streak + 1, opened)
        opened = opened or (each.ended if streak >= OPENS_AT else None)
        if opened is not None and each.ended - opened >= GIVEN_UP_AFTER:
            yield each


def given_up_after_five_days(story: Story) -> Iterator[str]:
    """Neither earlier nor later than with the first failure after them, and never without them; 410 ends it at once."""
    ends = {
        GONE: [each for each in story.rounds if any(send.outcome.verdict is Verdict.GONE for send in each.sends)],
        FAILING: list(too_late(story)),
    }
    for reason, ending in ends.items():
        if ending != [each for each in story.rounds if each.health.ended_because == reason]:
            yield f"{reason} is not what it was at {[each.ended for each in ending]}"
        if ending and ending != story.rounds[-1:]:
            yield f"sent after it was {reason}"


def told_by_itself(story: Story) -> Iterator[str]:
    """A hub that is not given up is told everything, and it is given up only where nobody came back in time."""
    told = {send.delivery.position for send in story.sends if send.succeeded}
    missing = len(story.plot.deliveries) - len(told)
    if story.health.ended_because is None and (missing or story.dead):
        yield f"{missing} were never told"
    if story.health.ended_because == FAILING and story.plot.length < GIVEN_UP_AFTER:
        yield f"given up after an outage of {story.plot.length}"


def found_soon(story: Story) -> Iterator[str]:
    """Within a rest of the end of the outage, unless the listener asked for more."""
    down = [send for send in story.sends if send.began < story.plot.back_at]
    asked = max((send.outcome.retry_after or timedelta(0) for send in down), default=timedelta(0))
    latest = story.plot.back_at + max(LONGEST_REST, asked) + timedelta(seconds=16)
    waiting = bool(down) and not down[-1].succeeded and story.health.ended_because is None
    if waiting and story.sends[len(down)].began > latest:
        yield f"found only at {story.sends[len(down)].began}"


def not_hammered(story: Story) -> Iterator[str]:
    """One round may fail as a whole; after that a listener is asked every half hour or so."""
    failed = sum(not send.succeeded for send in story.sends)
    lasted = min(story.plot.length, GIVEN_UP_AFTER + AT_MOST)
    if failed > OPENS_AT - 1 + WIDEST + len(RESTS) + lasted / SHORTEST_REST:
        yield f"{failed} failures in {lasted}"


STEADY = (found_soon, not_hammered)
ALWAYS = (never_sent_in_a_rest, wishes_are_honoured, told_in_order, given_up_after_five_days, told_by_itself)


@pytest.mark.parametrize("part", range(PARTS))
def test_ten_thousand_outages(part: int) -> None:
    """Seconds to ten days long, seeded; what is wrong is named with the seed of its story."""
    wrong = []
    for seed in range(part, OUTAGES, PARTS):
        story = invented(seed)
        checks = ALWAYS if story.plot.flaky else ALWAYS + STEADY
        wrong += [f"{seed}: {each}" for check in checks for each in check(story)]
    assert wrong == []


def lonely(length: timedelta, *comes_at: timedelta) -> Story:
    """An outage with one delivery when it begins, and others of other resources so much later."""
    plot = Plot(length, FAILURES, tuple(Delivery(n, n, BEGIN + at) for n, at in enumerate((timedelta(0), *comes_at))))
    return Worker(plot, random.Random(7)).run()


def spoil(story: Story, **changes: Any) -> Story:
    """The same story with every try changed."""
    return replace(
        story,
        rounds=[replace(each, sends=tuple(replace(send, **changes) for send in each.sends)) for each in story.rounds],
    )


def spoilt() -> Iterator[tuple[Check, Story]]:
    """For each check, stories that it must not let pass."""
    good, never = lonely(HOUR), lonely(2 * GIVEN_UP_AFTER)
    *rounds, last = good.rounds
    end = Health(ended_because=FAILING)
    late = replace(last.sends[0], began=last.ended + HOUR)
    alone = good.plot.deliveries[0]
    yield never_sent_in_a_rest, spoil(good, began=BEGIN)
    yield never_sent_in_a_rest, replace(good, rounds=[*rounds, replace(last, sends=last.sends * 2)])
    yield wishes_are_honoured, spoil(good, outcome=Outcome(Verdict.SLOWED))
    yield wishes_are_honoured, spoil(good, outcome=Outcome(Verdict.FAILED, GIVEN_UP_AFTER))
    yield told_in_order, replace(good, rounds=[*rounds, last, last])
    yield told_in_order, spoil(good, delivery=replace(alone, position=1))
    yield given_up_after_five_days, replace(good, rounds=[replace(last, health=end), *rounds])
    yield given_up_after_five_days, replace(good, rounds=[*rounds, replace(last, health=end)])
    yield given_up_after_five_days, replace(never, rounds=[replace(each, health=Health()) for each in never.rounds])
    yield given_up_after_five_days, replace(never, rounds=[*never.rounds, last])
    yield given_up_after_five_days, spoil(good, outcome=Outcome(Verdict.GONE))
    yield told_by_itself, replace(good, rounds=[*rounds, replace(last, sends=rounds[0].sends)])
    yield told_by_itself, replace(good, rounds=[replace(last, health=end)])
    yield found_soon, replace(good, rounds=[*rounds, replace(last, sends=(late,))])
    yield not_hammered, replace(good, rounds=rounds * 20)


@pytest.mark.parametrize(("check", "story"), list(spoilt()))
def test_a_story_that_goes_wrong_is_caught(check: Check, story: Story) -> None:
    """Each check finds what it is for."""
    assert list(check(story))


@pytest.mark.parametrize("hours", [1, 12, 72, 96, 119.9])
def test_one_delivery_alone_outlasts_any_outage_of_less_than_five_days(hours: float) -> None:
    """Goal D3: it is told by itself within the hour, and its tries are not used up looking for the listener."""
    story = lonely(timedelta(hours=hours))
    assert story.health == Health()
    assert story.sends[-1].succeeded
    assert story.sends[-1].began - story.plot.back_at < timedelta(hours=1)


def test_a_hub_is_given_up_after_five_days() -> None:
    """Whether it was sent one event or many."""
    for story in (
        lonely(timedelta(days=6)),
        lonely(timedelta(days=6), *(timedelta(hours=hour) for hour in range(144))),
    ):
        assert story.health.ended_because == FAILING
        assert not story.dead
        assert timedelta(0) <= story.sends[-1].ended - BEGIN - GIVEN_UP_AFTER < timedelta(hours=2)


def test_one_poisonous_event_becomes_a_dead_letter_and_harms_nobody() -> None:
    """While others succeed the breaker never opens; its tries span three days, and what waited behind it follows."""
    others = [Delivery(n, n % 7, BEGIN + timedelta(minutes=10 * n)) for n in range(1000)]
    story = Worker(Plot(timedelta(0), (), tuple(others), poison=3), random.Random(11)).run()
    tries = [send for send in story.sends if send.delivery.position == 3]
    assert set(story.dead) == {3}
    assert len(tries) == len(WAITS) + 1
    assert tries[-1].ended - tries[0].ended >= timedelta(hours=72)
    assert all(each.health.failing_since is None for each in story.rounds)
    assert len({send.delivery for send in story.sends if send.succeeded}) == len(others) - 1
    assert list(told_in_order(story)) == []


def test_a_poisonous_event_never_keeps_a_hub_from_being_found() -> None:
    """After an outage the probes take what waits before what stands aside: the poison does not bar the way."""
    others = [Delivery(n, n, BEGIN + timedelta(hours=n)) for n in range(200)]
    plot = Plot(timedelta(hours=30), FAILURES, tuple(others), poison=0)
    story = Worker(plot, random.Random(13)).run()
    assert set(story.dead) == {0}
    assert len({send.delivery for send in story.sends if send.succeeded}) == len(others) - 1


def test_the_stories_are_of_every_kind() -> None:
    """A check over nothing would pass for ever."""
    stories = [invented(seed) for seed in range(300)]
    assert {story.health.ended_because for story in stories} == {None, FAILING, GONE}
    rounds = [each for story in stories for each in story.rounds]
    outcomes = [send.outcome for each in rounds for send in each.sends]
    assert {outcome.verdict for outcome in outcomes} == set(Verdict)
    assert max(story.plot.length for story in stories) > timedelta(days=8)
    assert max(outcome.retry_after or SLOWED_AT_LEAST for outcome in outcomes) == AT_MOST
    assert any(len(each.sends) == WIDEST for each in rounds)
    assert any(len([send for send in each.sends if not send.succeeded]) > 20 for each in rounds)
