"""Pairs of records that were found to be alike: one id for the two of them, and what is kept of the finding."""

from collections.abc import Sequence
from hashlib import blake2b
from uuid import UUID

from spanco.kernel.errors import Problem
from spanco.kernel.wire import Document, Json
from spanco.sales.rules.matching.keys import STRONG, kind_of
from spanco.sales.rules.matching.verdicts import Likeness

CREATE, LINK, REJECT = "create", "link", "reject"
WISHES = (CREATE, LINK, REJECT)
"""What a client may prefer to become of a record that is there already, as `Prefer: duplicate=…`."""

PAIR_OPEN = "open"
PAIR_OF_NOBODY: Document = {"status": "dismissed", "statusChangeReason": "One of the two is gone."}


class LikelyDuplicate(Problem):
    """Such a record is there already; look at the candidates, or leave out `Prefer: duplicate=reject`."""

    def __init__(self, candidates: Sequence[Document], capped: Sequence[str] = ()) -> None:
        count = len(candidates)
        what = "a record" if count == 1 else f"{count} records"
        super().__init__(
            f"It is likely about the same as {what} that there {'is' if count == 1 else 'are'} already; "
            "use one of the candidates, or leave out 'Prefer: duplicate=reject' to create it all the same."
        )
        self.details: Document = {"candidates": list(candidates), "capped": list(capped)}


def pair_id(kind: str, one: str, other: str) -> str:
    """The id of the pair of two records of a kind, whichever comes first."""
    digest = blake2b("\n".join((kind, *sorted((one, other)))).encode(), digest_size=16).digest()
    return str(UUID(bytes=digest, version=5))


def pair(kind: tuple[str, str], ids: tuple[str, str], likeness: Likeness, shared: Sequence[str]) -> Document:
    """What is kept of two records (the later id first) of a kind and class: references and reasons, nothing of them."""
    later, earlier = sorted(ids, reverse=True)
    matched: list[Json] = list(shared)
    evidence: list[Json] = list(likeness.told())
    return {
        "record": _reference(kind, later),
        "candidate": _reference(kind, earlier),
        "outcome": likeness.outcome,
        "score": likeness.score,
        "matchedOn": matched,
        "evidence": evidence,
    }


def to_lock(keys: Sequence[str]) -> list[str]:
    """The keys that nobody else may make a record with meanwhile: the strong ones, or all where there are none."""
    return [key for key in keys if kind_of(key) in STRONG] or list(keys)


def _reference(kind: tuple[str, str], id_: str) -> Document:
    return {"id": id_, "kind": kind[0], "@referredType": kind[1]}
