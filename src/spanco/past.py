"""What was: one resource as it stood at a moment, as far back as the log is kept."""

from datetime import datetime

from spanco.kernel.errors import BadParameter
from spanco.kernel.moments import spell
from spanco.kernel.openapi import Resource
from spanco.store import history
from spanco.store.documents import Row
from spanco.work import Work


def check(resource: Resource, as_of: datetime | None) -> None:
    """Raise `BadParameter` when the past is asked of what has no log."""
    if as_of is not None and resource.is_view:
        raise BadParameter("asOf", f"Of a {resource.name} only the present is kept; leave it out.")


async def read(work: Work, kind: str, place: tuple[str, str | None], as_of: datetime) -> Row | None:
    """The resource at a place (id and parent id) as it stood then; raises `BadParameter` as `check_kept` does."""
    row = await history.read(work.connection, kind, work.actor.tenant, place, as_of)
    await check_kept(work, as_of)
    return row


async def check_kept(work: Work, as_of: datetime) -> None:
    """Raise `BadParameter` when the log does not reach back so far; asked after a read, lest it be pruned meanwhile."""
    since = await history.kept_since(work.connection)
    if since is not None and as_of < since:
        raise BadParameter("asOf", f"The history is kept since {spell(since)}; ask for that moment or a later one.")
