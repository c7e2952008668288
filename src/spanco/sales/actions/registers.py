"""Registers at work: there from the start for every tenant, asked when a code is chosen, kept in mind for a second.

Others read registers by `entries`, `codes` and `labels`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from spanco.access.errors import Forbidden
from spanco.kernel.labels import remembered
from spanco.kernel.moments import spell
from spanco.kernel.openapi import Resource
from spanco.kernel.wire import Document, decode_document, encode
from spanco.sales.rules import registers as rules
from spanco.sales.rules.registers import Entry, Guards, entry_id, entry_of, text_of
from spanco.store import registers as store
from spanco.store.registers import BuiltIn
from spanco.work import Work, Written

MOST_READ = 10_000
"""So many entries of one register are read at once, the first by their codes."""

_READY, _GUARDS = "registers", "guards"
_MOST_KNOWN = 100_000


async def entries(work: Work, name: str, *, valid: bool = True) -> Sequence[Entry]:
    """The entries of a register by their codes: those valid today (UTC), or all; at most `MOST_READ`.

    They are kept for a second in this process, so asking once per row of an import is cheap. No policy is asked: what
    a register says is not secret to the rules. An unknown register has no entries.
    """
    tenant, question = work.actor.tenant, ("entries", name, valid, _today(work))
    kept = work.recent.get(tenant, question)
    if kept is not None and isinstance(kept[0], tuple):
        return kept[0]
    await make_ready(work)
    day = _today(work) if valid else None
    found = tuple(
        entry_of(id_, document) for id_, document in await store.entries(work.connection, tenant, name, MOST_READ, day)
    )
    work.recent.put(tenant, question, found)
    return found


async def codes(work: Work, name: str) -> frozenset[str]:
    """The codes of a register that are valid today, as a set that is kept for a second: ask it once per row."""
    tenant, question = work.actor.tenant, ("codes", name, _today(work))
    kept = work.recent.get(tenant, question)
    if kept is not None and isinstance(kept[0], frozenset):
        return kept[0]
    found = frozenset(entry.code for entry in await entries(work, name))
    work.recent.put(tenant, question, found)
    return found


async def labels(work: Work, name: str, languages: Sequence[str] = (), moment: str | None = None) -> Mapping[str, str]:
    """The label of every code of a register, retired ones too: in the first of these languages that it has.

    `languages` are tags such as `cs-CZ`, the most wanted first (`kernel.labels.ranges` reads them from a header);
    `moment`, canonically spelled, asks for the labels of then.
    """
    found = await entries(work, name, valid=False)
    return {entry.code: text_of(entry, languages, moment or work.now) for entry in found}


async def make_ready(work: Work) -> None:
    """The registers that are there from the start are there for this tenant. It is remembered, so it costs once."""
    ready, mark = work.recent.ready, (_READY, work.actor.tenant)
    if mark in ready:
        return
    registers, built_in_entries, _ = _built_in()
    await store.make(work.connection, work.actor.tenant, registers, built_in_entries)
    if not work.connection.is_in_transaction():  # else it may be taken back
        if len(ready) >= _MOST_KNOWN:
            ready.clear()
        ready.add(mark)


async def admit(work: Work, resource: Resource, document: Document, before: Document | None) -> Document:
    """A document whose codes can be chosen by this actor on that day; raises `BadBody` or `Forbidden`.

    Without any attribute that a register may guard, nothing is asked of the store.
    """
    names = rules.suspects(resource, _built_in()[2], document, before)
    if not names:
        return document
    guards = await _guards(work)
    choices = [
        _Choice(name, code, guards[resource.name, name])
        for name in names
        if (resource.name, name) in guards
        for code in rules.newly_chosen(name, document, before)
    ]
    if choices:
        day = rules.day_of(resource, document, before, _today(work))
        known = await _chosen(work, [id_ for choice in choices for id_ in choice.ids])
        for choice in choices:
            await _check(work, choice, [entry for id_ in choice.ids if (entry := known[id_])], day)
    return document


async def choose(work: Work, choice: tuple[str, str], register: str) -> None:
    """Something of the house's own chooses a code today, by (attribute, code); raises `BadBody` or `Forbidden`."""
    chosen = _Choice(*choice, (register,))
    found = await _chosen(work, chosen.ids)
    await _check(work, chosen, [each for each in found.values() if each], _today(work))


