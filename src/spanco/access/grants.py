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


_GATHERERS = (
    "spanco.salesContact",
    "spanco.salesContact.*",
    "spanco.prospect",
    "spanco.prospect.*",
    "spanco.salesAccount",
    "spanco.salesAccount.*",
    "spanco.accountTotal",
)

_REGISTERS = ("spanco.register", "spanco.register.entry")

_CONTACTING = ("spanco.contactCheck", "spanco.contactPreference")

_IMPORTS, _EXPORTS = ("spanco.importJob",), ("spanco.exportJob",)

DEFAULT: tuple[Grant, ...] = (
    Grant("admin", ("*",), VERBS),
    Grant("sales", ("sales.*",), ("read", "create", "update")),
    Grant("sales", _GATHERERS, ("read", "create", "update")),
    Grant("marketing", ("sales.*",), ("read", "create")),
    Grant("marketing", _GATHERERS, ("read", "create")),
    Grant("integration", ("*",), ("read", "create", "update", "subscribe")),
    Grant("auditor", ("*",), ("read",)),
    Grant("importer", ("sales.*",), ("read", "create", "import")),
    Grant("partner", ("sales.*",), ("read",), sees="own"),
    Grant("sales", _REGISTERS, ("read",)),
    Grant("marketing", _REGISTERS, ("read",)),
    Grant("importer", _REGISTERS, ("read",)),
    Grant("partner", _REGISTERS, ("read",)),
    Grant("sales", ("spanco.merge",), ("read", "create", "update")),
    Grant("sales", ("spanco.duplicateCandidate",), ("read", "update")),
    Grant("sales", ("spanco.duplicateCheck",), ("create",)),
    Grant("marketing", ("spanco.duplicateCheck",), ("create",)),
    Grant("importer", _IMPORTS, ("read", "create", "update", "delete")),
    Grant("importer", _EXPORTS, ("read", "create", "delete")),
    Grant("sales", _EXPORTS, ("read", "create", "delete")),
    Grant("marketing", _EXPORTS, ("read", "create", "delete")),
    Grant("sales", _CONTACTING, ("read", "create")),
    Grant("marketing", _CONTACTING, ("read", "create")),
)
"""The policy where no file says otherwise; docs/access.md shows the same rows as TOML, and a test holds them equal."""


def _fits(pattern: str, kind: str) -> bool:
    if pattern.endswith("*"):
        return kind.startswith(pattern[:-1])
    return pattern == kind
