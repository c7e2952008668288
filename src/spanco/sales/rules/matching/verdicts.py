"""Whether two records are about the same, with reasons: certain, probable or none."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from spanco.kernel.wire import Document
from spanco.sales.rules.matching.comparing import CLOSE, HALF, INITIAL, SAME, Finding, compared
from spanco.sales.rules.matching.evidence import Evidence
from spanco.sales.rules.matching.keys import kind_of
from spanco.sales.rules.matching.weights import CERTAIN, NAMED, PROBABLE, WEIGHTS

Outcome = Literal["certain", "probable", "none"]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How sure it is that two records are about the same; `score` is the sum of the weights of the findings."""

    outcome: Outcome
    score: Decimal
    findings: tuple[Finding, ...]

    def told(self) -> list[Document]:
        """What was found, with what each finding contributes."""
        return [{"field": each.field, "level": each.level, "contribution": weight(each)} for each in self.findings]


def weight(finding: Finding) -> Decimal:
    """The weight of a finding in bits; 0 of one that was never measured."""
    return Decimal(str(WEIGHTS.get(finding.name, 0.0)))


def likeness(one: Evidence, other: Evidence) -> Likeness:
    """Compare two records."""
    findings = compared(one, other)
    score = sum(map(weight, findings), start=Decimal("0.0"))
    if score < PROBABLE:
        return Likeness("none", score, findings)
    return Likeness("certain" if _beyond_doubt(score, findings) else "probable", score, findings)


def _beyond_doubt(score: Decimal, findings: Sequence[Finding]) -> bool:
    """Colleagues and families share much: where persons are named, the person or his own mailbox must be the same."""
    levels = {each.field: each.level for each in findings}
    if levels.get("person") == levels.get("email") == SAME:
        return score >= NAMED
    if score < CERTAIN:
        return False
    if "person" in levels:
        own_mailbox = levels["person"] == INITIAL and levels.get("email") == SAME
        return levels["person"] in {SAME, CLOSE} or own_mailbox
    return levels.get("email") == SAME or not any(each.where == HALF for each in findings)


def shared_kinds(one: Iterable[str], other: Iterable[str]) -> list[str]:
    """The kinds of the keys that two records have in common, without repetitions."""
    others = set(other)
    return list(dict.fromkeys(kind_of(key) for key in one if key in others))
