"""One round of deliveries to one hub: those of one resource one after another, different resources side by side."""

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from spanco import clock, telemetry
from spanco.events.rules import schedule
from spanco.events.rules.breaker import Outcome, Verdict, judged
from spanco.events.rules.signature import headers
from spanco.kernel.envelope import Happening, Teller
from spanco.kernel.projection import project_bytes
from spanco.kernel.subscription import subscription
from spanco.store.deliveries import Delivery, Result
from spanco.store.lanes import Lane
from spanco.transport import Courier, PeerError, PeerSlow

_MOST_AT_ONCE = 512
_LOST = "The log no longer holds this event."
_JSON = {"content-type": "application/json;charset=utf-8"}


@dataclass(frozen=True, slots=True, eq=False)
class Sender:
    """How events are sent; a listener has `seconds` to answer, and whoever finds no `room` waits before that."""

    courier: Courier
    teller: Teller
    seconds: float
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_MOST_AT_ONCE))


@dataclass(slots=True)
class Round:
    """What came of a round: results by delivery, outcomes in the order they came, and when which resource is due."""

    results: list[Result] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    aside: list[tuple[tuple[str, str], datetime]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Try:
    """How a listener took one event."""

    moment: datetime
    outcome: Outcome
    status: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Errand:
    """To whom is sent, what the log holds of the events, and until when (monotonic seconds) the lease lasts.

    A try that fails while `probing` speaks of the hub and not of the delivery.
    """

    sender: Sender
    lane: Lane
    log: Mapping[str, Happening]
    until: float
    probing: bool = False

    async def run(self, deliveries: Sequence[Delivery]) -> Round:
        """Send what may still be begun within the lease; what may not is left as it is."""
        chains: dict[tuple[str, str], list[Delivery]] = {}
        for delivery in deliveries:
            chains.setdefault(delivery.resource, []).append(delivery)
        going = Round()
        await asyncio.gather(*(self._send_chain(going, chain) for chain in chains.values()))
        return going

    async def _send_chain(self, going: Round, chain: Sequence[Delivery]) -> None:
        """The deliveries of one resource; when one fails, the later ones step aside with it."""
        for index, delivery in enumerate(chain):
            happening = self.log.get(delivery.event_id)
            if happening is None:
                going.results.append(Result(delivery.id, "dead", reason=_LOST))
            else:
                async with self.sender.room:
                    if time.monotonic() + self.sender.seconds >= self.until:
                        return
                    may_follow = await self._send(going, delivery, happening)
                if not may_follow:
                    going.results += [Result(later.id, "aside") for later in chain[index + 1 :]]
                    return

    async def _send(self, going: Round, delivery: Delivery, happening: Happening) -> bool:
        """Send one; whether the next one of its resource may follow."""
        answer = await self._try(happening)
        going.outcomes.append(answer.outcome)
        if answer.outcome.verdict is Verdict.DELIVERED:
            going.results.append(Result(delivery.id, "delivered", answer.moment, answer.status))
            telemetry.record_delivery("delivered", (answer.moment - happening.occurred_at).total_seconds())
            return True
        tries = delivery.attempts + (not self.probing)
        wait = schedule.wait_before_next(tries, random.random())  # noqa: S311 - it spreads load, it keeps no secret
        telemetry.record_delivery("dead" if wait is None else "failed")
        told = answer.moment, answer.status, answer.reason, not self.probing
        going.results.append(Result(delivery.id, "dead" if wait is None else "aside", *told))
        if wait is not None:
            going.aside.append((delivery.resource, answer.moment + max(wait, answer.outcome.retry_after or wait)))
        return wait is None

    async def _try(self, happening: Happening) -> _Try:
        moment = clock.now()
        body = self._body(happening)
        event_id = self.sender.teller.event_id(happening, plainly=self.lane.topic is not None)
        signed = headers(event_id, moment, body, self._secrets(moment))
        try:
            reply = await self.sender.courier.post(self.lane.callback, body, _JSON | signed)
        except PeerError as error:
            timed_out = isinstance(error, PeerSlow)
            return _Try(moment, Outcome(judged(None, timed_out=timed_out)), reason=error.sentence)
        pause = schedule.retry_after(reply.retry_after, moment) if reply.retry_after else None
        return _Try(moment, Outcome(judged(reply.status), pause), reply.status)

    def _body(self, happening: Happening) -> bytes:
        told = self.sender.teller.told(happening, plainly=self.lane.topic is not None)
        return project_bytes(told, subscription(self.lane.query).fields)

    def _secrets(self, moment: datetime) -> list[str]:
        """The secret, and while it is being changed the former one as well."""
        lane = self.lane
        rotating = lane.former_secret and lane.former_until and moment < lane.former_until
        return [lane.secret, *([lane.former_secret] if rotating and lane.former_secret else [])]
