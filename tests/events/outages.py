"""A hub, a listener that goes down, and a worker, on a virtual clock: what is sent when, by the rules of delivery."""

import random
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from spanco.events.rules.breaker import Health, Outcome, Verdict, after, is_probe, judged, window
from spanco.events.rules.schedule import retry_after, wait_before_next

BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""When the listener goes down."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a listener says to one try; no status: it does not say anything."""

    status: int | None = 200
    retry_after: str | None = None
    timed_out: bool = False

    @property
    def takes(self) -> timedelta:
        return timedelta(seconds=15 if self.timed_out else 0.05)

    def outcome(self, moment: datetime) -> Outcome:
        """What it means to a worker that has it at this moment."""
        return Outcome(judged(self.status, timed_out=self.timed_out), retry_after(self.retry_after, moment))


FINE = Answer()
GONE = Answer(410)
FAILURES = (Answer(None), Answer(500), Answer(503), Answer(404), Answer(302))
OVERLOADED = (Answer(429), Answer(502), Answer(504), Answer(None, timed_out=True))
LEAVE_ME = (
    Answer(429, "120"),
    Answer(503, "3600"),
    Answer(429, "Mon, 02 Mar 2026 15:00:00 GMT"),
    Answer(429, "999999"),
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for the hub: its place in the feed, its resource, and when it comes."""

    position: int
    resource: int
    comes_at: datetime


@dataclass(frozen=True, slots=True)
class Plot:
    """What is going to happen: how long the listener is down, what it answers then, and what it is to be told."""

    length: timedelta
    answers: tuple[Answer, ...]
    deliveries: tuple[Delivery, ...]
    poison: int | None = None
    """The delivery that it never accepts."""
    flaky: float = 0.0
    """The part of tries that fail without any reason."""

    @property
    def back_at(self) -> datetime:
        return BEGIN + self.length

    def answer(self, position: int, moment: datetime, chance: random.Random) -> Answer:
        """What the listener says to a delivery at a moment."""
        if BEGIN <= moment < self.back_at:
            return chance.choice(self.answers)
        return Answer(500) if position == self.poison or chance.random() < self.flaky else FINE


@dataclass(frozen=True, slots=True)
class Send:
    """One try: when it began and ended, of which delivery, and what came of it."""

    began: datetime
    ended: datetime
    delivery: Delivery
    outcome: Outcome

    @property
    def succeeded(self) -> bool:
        return self.outcome.verdict is Verdict.DELIVERED


@dataclass(frozen=True, slots=True)
class Round:
    """What was sent together, in the order in which it was answered, and how the hub fared then."""

    sends: tuple[Send, ...]
    health: Health

    @property
    def ended(self) -> datetime:
        return self.sends[-1].ended


@dataclass(slots=True)
class Story:
    """What has happened, and which deliveries (by position) became dead letters when."""

    plot: Plot
    rounds: list[Round] = field(default_factory=list)
    dead: dict[int, datetime] = field(default_factory=dict)

    @property
    def health(self) -> Health:
        return self.rounds[-1].health if self.rounds else Health()

    @property
    def sends(self) -> list[Send]:
        return [send for each in self.rounds for send in each.sends]


@dataclass(slots=True)
class _Aside:
    """Deliveries of one resource, the first of which failed."""

    due_at: datetime
    behind: list[Delivery]


class Worker:
    """Sends the deliveries of one hub as `spanco worker` does."""

    def __init__(self, plot: Plot, chance: random.Random) -> None:
        self.story = Story(plot)
        self._chance = chance
        self._coming = deque(sorted(plot.deliveries, key=lambda delivery: delivery.comes_at))
        self._line: deque[Delivery] = deque()
        self._asides: dict[int, _Aside] = {}
        self._tries = dict.fromkeys((delivery.position for delivery in plot.deliveries), 0)
        self._window = 1

    def run(self) -> Story:
        """Until everything is told, or the hub is given up."""
        moment = BEGIN - timedelta(days=1)
        while self.story.health.ended_because is None and (then := self._next_due(moment)) is not None:
            moment = max(then, self.story.health.rests_until or then)
            self._let_come(moment)
            moment = self._send_round(self._take(moment), moment)
        return self.story

    def _next_due(self, moment: datetime) -> datetime | None:
        if self._line:
            return moment
        times = [aside.due_at for aside in self._asides.values()]
        times += [self._coming[0].comes_at] if self._coming else []
        return max(moment, min(times)) if times else None

    def _let_come(self, moment: datetime) -> None:
        """What is new joins the line; behind a delivery that stands aside if there is one of its resource."""
        while self._coming and self._coming[0].comes_at <= moment:
            delivery = self._coming.popleft()
            aside = self._asides.get(delivery.resource)
            (aside.behind if aside else self._line).append(delivery)

    def _take(self, moment: datetime) -> list[Delivery]:
        """The next round: a probe is the first in line if there is one, otherwise what is aside and due goes first."""
        due = sorted((aside.due_at, resource) for resource, aside in self._asides.items() if aside.due_at <= moment)
        if is_probe(self.story.health):
            return (
                [self._line.popleft()] if self._line else [self._asides[resource].behind[0] for _, resource in due[:1]]
            )
        found = [delivery for _, resource in due for delivery in self._asides[resource].behind][: self._window]
        while self._line and len(found) < self._window:
            found.append(self._line.popleft())
        return found

    def _send_round(self, deliveries: Sequence[Delivery], moment: datetime) -> datetime:
        """Those of one resource one after another, the resources side by side."""
        chains: dict[int, list[Delivery]] = {}
        for delivery in deliveries:
            chains.setdefault(delivery.resource, []).append(delivery)
        tried = [send for chain in chains.values() for send in self._send_chain(chain, moment)]
        if not tried:  # what has come waits behind what is aside
            return moment
        tried.sort(key=lambda send: send.ended)
        outcomes = [send.outcome for send in tried]
        self._window = window(self._window, outcomes)
        health = after(self.story.health, outcomes, tried[-1].ended, self._chance.random())
        self.story.rounds.append(Round(tuple(tried), health))
        return tried[-1].ended

    def _send_chain(self, chain: Sequence[Delivery], moment: datetime) -> Iterator[Send]:
        for index, delivery in enumerate(chain):
            answer = self.story.plot.answer(delivery.position, moment, self._chance)
            began, moment = moment, moment + answer.takes
            send = Send(began, moment, delivery, answer.outcome(moment))
            yield send
            if not send.succeeded and self._fail(delivery, moment, chain[index + 1 :]):
                return
            self._leave(delivery)

    def _fail(self, delivery: Delivery, moment: datetime, later: Sequence[Delivery]) -> bool:
        """Whether it is to be tried again; those of its resource that are in line step aside with it."""
        self._tries[delivery.position] += not is_probe(self.story.health)
        wait = wait_before_next(self._tries[delivery.position], self._chance.random())
        if wait is None:
            self.story.dead[delivery.position] = moment
            return False
        aside = self._asides.get(delivery.resource)
        if aside is None:
            also = [each for each in self._line if each.resource == delivery.resource]
            self._line = deque(each for each in self._line if each.resource != delivery.resource)
            self._asides[delivery.resource] = _Aside(moment + wait, [delivery, *later, *also])
        else:
            aside.due_at = moment + wait
        return True

    def _leave(self, delivery: Delivery) -> None:
        """It is told or dead: it keeps the later ones of its resource no longer."""
        aside = self._asides.get(delivery.resource)
        if aside is not None:
            aside.behind.remove(delivery)
            if not aside.behind:
                del self._asides[delivery.resource]


def invented(seed: int) -> Story:
    """The story of one outage: seconds to ten days long, of any kind."""
    chance = random.Random(seed)
    length = timedelta(seconds=5 * 172_800 ** (chance.random() ** 1.5))
    kinds = chance.choice((FAILURES, FAILURES, OVERLOADED, (*FAILURES, *OVERLOADED), (*FAILURES, *LEAVE_ME)))
    answers = tuple(chance.sample(kinds, chance.randint(1, 3)))
    if chance.random() < 0.03:
        answers = (*answers, *answers, GONE)
    invent = crowd if chance.random() < 0.03 else trickle
    plot = Plot(length, answers, tuple(invent(chance, length)), flaky=chance.choice((0, 0, 0.05)))
    return Worker(plot, chance).run()


def crowd(chance: random.Random, _: timedelta) -> Iterator[Delivery]:
    """Many at once, so that the listener goes down in the middle of a wide round."""
    at = BEGIN - timedelta(seconds=chance.random())
    resources = chance.randint(8, 80)
    return (Delivery(position, chance.randrange(resources), at) for position in range(chance.randint(80, 160)))


def trickle(chance: random.Random, length: timedelta) -> Iterator[Delivery]:
    """Some, from before the outage until after it."""
    at = BEGIN - timedelta(minutes=chance.choice((0, 0, 30)))
    resources = chance.randint(1, 12)
    for position in range(chance.choice((1, 3, 10, 25))):
        yield Delivery(position, chance.randrange(resources), at)
        if chance.random() < 0.5:
            at = max(at, BEGIN + length * (1.1 * chance.random()))
