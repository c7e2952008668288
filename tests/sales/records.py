"""What somebody typed of a person or a company, with its truth, as the document of a lead."""

from dataclasses import dataclass, field
from random import Random

from anyascii import anyascii

from spanco.kernel.wire import Document, Json

LOCALES = {
    "cs_CZ": ("CZ", "+420", ("s.r.o.", "a.s.", "spol. s r.o.", "v.o.s.")),
    "de_DE": ("DE", "+49", ("GmbH", "AG", "GmbH & Co. KG", "OHG", "UG (haftungsbeschränkt)")),
    "en_GB": ("GB", "+44", ("Ltd", "Limited", "PLC", "LLP")),
    "en_US": ("US", "+1", ("Inc.", "LLC", "Corp.", "Inc")),
    "fr_FR": ("FR", "+33", ("SARL", "S.A.", "SAS", "EURL")),
    "pl_PL": ("PL", "+48", ("Sp. z o.o.", "S.A.", "Sp. j.")),
    "it_IT": ("IT", "+39", ("S.r.l.", "S.p.A.", "Snc")),
    "es_ES": ("ES", "+34", ("S.L.", "S.A.", "S.L.U.")),
}
DIGITS = {"+420": 9, "+49": 10, "+44": 10, "+1": 10, "+33": 9, "+48": 9, "+39": 10, "+34": 9}
MOBILE = {"+420": "6", "+49": "15", "+44": "7", "+1": "2", "+33": "6", "+48": "5", "+39": "3", "+34": "6"}
FIXED = {"+420": "2", "+49": "30", "+44": "20", "+1": "3", "+33": "1", "+48": "22", "+39": "06", "+34": "91"}
FREE = (
    "gmail.com",
    "seznam.cz",
    "gmx.de",
    "yahoo.com",
    "hotmail.com",
    "outlook.com",
    "wp.pl",
    "libero.it",
    "orange.fr",
)


@dataclass(frozen=True, slots=True)
class Record:
    """What somebody typed of an entity; `truth` says which one it is."""

    truth: int
    country: str
    given: str = ""
    family: str = ""
    company: str = ""
    form: str = ""
    email: str = ""
    phone: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    registration: str = ""
    name: str = field(default="")

    def document(self) -> Document:
        """As a lead."""
        contacts = [
            _medium("email", emailAddress=self.email),
            _medium("phone", phoneNumber=self.phone),
            _medium("postalAddress", street1=self.street, postCode=self.postcode, city=self.city, country=self.country),
        ]
        person = self.name or f"{self.given} {self.family}".strip()
        company = f"{self.company} {self.form}".strip() if self.company else ""
        parties = [("Organization", company, "prospect"), ("Individual", person, "contact")]
        reached: list[Json] = [each for each in contacts if each]
        related: list[Json] = [
            {"id": str(number), "name": name, "role": role, "@referredType": of}
            for number, (of, name, role) in enumerate(parties)
            if name
        ]
        related.append({"id": "7", "name": "Mirela Stanic", "role": "salesAgent", "@referredType": "Individual"})
        lead: Document = {"name": "Fibre for the office", "prospectContact": reached, "relatedParty": related}
        if self.registration:
            lead["characteristic"] = [{"name": "vatNumber", "value": self.registration}]
        return lead


def _medium(of: str, **said: str) -> Document:
    """A way to reach somebody; nothing when only a country would be said."""
    kept = {name: value for name, value in said.items() if value}
    return {"mediumType": of, "characteristic": dict(kept)} if kept.keys() - {"country"} else {}


def slug(text: str) -> str:
    return "".join(filter(str.isalnum, anyascii(text).lower()))[:24]


def phone(prefix: str, starts: dict[str, str], chance: Random) -> str:
    """A number in E.164 of a country and sort."""
    own = starts[prefix]
    return prefix + own + "".join(str(chance.randrange(10)) for _ in range(DIGITS[prefix] - len(own)))
