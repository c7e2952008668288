"""Names of persons: titles left out, which is the family name, nicknames known."""

import re
from dataclasses import dataclass
from functools import lru_cache

from spanco.sales.rules.cleaning.nicknames import FORMAL
from spanco.sales.rules.cleaning.text import LONGEST, fold, listed, plain_vowels, sound

_MEMORY = 10_000
_MOST_WORDS = 6
_TITLES = listed(
    """
    bc bca bsc ba csc dipl dds dr drs drsc ddr doc don dna esq fr frau hc herr hon ing ir iii ii jr judr lic llb
    llm llp ma mag magister mba mdr mddr mgr miss mister mme mlle monsieur mr mrs ms msc mudr mvdr pan pani
    paedr phd pharmdr phdr phmr prof professor rer rndr rsdr sig signor signora sir sr sra srta thdr thlic univ
    madame mesdames dipling habil med nat oec pol jur
    """
)
_DOTTED = re.compile(
    r"\b(?:ph\.?\s?d|c\.?\s?sc|m\.\s?b\.\s?a|[mb]\.\s?sc|[mb]\.\s?a|dr\.\s?h\.\s?c)\b\.?", re.IGNORECASE
)
_PARTICLES = listed(
    """
    al bin da dal de del della den der des di do dos du el ibn la le van vel von y zu zum zur
    """
)


@dataclass(frozen=True, slots=True)
class Person:
    """A name in folded words; which are the given ones is known only where the text says so, else it is a guess."""

    given: tuple[str, ...]
    family: tuple[str, ...]

    @property
    def key(self) -> str:
        """The name in any order, with nicknames as their formal names."""
        return " ".join(sorted((*map(formal, self.given), *self.family)))

    @property
    def sounds(self) -> tuple[str, ...]:
        """What the words sound like, in any order; particles and initials left out."""
        return tuple(sorted({sound(formal(word)) for word in (*self.given, *self.family) if len(word) > 1}))

    @property
    def whole(self) -> bool:
        """Whether there are a given and a family name, and neither is an initial."""
        return any(len(word) > 1 for word in self.given) and any(len(word) > 1 for word in self.family)


def formal(word: str) -> str:
    """The name by which a given name and its nicknames are compared."""
    return FORMAL.get(word, word)


@lru_cache(maxsize=_MEMORY)
def person(text: str) -> Person | None:
    """The person in `Dr. Jana Okafor, MBA`, `OKAFOR Jana` or `Okafor, Jana`; None when no word is left.

    Before a comma stands the family name, unless what follows are titles; a word in capitals among others is the family
    name; else the last word is, with the particles before it.
    """
    text = text[:LONGEST]
    before, comma, after = text.partition(",")
    if comma and _kept(before) and _kept(after):
        return _person(_kept(after), _kept(before))
    kept = _kept(text)
    if not kept:
        return None
    capitals = {fold(word) for word in re.findall(r"\b[^\W\d_a-z]{3,}\b", text) if word.isupper()}
    loud = tuple(word for word in kept if word in capitals)
    if loud and len(loud) < len(kept):
        return _person(tuple(word for word in kept if word not in capitals), loud)
    at = len(kept) - 1
    while at > 1 and kept[at - 1] in _PARTICLES:
        at -= 1
    return _person(kept[:at], kept[at:])


@lru_cache(maxsize=_MEMORY)
def named(given: str, family: str) -> Person | None:
    """The person whose given and family name stand apart; one may be empty."""
    return _person(_kept(given), _kept(family)) if given or family else None


def _person(given: tuple[str, ...], family: tuple[str, ...]) -> Person | None:
    family = tuple(word for word in family if word not in _PARTICLES) or family
    if not family:
        given, family = given[:-1], given[-1:]
    return Person(given, family) if family else None


def _kept(text: str) -> tuple[str, ...]:
    """The words of a name without titles and numbers, umlauts in one spelling."""
    found = fold(_DOTTED.sub(" ", text[:LONGEST]).replace(".", ". ")).split()
    kept = [word for word in found if word not in _TITLES and not any(letter.isdigit() for letter in word)]
    return tuple(plain_vowels(word) for word in kept)[:_MOST_WORDS]