async def admit_entry(work: Work, _: Resource, document: Document, before: Document | None) -> Document:
    """An entry that remembers its former labels."""
    return remembered(before, document, rules.LABEL, work.now)


async def changed(work: Work, _: Resource, __: Sequence[Written]) -> None:
    """What this process kept in mind of the registers of this tenant is no longer right."""
    work.recent.forget(work.actor.tenant)


@dataclass(frozen=True, slots=True)
class _Choice:
    """A code that an attribute chooses, and the registers that guard it."""

    attribute: str
    code: str
    registers: tuple[str, ...]

    @property
    def ids(self) -> list[str]:
        return [entry_id(register, self.code) for register in self.registers]


async def _check(work: Work, choice: _Choice, found: Sequence[Entry], day: str) -> None:
    entry = next((each for each in found if each.is_valid(day)), None)
    if entry is None:
        valid: list[str] = []
        for register in choice.registers:
            rows = await store.entries(work.connection, work.actor.tenant, register, rules.MOST_NAMED + 1, day)
            valid += [entry_of(*row).code for row in rows]
        raise rules.refusal((choice.attribute, choice.code), choice.registers, next(iter(found), None), valid)
    if entry.privilege is not None and entry.privilege not in work.actor.roles:
        raise Forbidden(work.actor.roles, "choose", f"{choice.attribute} '{entry.code}'", {entry.privilege})


async def _guards(work: Work) -> Guards:
    kept = work.recent.get(work.actor.tenant, _GUARDS)
    if kept is not None:
        return kept[0]  # type: ignore[return-value] # only what is put below stands under this question
    await make_ready(work)
    found = rules.guards_of(await store.guarding(work.connection, work.actor.tenant))
    work.recent.put(work.actor.tenant, _GUARDS, found)
    return found


async def _chosen(work: Work, ids: Sequence[str]) -> Mapping[str, Entry | None]:
    """These entries by their ids, None for those that are not there; only what is not in mind is read."""
    tenant = work.actor.tenant
    found: dict[str, Entry | None] = {}
    for id_ in ids:
        kept = work.recent.get(tenant, id_)
        if kept is not None:
            found[id_] = kept[0]  # type: ignore[assignment] # an id is asked for here only
    missing = [id_ for id_ in ids if id_ not in found]
    if missing:
        await make_ready(work)
        documents = await store.chosen(work.connection, tenant, missing)
        for id_ in missing:
            found[id_] = entry_of(id_, documents[id_]) if id_ in documents else None
            work.recent.put(tenant, id_, found[id_])
    return found


def _today(work: Work) -> str:
    return spell(work.moment)[:10]


@cache
def _built_in() -> tuple[list[BuiltIn], list[BuiltIn], frozenset[str]]:
    """The registers of this release, their entries, and the attributes that they guard."""
    registers: list[BuiltIn] = []
    found: list[BuiltIn] = []
    guarded: set[str] = set()
    folder = files("spanco.sales").joinpath("registers")
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        document = decode_document(file.read_bytes())
        listed = document.pop("entry")
        name = str(document["name"])
        registers.append((name, None, encode({"@type": "Register", **document})))
        guarded |= {attribute for _, attribute in rules.guards_of([(name, document.get("attribute"))])}
        for each in listed if isinstance(listed, list) else []:
            assert isinstance(each, dict)
            code = str(each["code"])
            entry = {"@type": "RegisterEntry", "labelVersion": 1, "name": code, **each}
            found.append((entry_id(name, code), name, encode(entry)))
    return registers, found, frozenset(guarded)
