"""Decides what an actor may do and which rows it sees, as a query tree (design D7)."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from spanco.access.actor import Actor
from spanco.access.errors import Forbidden
from spanco.access.grants import DEFAULT, SIGHTS, VERBS, Grant, Sees, Verb
from spanco.kernel.query.ast import EVERYTHING, Compare, Condition, Element, Op

_DECISIONS_KEPT = 10_000
_ROLE = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,63}")
_PATTERN = re.compile(r"\*|[A-Za-z][\w-]*(?:\.[A-Za-z][\w-]*)*\.(?:\*|[A-Za-z][\w-]*)")
_KEYS = ("role", "resources", "verbs", "sees")


class BadPolicy(ValueError):
    """The policy file cannot be used; the message names the place and what may stand there."""


class Policy:
    """A table of grants, asked once per request: decisions are kept by (roles, verb, kind)."""

    def __init__(self, grants: Iterable[Grant] = DEFAULT) -> None:
        self.grants = tuple(grants)
        self.roles = frozenset(grant.role for grant in self.grants)
        self._decided: dict[tuple[frozenset[str], Verb, str], Sees] = {}

    def allow(self, actor: Actor, verb: Verb, kind: str) -> Condition:
        """The rows of a kind on which the actor may do this.

        Who reads adds the answer to the query; who changes or deletes holds the stored document against it.
        Raises `Forbidden` where no grant covers the triple.
        """
        sees = self._decided.get((actor.roles, verb, kind)) or self._decide(actor.roles, verb, kind)
        if sees == "all":
            return EVERYTHING
        return _own(actor.subject)

    def _decide(self, roles: frozenset[str], verb: Verb, kind: str) -> Sees:
        covering = [grant for grant in self.grants if grant.covers(verb, kind)]
        sights = {grant.sees for grant in covering if grant.role in roles}
        if not sights:
            raise Forbidden(roles & self.roles, verb, kind, {grant.role for grant in covering})
        if len(self._decided) >= _DECISIONS_KEPT:
            self._decided.clear()
        return self._decided.setdefault((roles, verb, kind), "all" if "all" in sights else "own")


def load(path: Path | None) -> Policy:
    """The policy of a TOML file, or the default one. Raises `BadPolicy`."""
    if path is None:
        return Policy()
    try:
        return Policy(parse(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise BadPolicy(f"The policy file {path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise BadPolicy(f"The policy file {path} cannot be used. {error}") from error


def parse(text: str) -> tuple[Grant, ...]:
    """The grants of a policy in TOML: a list of `[[grant]]` tables, as docs/access.md shows. Raises `BadPolicy`."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadPolicy(f"It is not TOML: {error}.") from error
    rows = table.pop("grant", None)
    if table:
        raise BadPolicy(f"It has {_quoted(table)}; only [[grant]] tables may stand in it.")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise BadPolicy("It grants nothing; write at least one [[grant]] with role, resources and verbs.")
    return tuple(_grant(row, f"Grant {number}") for number, row in enumerate(rows, start=1))


def _own(subject: str) -> Condition:
    # The caller's own rows are those that name it as a related party (TMF630: a reference carries the id).
    return Element(("relatedParty",), Compare(("id",), Op.EQ, subject))


def _grant(row: Mapping[str, object], place: str) -> Grant:
    unknown = [key for key in row if key not in _KEYS]
    if unknown:
        raise BadPolicy(f"{place} has {_quoted(unknown)}; it may have {_quoted(_KEYS)}.")
    role = row.get("role")
    if not isinstance(role, str) or not _ROLE.fullmatch(role):
        raise BadPolicy(f"{place}: 'role' must be a name such as 'sales', not {role!r}.")
    sees = row.get("sees", "all")
    if sees not in SIGHTS:
        raise BadPolicy(f"{place}: 'sees' must be {_quoted(SIGHTS, ' or ')}, not {sees!r}.")
    resources = _names(row, "resources", place)
    for pattern in resources:
        if not _PATTERN.fullmatch(pattern):
            raise BadPolicy(
                f"{place}: {pattern!r} names no resource; write '*', 'sales.*' or one kind such as 'sales.hub'."
            )
    asked = _names(row, "verbs", place)
    for verb in asked:
        if verb not in VERBS:
            raise BadPolicy(f"{place}: {verb!r} is no verb; the verbs are {_quoted(VERBS)}.")
    return Grant(role, resources, tuple(verb for verb in VERBS if verb in asked), "own" if sees == "own" else "all")


def _names(row: Mapping[str, object], key: str, place: str) -> tuple[str, ...]:
    value = row.get(key)
    if not isinstance(value, list) or not value or not all(isinstance(each, str) for each in value):
        raise BadPolicy(f"{place}: '{key}' must be a list of at least one name, not {value!r}.")
    return tuple(value)


def _quoted(names: Iterable[str], between: str = ", ") -> str:
    return between.join(f"'{name}'" for name in names)
