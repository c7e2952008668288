"""What all invented documents share: the dice, the calendar, the teams, and the small shapes of TMF699."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from math import log
from random import Random

from spanco.demo.market import OPERATOR, SEASON, Offering, Segment, Team, teams
from spanco.demo.people import Person
from spanco.kernel.moments import spell
from spanco.kernel.wire import Document, Json

CURRENCY = "EUR"

_DAYS = 548
_GROWTH = 1.0
_WEEKEND = 5
_OPENS, _CLOSES = 8, 18
_WEEKEND_SHARE = 0.25
_NIGHT_SHARE = 0.15
_STEADY = 0.6
_COSTLY = 1000  # euros a month; bought in ones and twos


@dataclass(frozen=True, slots=True)
class Scene:
    """One seeded world; everything is drawn from its dice in a fixed order, so a seed tells one story."""

    chance: Random
    today: datetime
    teams: tuple[Team, ...]
    days: tuple[datetime, ...]
    crowds: tuple[float, ...]

    def beginning(self, *, office_hours: bool) -> datetime:
        """A moment of the last year and a half: more often lately, in season, on working days."""
        while True:
            day = self.chance.choices(self.days, cum_weights=self.crowds)[0]
            moment = self.clocked(day, office_hours=office_hours)
            if moment < self.today and not (office_hours and day.weekday() >= _WEEKEND):
                return moment

    def clocked(self, day: datetime, *, office_hours: bool) -> datetime:
        """A time of that day: at work from 8 to 18, at home until midnight."""
        night = not office_hours and self.chance.random() < _NIGHT_SHARE
        hour = self.chance.choice((6, 7, 19, 20, 21, 22, 23)) if night else self.chance.randrange(_OPENS, _CLOSES)
        minute, second = self.chance.randrange(60), self.chance.randrange(60)
        return day.replace(hour=hour, minute=minute, second=second, microsecond=0)

    def later(self, moment: datetime, median_days: float, spread: float = _STEADY) -> datetime:
        """A moment at work after that one; half of them within the median, few of them much later."""
        return self.at_work(moment + timedelta(days=self.chance.lognormvariate(log(median_days), spread)))

    def at_work(self, moment: datetime) -> datetime:
        """The moment itself, or one on the next working day when nobody works then."""
        if moment.hour >= _CLOSES:
            moment = self.clocked(moment + timedelta(days=1), office_hours=True)
        elif moment.hour < _OPENS:
            moment = self.clocked(moment, office_hours=True)
        free = 7 - moment.weekday() if moment.weekday() >= _WEEKEND else 0
        return (moment + timedelta(days=free)).replace(microsecond=0)

    def yes(self, share: float) -> bool:
        """True as often as the share says."""
        return self.chance.random() < share


def stage(seed: int, today: datetime) -> Scene:
    """The world of a seed, seen on a day."""
    chance = Random(seed)  # noqa: S311  invented data, nothing secret
    midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
    days = tuple(midnight - timedelta(days=back) for back in range(_DAYS, -1, -1))
    weights = [
        (1 + _GROWTH * number / _DAYS) * SEASON[day.month - 1] * (_WEEKEND_SHARE if day.weekday() >= _WEEKEND else 1.0)
        for number, day in enumerate(days)
    ]
    return Scene(chance, today, teams(chance), days, tuple(accumulate(weights)))


def reference(id_: str, name: str, referred: str) -> Document:
    """A reference to an entity of another component."""
    return {"id": id_, "name": name, "@referredType": referred}


def party(role: str, id_: str, name: str, referred: str) -> Document:
    """A related party in a role."""
    return {"role": role, **reference(id_, name, referred)}


def sellers(team: Team, seller: Person) -> list[Json]:
    """Who of ours is concerned."""
    return [
        party("salesAgent", seller.id, seller.name, "Individual"),
        party("salesManager", team.manager.id, team.manager.name, "Individual"),
        party("salesTeam", f"team-{team.region.id}", f"{OPERATOR} {team.region.name}", "Organization"),
    ]


def money(cents: int) -> Document:
    """An amount of the currency of the demo."""
    return {"unit": CURRENCY, "value": Decimal(cents).scaleb(-2)}


def period(start: datetime, days: int) -> Document:
    """A period from that moment on."""
    return {"startDateTime": spell(start), "endDateTime": spell(start + timedelta(days=days))}


def note(author: str, moment: datetime, text: str) -> Document:
    """What somebody wrote down."""
    return {"author": author, "date": spell(moment), "text": text}


def priced(scene: Scene, segment: Segment, offering: Offering) -> tuple[int, int]:
    """Cents that the offering brings: once, and again within a year; more units, more discount."""
    units = max(1, round(segment.units * scene.chance.lognormvariate(0, segment.spread)))
    if offering.monthly > _COSTLY:
        units = max(1, units // 20)
    if offering.category == "Internet of things":
        units *= 40
    discount = min(35, scene.chance.randint(0, 8) + 4 * len(str(units)))
    percent = 100 - discount
    return offering.once * units * percent, offering.monthly * 12 * units * percent
