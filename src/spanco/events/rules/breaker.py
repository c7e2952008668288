"""How a hub fares: when it is sent everything, when it rests, when one probe, and when it is given up.

A delivery has tries (see `schedule`), a hub has health, and neither uses up the other:

* A hub that rests is sent nothing, so no delivery loses a try. After the rest one probe is sent, with the delivery that
  is next in line: the first that waits, or else the one that stands aside whose time has come. A probe that fails steps
  aside like any failure, so that the next probe is another one, but it is not counted as a try: it says that the
  hub is down, and nothing about the delivery. A listener that comes back within five days is therefore told everything
  by itself, whichever deliveries were used to look for it, and it is found within half an hour.
* One delivery that always fails while others succeed never opens the breaker: every success starts the count
  again. It uses up its own tries and becomes a dead letter. Where it is all there is to send, it cannot be told from a
  listener that is down, and the hub is given up after five days.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from http import HTTPStatus

from spanco.events.rules.schedule import jittered

OPENS_AT = 5
"""Failures without a success in between."""

RESTS = (
    timedelta(seconds=10),
    timedelta(seconds=30),
    timedelta(minutes=1),
    timedelta(minutes=2),
    timedelta(minutes=5),
    timedelta(minutes=10),
    timedelta(minutes=15),
    timedelta(minutes=30),
)
"""When the breaker opens, and after each probe that fails; the last for every later one."""

SLOWED_AT_LEAST = timedelta(seconds=60)
"""A listener that is overloaded is left alone for so long (as Svix does)."""

GIVEN_UP_AFTER = timedelta(days=5)
"""Of nothing but failures."""

WIDEST = 32
"""Deliveries in one round."""

GONE = "gone"
FAILING = "failing"

_OVERLOADED = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT})


class Verdict(Enum):
    """What became of one try."""

    DELIVERED = auto()
    FAILED = auto()
    SLOWED = auto()
    """The listener is there, but overloaded."""
    GONE = auto()
    """It wants no more."""


@dataclass(frozen=True, slots=True)
class Outcome:
    verdict: Verdict
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Health:
    failures: int = 0
    """Without a success in between; those of one round count as one more once the breaker is open."""
    failing_since: datetime | None = None
    """When the breaker opened."""
    rests_until: datetime | None = None
    ended_because: str | None = None


def judged(status: int | None, *, timed_out: bool = False) -> Verdict:
    """What an answer means (Standard Webhooks, "Delivery success and failure"); None is no answer.

    A redirect is a failure: it is never followed.
    """
    match status:
        case None:
            return Verdict.SLOWED if timed_out else Verdict.FAILED
        case HTTPStatus.GONE:
            return Verdict.GONE
        case _ if status in _OVERLOADED:
            return Verdict.SLOWED
        case _:
            return Verdict.DELIVERED if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES else Verdict.FAILED


def after(health: Health, outcomes: Sequence[Outcome], moment: datetime, chance: float) -> Health:
    """The health of a hub after a round, its outcomes in the order in which they came.

    What failed before a success in the same round is forgotten; a wish to be left alone is not, since the
    success was under way when the listener uttered it.
    """
    if health.ended_because is not None or not outcomes:
        return health
    if any(each.verdict is Verdict.GONE for each in outcomes):
        return replace(health, ended_because=GONE)
    trailing = _trailing_failures(outcomes)
    before = health if trailing == len(outcomes) else Health()
    # A wide round that fails is one sign of an outage, not thirty: it opens the breaker and does no more.
    failures = min(before.failures + trailing, max(before.failures + 1, OPENS_AT))
    failing_since = (before.failing_since or moment) if failures >= OPENS_AT else None
    if failing_since is not None and moment - failing_since >= GIVEN_UP_AFTER:
        return replace(health, failures=failures, ended_because=FAILING)
    rest = max(_rest(failures, chance), _wished(outcomes))
    return Health(failures, failing_since, moment + rest if rest else None)


def is_probe(health: Health) -> bool:
    """Whether what is sent next, once the rest is over, is one delivery alone (half-open), whose failure is no try."""
    return health.rests_until is not None


def window(previous: int, outcomes: Sequence[Outcome]) -> int:
    """How many deliveries the next round may have: twice as many while all succeed, one after a failure.

    So a listener is found out gently, as TCP finds out a path (RFC 5681, slow start).
    """
    if not outcomes:
        return previous
    return 1 if any(each.verdict is not Verdict.DELIVERED for each in outcomes) else min(2 * previous, WIDEST)


def _trailing_failures(outcomes: Sequence[Outcome]) -> int:
    """How many came after the last success."""
    backwards = enumerate(reversed(outcomes))
    return next((count for count, each in backwards if each.verdict is Verdict.DELIVERED), len(outcomes))


def _rest(failures: int, chance: float) -> timedelta:
    """What so many failures in a row are worth."""
    if failures < OPENS_AT:
        return timedelta(0)
    return jittered(RESTS[min(failures - OPENS_AT, len(RESTS) - 1)], chance)


def _wished(outcomes: Sequence[Outcome]) -> timedelta:
    """How long the listener wants to be left alone."""
    refusals = [each for each in outcomes if each.verdict is not Verdict.DELIVERED]
    wishes = [each.retry_after for each in refusals if each.retry_after is not None]
    if any(each.verdict is Verdict.SLOWED for each in refusals):
        wishes.append(SLOWED_AT_LEAST)
    return max(wishes, default=timedelta(0))
