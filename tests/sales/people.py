"""People and companies that look real, with a known truth: households, colleagues, firms, namesakes."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from random import Random

from faker import Faker

from tests.sales.records import FIXED, FREE, LOCALES, MOBILE, Record, slug
from tests.sales.records import phone as phone_of
from tests.sales.slips import CORRUPTIONS, WEIGHTS

_TOWNS = (
    "Milano",
    "Torino",
    "Bergamo",
    "Lecce",
    "Pisa",
    "Udine",
    "Bari",
    "Napoli",
    "Como",
    "Terni",
    "Sassari",
    "Cesena",
)
_NAMESAKES, _OTHER_NAME, _CHAINS = 0.35, 0.15, 0.15


@dataclass(slots=True)
class People:
    """Makes entities and records of them; the same seed makes the same. `worse`: so many more slips than usual."""

    seed: int
    worse: int = 0
    chance: Random = field(init=False)
    fakers: dict[str, Faker] = field(init=False)
    made: int = 0
    names: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    firms: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)
        self.fakers = {}
        for locale in LOCALES:
            self.fakers[locale] = Faker(locale)
            self.fakers[locale].seed_instance(self.seed)

    def records(self, entities: int) -> list[Record]:
        """About so many entities with one to three records each, in any order."""
        found: list[Record] = []
        while self.made < entities:
            cluster = self.chance.choices((self._consumers, self._colleagues, self._firm), (45, 45, 10))[0]
            for one in cluster():
                found.append(self._typed(one, 1))
                again = self.chance.choices((0, 1, 2), (55, 35, 10))[0]
                found += [
                    self._typed(one, self.worse + self.chance.choices((1, 2, 3, 4), (35, 35, 20, 10))[0])
                    for _ in range(again)
                ]
        self.chance.shuffle(found)
        return found

    def _next(self) -> int:
        self.made += 1
        return self.made

    def _locale(self) -> tuple[Faker, str, str, tuple[str, ...]]:
        locale = self.chance.choice(tuple(LOCALES))
        return (self.fakers[locale], *LOCALES[locale])

    def _at(self, fake: Faker) -> tuple[str, str, str]:
        return fake.street_address().replace("\n", ", "), fake.postcode(), self._city(fake)

    def _city(self, fake: Faker) -> str:
        """A town; the library takes Italian ones from a set, in another order each time."""
        return self.chance.choice(_TOWNS) if fake is self.fakers["it_IT"] else fake.city()

    def _named(self, fake: Faker, code: str, family: str = "") -> tuple[str, str]:
        """A given and a family name; every third person is a namesake of somebody else, as where there are millions."""
        known = self.names.setdefault(code, [])
        if known and not family and self.chance.random() < _NAMESAKES:
            return self.chance.choice(known)
        known.append((fake.first_name(), family or fake.last_name()))
        return known[-1]

    def _consumers(self) -> Iterator[Record]:
        """A household: one address, mostly one family name, sometimes one telephone and one mailbox for all."""
        fake, code, prefix, _ = self._locale()
        street, postcode, city = self._at(fake)
        (first, family), landline = self._named(fake, code), phone_of(prefix, FIXED, self.chance)
        shared = _mail(family, "", self.chance.choice(FREE), self.chance)
        for number in range(self.chance.choices((1, 2, 3), (70, 22, 8))[0]):
            given, own = (first, family) if number == 0 else self._named(fake, code, family)
            own = fake.last_name() if self.chance.random() < _OTHER_NAME else own
            phone = landline if self.chance.random() < 0.3 else phone_of(prefix, MOBILE, self.chance)
            email = shared if self.chance.random() < 0.1 else _mail(given, own, self.chance.choice(FREE), self.chance)
            yield Record(
                self._next(), code, given, own, email=email, phone=phone, street=street, postcode=postcode, city=city
            )

    def _colleagues(self) -> Iterator[Record]:
        """A company and those who speak for it: one domain, one address, often one telephone."""
        firm = next(self._firm(count=False))
        fake = next(self.fakers[locale] for locale, (code, *_) in LOCALES.items() if code == firm.country)
        prefix = next(prefix for code, prefix, _ in LOCALES.values() if code == firm.country)
        domain = firm.email.partition("@")[2]
        met: set[tuple[str, str]] = set()
        for _ in range(self.chance.choices((1, 2, 3, 5), (45, 30, 15, 10))[0]):
            given, family = self._named(fake, firm.country)
            if (given, family) in met:
                continue  # nobody could tell these two apart
            met.add((given, family))
            phone = firm.phone if self.chance.random() < 0.5 else phone_of(prefix, MOBILE, self.chance)
            email = _mail(given, family, domain, self.chance)
            yield replace(firm, truth=self._next(), given=given, family=family, email=email, phone=phone)

    def _firm(self, *, count: bool = True) -> Iterator[Record]:
        """A company of which nobody is named."""
        fake, code, prefix, forms = self._locale()
        street, postcode, city = self._at(fake)
        name = f"{fake.last_name()} {self.chance.choice((fake.last_name(), city, *_TRADES))}"
        if self.chance.random() < 0.3:
            name = f"{fake.last_name()} & {fake.last_name()} {self.chance.choice(_TRADES)}"
        if self.firms and self.chance.random() < _CHAINS:
            name = self.chance.choice(self.firms)
        self.firms.append(name)
        ending = {"GB": "co.uk", "US": "com"}.get(code, code.lower())
        domain = f"{slug(name)}{self.chance.choice(('', '', code.lower()))}.{ending}"
        number = str(self.chance.randrange(10_000_000, 99_999_999))
        yield Record(
            self._next() if count else 0,
            code,
            company=name,
            form=self.chance.choice(forms),
            email=f"{self.chance.choice(('info', 'office', 'kontakt', 'sales'))}@{domain}",
            phone=phone_of(prefix, FIXED, self.chance),
            street=street,
            postcode=postcode,
            city=city,
            registration=self.chance.choice((code, "")) + number if self.chance.random() < 0.5 else "",
        )

    def _typed(self, record: Record, slips: int) -> Record:
        """What is left of it after so many things went wrong; two ways to tell who it is always stay."""
        for change in self.chance.choices(CORRUPTIONS, WEIGHTS, k=slips):
            after = change(record, self.chance)
            if sum(map(bool, (after.family, after.company, after.email, after.phone))) > 1:
                record = after
        return record


_TRADES = (
    "Logistik",
    "Bau",
    "Consulting",
    "Textiles",
    "Hotel",
    "Bakery",
    "Solar",
    "Elektro",
    "Transport",
    "Media",
    "Foods",
)


def _mail(given: str, family: str, domain: str, chance: Random) -> str:
    first, last = slug(given), slug(family)
    style = chance.choice(("{0}.{1}", "{0}.{1}", "{0}{1}", "{2}.{1}", "{1}", "{0}"))
    local = style.format(first, last or "family", first[:1])
    if domain in FREE and chance.random() < 0.6:
        local += str(chance.randrange(1, 99))
    return f"{local}@{domain}"
