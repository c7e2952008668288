"""Keep whole what accounts, prospects and contacts gather: references lead somewhere, no circles, no orphans."""

from collections.abc import Sequence

from spanco.kernel.openapi import Resource
from spanco.kernel.wire import Document, encode
from spanco.sales.rules import gathering
from spanco.sales.rules.gathering import ACCOUNT, DEEPEST, MEMBERS, PROSPECT
from spanco.store import accounts
from spanco.work import Work, Written

_REFERRING = (*MEMBERS, ACCOUNT, PROSPECT)


async def admit_member(work: Work, _: Resource, document: Document, before: Document | None) -> Document:
    """A lead or an opportunity may name only contacts, prospects and accounts that there are."""
    named = gathering.gatherers(document)
    await _check(work, named - (gathering.gatherers(before) if before else frozenset()))
    return document


async def admit_gatherer(work: Work, resource: Resource, document: Document, before: Document | None) -> Document:
    """A prospect or an account may refer only to what there is, and no account stands below itself."""
    fresh = gathering.mentioned(document) - (gathering.mentioned(before) if before else frozenset())
    await _check(work, fresh)
    above = document.get("subsidiaryOf")
    if resource.kind == ACCOUNT and isinstance(above, dict) and (ACCOUNT, above.get("id")) in fresh:
        line = await accounts.ancestors(work.connection, work.actor.tenant, (ACCOUNT, str(above["id"])), DEEPEST)
        own = str(before["id"]) if before else ""
        gathering.check_line(own, str(document.get("name", "")), [(each.id, each.name) for each in line])
    return document


async def keep_gathered(work: Work, resource: Resource, written: Sequence[Written]) -> None:
    """Refuse to remove what others refer to; in the transaction of the removal, which is then undone."""
    for each in written:
        if each.before is None or each.after is not None:
            continue
        first, second, third = gathering.traces(resource.kind, str(each.before["id"]))
        patterns = encode(first), encode(second), encode(third)
        found = await accounts.references(work.connection, work.actor.tenant, _REFERRING, patterns)
        if found:
            raise gathering.still_gathering(resource.kind, found)


async def _check(work: Work, keys: frozenset[gathering.Key]) -> None:
    for kind, id_ in await accounts.missing(work.connection, work.actor.tenant, keys):
        raise gathering.not_there(kind, id_)
