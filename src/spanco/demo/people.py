"""Invented people: common names, mail on `.example`, telephone numbers that are set aside for fiction."""

from dataclasses import dataclass
from random import Random

from spanco.sales.rules.cells import slug


@dataclass(frozen=True, slots=True)
class Country:
    """Names and places of one country; `telephone` has a # for each free digit of a range that rings nowhere."""

    code: str
    name: str
    given: tuple[str, ...]
    family: tuple[str, ...]
    cities: tuple[tuple[str, str], ...]
    streets: tuple[str, ...]
    telephone: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who does not exist."""

    id: str
    given: str
    family: str
    country: Country

    @property
    def name(self) -> str:
        """As it is written on a card."""
        return f"{self.given} {self.family}"

    def email(self, domain: str) -> str:
        """The address at a domain, which must end in `.example` (RFC 2606)."""
        return f"{slug(self.given)}.{slug(self.family)}@{domain}"


def words(text: str) -> tuple[str, ...]:
    """The words of a text; easier to read and to sort than a list."""
    return tuple(text.split())


# Ofcom, BNetzA, ARCEP and PTS name ranges for films and books; the other countries here have none, so get no number.
BRITAIN = Country(
    code="GB",
    name="United Kingdom",
    given=words("Amelia Callum Eleanor Freya Gareth Harriet Imogen Lewis Morag Niamh Owen Priya Rhys Tobias Yasmin"),
    family=words("Ashdown Birtles Cawthorne Dunmore Eastlake Fairhurst Garrick Holroyd Inglewood Kershaw Lockwood"),
    cities=(("Leeds", "LS1 9ZZ"), ("Bristol", "BS1 9ZZ"), ("Glasgow", "G2 9ZZ"), ("Cardiff", "CF10 9ZZ")),
    streets=("Foundry Lane", "Canal Street", "Harbour Road", "Mill Yard"),
    telephone="+44 7700 900###",
)
GERMANY = Country(
    code="DE",
    name="Germany",
    given=words("Annika Bernd Claudia Dieter Elif Falk Greta Henrik Ina Jörg Katrin Lennart Mehmet Silke Uwe Wiebke"),
    family=words("Ahlers Brückner Dornbusch Eichstädt Freitag Grünwald Hölscher Kessel Lindqvist Möhring Petersen"),
    cities=(("Berlin", "10999"), ("Bremen", "28199"), ("Leipzig", "04109"), ("Köln", "50999")),
    streets=("Gerberstraße 14", "Am Alten Hafen 3", "Werkstraße 27", "Lindenallee 88"),
    telephone="+49 30 23125###",
)
FRANCE = Country(
    code="FR",
    name="France",
    given=words("Adèle Bastien Chloé Damien Élodie Fabrice Gaëlle Hugo Inès Julien Léa Mathieu Noémie Rémi Zoé"),
    family=words("Aubertin Besnard Chauvet Delcourt Esnault Fournel Garrigue Hénin Jacquemin Lavergne Montagnier"),
    cities=(("Lyon", "69009"), ("Nantes", "44200"), ("Lille", "59800"), ("Toulouse", "31400")),
    streets=("12 rue des Tanneurs", "4 quai du Moulin", "31 avenue des Forges", "7 place du Marché"),
    telephone="+33 1 99 00 ## ##",
)
SWEDEN = Country(
    code="SE",
    name="Sweden",
    given=words("Agneta Björn Cecilia Elin Filip Gunilla Håkan Ingrid Johan Kajsa Lovisa Mattias Nils Örjan Saga Åsa"),
    family=words("Ahlgren Bergqvist Dahlin Ekström Forsmark Grönvall Hedlund Kjellberg Lundell Nyström Sjöberg Öberg"),
    cities=(("Göteborg", "411 04"), ("Uppsala", "753 20"), ("Malmö", "211 20"), ("Umeå", "903 26")),
    streets=("Hamngatan 9", "Skeppsbron 21", "Kvarngatan 5", "Storgatan 40"),
    telephone="+46 31 39006##",
)
SPAIN = Country(
    code="ES",
    name="Spain",
    given=words("Álvaro Begoña Carlos Dolores Elena Francisco Gemma Íñigo Lucía Marta Núria Óscar Paula Rubén Sofía"),
    family=words("Arrieta Bermúdez Castañeda Echeverría Fuentes Garmendia Iglesias Llorente Montoro Ordóñez Quiroga"),
    cities=(("Valencia", "46001"), ("Bilbao", "48001"), ("Sevilla", "41001"), ("Zaragoza", "50001")),
    streets=("Calle del Puerto 8", "Avenida del Molino 15", "Calle Nueva 22", "Paseo de la Ribera 3"),
)
ITALY = Country(
    code="IT",
    name="Italy",
    given=words("Alessia Bruno Chiara Davide Elisa Fabio Giulia Lorenzo Marta Niccolò Ornella Paolo Silvia Tommaso"),
    family=words("Arrighi Baldini Carrara Donadoni Fabbri Gualtieri Lombardi Marchetti Novelli Pellegrino Rinaldi"),
    cities=(("Torino", "10121"), ("Bologna", "40121"), ("Bari", "70121"), ("Genova", "16121")),
    streets=("Via dei Mulini 6", "Corso del Porto 44", "Via Nuova 19", "Piazza delle Erbe 2"),
)
POLAND = Country(
    code="PL",
    name="Poland",
    given=words("Agnieszka Bartosz Celina Dariusz Ewa Grażyna Jakub Katarzyna Łukasz Magda Paweł Rafał Sylwia Żaneta"),
    family=words("Adamczyk Brzozowski Dąbek Góralczyk Jabłonka Kowalik Leśniak Małecka Nowicki Pająk Sośnicka Wrona"),
    cities=(("Gdańsk", "80-001"), ("Łódź", "90-001"), ("Wrocław", "50-001"), ("Poznań", "60-001")),
    streets=("ul. Młyńska 11", "ul. Portowa 3", "ul. Kolejowa 52", "ul. Ogrodowa 7"),
)
NETHERLANDS = Country(
    code="NL",
    name="Netherlands",
    given=words("Anouk Bram Daphne Emiel Femke Gijs Hanneke Joost Karin Lotte Maarten Nienke Pieter Roos Wietske"),
    family=words("Akkerman Boonstra Dijkhuis Engelen Groeneveld Hoekstra Kuipers Molenaar Nijland Postma Veenstra"),
    cities=(("Utrecht", "3511 ZZ"), ("Groningen", "9711 ZZ"), ("Eindhoven", "5611 ZZ"), ("Zwolle", "8011 ZZ")),
    streets=("Havenstraat 17", "Molenweg 4", "Stationsplein 29", "Kanaaldijk 8"),
)
COUNTRIES = (BRITAIN, GERMANY, FRANCE, SWEDEN, SPAIN, ITALY, POLAND, NETHERLANDS)


def person(chance: Random, id_: str, country: Country) -> Person:
    """Somebody from the country."""
    return Person(id_, chance.choice(country.given), chance.choice(country.family), country)


def telephone(chance: Random, country: Country) -> str | None:
    """A number out of the country's range for fiction; None where there is no such range."""
    if not country.telephone:
        return None
    return "".join(str(chance.randrange(10)) if sign == "#" else sign for sign in country.telephone)
