"""All resources that match, as they stand at one moment, one after another in constant memory."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from spanco.kernel.openapi import Resource
from spanco.kernel.query.ast import EVERYTHING, Condition
from spanco.kernel.query.sql import where
from spanco.store.database import Connection
from spanco.store.documents import Row
from spanco.store.statements import literal, statement

_AT_ONCE = 500
_PATIENCE = 3600.0
"""Seconds that the next rows may take: where few of many match, a large table is gone through for them."""


@dataclass(slots=True)
class Walk:
    """Everything of a kind in a tenant that meets a condition, in the order of the ids; walked inside a `snapshot`."""

    resource: Resource
    tenant: str
    condition: Condition
    values: list[object] = field(default_factory=list)

    async def rows(self, connection: Connection) -> AsyncIterator[Row]:
        """One after another, by a cursor of the server; each call is a walk of its own."""
        self.values = []
        sql = self._sql()
        cursor = connection.cursor(sql, *self.values, prefetch=_AT_ONCE, timeout=_PATIENCE)
        async for id_, version, document in cursor:
            yield Row(id_, version, document)

    def _bind(self, value: object) -> str:
        self.values.append(value)
        return f"${len(self.values)}"

    def _sql(self) -> str:
        parts = [f"tenant = {self._bind(self.tenant)}", f"kind = {literal(self.resource.kind)}"]
        if self.condition != EVERYTHING:
            parts.append(where(self.condition, self._bind, self.resource.indexed))
        return statement("walk").replace("{conditions}", " and ".join(parts))
