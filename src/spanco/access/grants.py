"""The table of who may do what: role by resource by verb, and whether all rows are seen or only the caller's own."""

from dataclasses import dataclass
from typing import Literal, get_args

Verb = Literal["read", "create", "update", "delete", "import", "subscribe"]
Sees = Literal["all", "own"]

VERBS: tuple[Verb, ...] = get_args(Verb)
SIGHTS: tuple[Sees, ...] = get_args(Sees)


@dataclass(frozen=True, slots=True)
class Grant:
    """One row. A resource is a pattern over kinds: `*`, `sales.*` or one exact kind. Grants add up; none takes away."""

    role: str
    resources: tuple[str, ...]
    verbs: tuple[Verb, ...]
    sees: Sees = "all"

    def covers(self, verb: Verb, kind: str) -> bool:
        """Whether this row speaks of the verb on the kind."""
        return verb in self.verbs and any(_fits(pattern, kind) for pattern in self.resources)


DEFAULT: tuple[Grant, ...] = (
    Grant("admin", ("*",), VERBS),
    Grant("sales", ("sales.*",), ("read", "create", "update")),
    Grant("marketing", ("sales.*",), ("read", "create")),
    Grant("integration", ("*",), ("read", "create", "update", "subscribe")),
    Grant("auditor", ("*",), ("read",)),
    Grant("importer", ("sales.*",), ("read", "create", "import")),
    Grant("partner", ("sales.*",), ("read",), sees="own"),
)
"""The policy where no file says otherwise; docs/access.md shows the same rows as TOML, and a test holds them equal."""


def _fits(pattern: str, kind: str) -> bool:
    if pattern.endswith("*"):
        return kind.startswith(pattern[:-1])
    return pattern == kind
