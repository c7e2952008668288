"""Which records are old enough to be forgotten: by what they are, where they came from and how they ended."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from spanco.kernel.errors import BadBody
from spanco.kernel.moments import spell
from spanco.kernel.query.ast import Compare, Condition, Exists, Not, Op, all_of
from spanco.kernel.wire import Document
from spanco.sales.rules.erasure import ERASED_AT, LEAD, OPPORTUNITY
from spanco.sales.rules.gathering import ACCOUNT, CONTACT, PROSPECT

CHECK = "spanco.contactCheck"
_SINCE = {
    LEAD: ("statusChangeDate", "creationDate"),
    OPPORTUNITY: ("statusChangeDate", "creationDate"),
    CONTACT: ("changedAt", "createdAt"),
    PROSPECT: ("changedAt", "createdAt"),
    ACCOUNT: ("changedAt", "createdAt"),
    CHECK: ("createdAt",),
}
_BY_NAME = {kind.rpartition(".")[2]: kind for kind in _SINCE}


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it is applied: `remove` takes the record away besides forgetting its person."""

    kind: str
    condition: Condition
    remove: bool


def rule_of(document: Document, moment: datetime) -> Rule:
    """The rule of a document, for one moment. Raises `BadBody` where it cannot be applied."""
    kind = _BY_NAME.get(str(document.get("resource")))
    if kind is None:
        raise BadBody("resource", f"one of {', '.join(sorted(_BY_NAME))} is needed.")
    since = document.get("since") or _SINCE[kind][0]
    if since not in _SINCE[kind]:
        raise BadBody("since", f"one of {', '.join(_SINCE[kind])} is needed for this resource.")
    remove = document.get("action") == "erase"
    if kind == CHECK and not remove:
        raise BadBody("action", "a contactCheck holds no person; only 'erase' makes sense.")
    days = document["afterDays"]
    assert isinstance(days, int)
    parts: list[Condition] = [Compare((str(since),), Op.LT, spell(moment - timedelta(days=days)))]
    if not remove:
        parts.append(Not(Exists((ERASED_AT,))))
    for name, attribute in (("state", "status"), ("source", "leadSource")):
        wanted = document.get(name)
        if isinstance(wanted, str):
            parts.append(Compare((attribute,), Op.EQ, wanted))
    return Rule(kind, all_of(parts), remove)
