"""Carry out orders about people, one place at a time: forget the person there, or tell what stands there."""

from collections.abc import Sequence
from datetime import timedelta

from spanco.kernel.errors import Moved, NotFound
from spanco.kernel.moments import spell
from spanco.kernel.patch import merge
from spanco.kernel.wire import Document, Json, decode_document, decode_stored, encode
from spanco.operations import Place as At
from spanco.operations import Rewrite, patch, remove
from spanco.sales.actions import tracing
from spanco.sales.rules.gathering import StillGathering
from spanco.sales.rules.places import PLACES, Care, Place
from spanco.sales.rules.treatment import About, is_connected, is_own, rewritten, told, treated
from spanco.store import files, privacy, traces
from spanco.store.privacy import Task
from spanco.store.traces import Trace
from spanco.work import Cause, Work

ERASURE, ACCESS, RETENTION = "spanco.erasure", "spanco.accessExport", "spanco.retentionRule"
BEGUN, DONE = "inProgress", "done"
KEPT = timedelta(days=7)
"""For so long the lines of an access export can be downloaded."""

_SEARCHED = tuple(place for place in PLACES if any(care is not Care.NONE for care in place.columns.values()))
FILES = len(_SEARCHED) + 1
LAST = FILES + 1
"""The step after which nothing of the person is known any more; what is left is to give back the room."""

TOUCHED = sorted({place.table for place in _SEARCHED} | {"privacy_task", "privacy_line", "file_part"})


async def step(work: Work, task: Task) -> None:
    """The next step of an order, in the transaction that holds it."""
    house = work.for_the_house(Cause("privacy", {"order": task.id}))
    await traces.unhurried(work.connection)
    if task.step == 0:
        task.found = await tracing.found_by(house, task)
        await _say(house, task, {"status": BEGUN})
    elif task.step < FILES:
        await _in_place(house, task, _SEARCHED[task.step - 1])
    elif task.step == FILES:
        await _in_files(house, task)
        if not await _is_behind(house, task):
            await _take_away(house, task)
    task.step += 1
    await privacy.advance(work.connection, task)
    if task.step > FILES:
        await privacy.forget_person(work.connection, task)


async def finish(work: Work, task: Task) -> None:
    """Say that it is done, with what was found where."""
    house = work.for_the_house(Cause("privacy", {"order": task.id}))
    said: Document = {"status": DONE, "place": _tally(task), "finishedAt": work.now}
    if task.kind == ACCESS:
        content = f"/spanco/v1/accessExport/{task.id}/content"
        lines = sum(int(each["found"]) for each in task.tally)
        said |= {"lines": lines, "content": content, "expiresAt": spell(work.moment + KEPT)}
    await _say(house, task, said)
    await privacy.close(work.connection, task)


async def _is_behind(work: Work, task: Task) -> bool:
    """Whether something came of the person while places were gone through: then all are gone through once more.

    So a post, mail or file that was waiting when the order began leaves nothing where the order had been already.
    """
    if task.kind != ERASURE or task.person.get("dryRun") is True:
        return False
    found = await tracing.found_besides(work, task)
    if found is None:
        return False
    task.found, task.step = found, 0
    return True


async def _in_place(work: Work, task: Task, place: Place) -> None:
    who = await tracing.about(work, task)
    near = task.kind != RETENTION
    more = ("parent",) if place.table == "resource" else ()
    writes = task.kind != ACCESS and task.person.get("dryRun") is not True
    hunt = tracing.hunt(work, who, near=near)
    rows = await traces.search(work.connection, tracing.table(place, *more), hunt, hold=writes)
    if task.kind == ACCESS:
        rows = [row for row in rows if _is_for(row, place, who) and not _is_of(row, place, task)]
        await _tell(work, task, [_line(place, row, who) for row in rows])
    changed = 0
    if writes:
        for row in rows:
            changed += await (_rewrite(work, row, who) if place.table == "resource" else _treat(work, place, row, who))
    _count(task, place.table, len(rows), changed if writes else None)


async def _rewrite(work: Work, row: Trace, who: About) -> bool:
    """A document, by a change like any other, so that whoever is told of changes is told of this one."""
    assert row.key is not None
    (kind, id_), parent = row.key, row.values["parent"]
    before, own = _document(row), who.is_own(row.key)
    near = own or is_connected({"id": id_, **before}, who)

    def change(document: Document) -> Document:
        kept = {name: each for name, each in document.items() if name != "id"}
        return {"id": document["id"], **rewritten(kind, kept, who, own=own, connected=near)}

    after = change({"id": id_, **before})
    if after == {"id": id_, **before}:
        return False
    resource = work.resources.get(kind)
    if resource is None:  # of an API that is served no more
        kept = {name: each for name, each in after.items() if name != "id"}
        await traces.change(work.connection, row.place, {"document": work.encoded(kept)})
    else:
        await patch(work, resource, At(id_, parent if isinstance(parent, str) else None), Rewrite(change))
    return True


async def _treat(work: Work, place: Place, row: Trace, who: About) -> bool:
    after = treated(place, row.key, row.values, who)
    if after is None and place.together:
        group = place.together, str(row.values[place.together])
        await traces.remove_all(work.connection, place.table, work.actor.tenant, group)
    elif after is None:
        await traces.remove(work.connection, row.place)
    elif place.sole in after:
        await traces.change_or_remove(work.connection, row.place, after)
    elif after:
        await traces.change(work.connection, row.place, after)
    return after is None or bool(after)


def _is_for(row: Trace, place: Place, who: About) -> bool:
    """Whether a row tells something of the person: its own, or one of somebody else in which it is named."""
    return is_own(place, row.key, row.values, who) or bool(told(place, row.key, row.values, who))


def _is_of(row: Trace, place: Place, task: Task) -> bool:
    """Whether a row was written by the order itself: what it told already it does not tell again."""
    return place.table == "privacy_line" and str(row.values[place.together]) == task.id


def _line(place: Place, row: Trace, who: About) -> bytes:
    """A row of the person as a whole; of any other only the texts that name the person."""
    if is_own(place, row.key, row.values, who):
        return encode({"place": place.table, "about": "own", "row": decode_stored(row.whole)})
    key: Document = {"kind": row.key[0], "id": row.key[1]} if row.key else {}
    texts: list[Json] = list(told(place, row.key, row.values, who))
    return encode({"place": place.table, "about": "named", **key, "texts": texts})


async def _tell(work: Work, task: Task, lines: Sequence[bytes]) -> None:
    if lines:
        await privacy.add_lines(work.connection, task, lines, work.moment + KEPT)


async def _in_files(work: Work, task: Task) -> None:
    """Whole files go: what stands in a table cannot be taken out of one without a gap that tells where it was."""
    if task.kind == RETENTION:
        return
    who = await tracing.about(work, task)
    found = await privacy.files_naming(work.connection, tracing.hunt(work, who))
    writes = task.kind == ERASURE and task.person.get("dryRun") is not True
    if task.kind == ACCESS:
        await _tell(work, task, [encode({"place": "file", "about": "named", "id": id_}) for id_ in found])
    for id_ in found if writes else ():
        await files.remove(work.connection, files.Name(work.actor.tenant, id_))
    _count(task, "file", len(found), len(found) if writes else None)


def _count(task: Task, place: str, found: int, changed: int | None) -> None:
    """Note what was found in a place, and how much was changed; of a place that was gone through before what is new."""
    before = next((each for each in task.tally if each["place"] == place), None)
    if before is not None and changed is not None:
        before["found"] += changed
        before["changed"] += changed
    elif found:
        task.tally.append({"place": place, "found": found, **({} if changed is None else {"changed": changed})})


async def _take_away(work: Work, task: Task) -> None:
    """Records that a rule does not only forget but deletes."""
    if task.person.get("remove") is not True:
        return
    who = await tracing.about(work, task)
    for kind, id_ in sorted(who.own):
        try:
            await remove(work, work.resources[kind], At(id_))
        except (NotFound, Moved, StillGathering):
            continue


async def _say(work: Work, task: Task, change: Document) -> None:
    if task.kind != RETENTION:
        await patch(work, work.resources[task.kind], At(task.id), lambda before: merge(before, change))


def _tally(task: Task) -> list[Json]:
    return list(task.tally)


def _document(row: Trace) -> Document:
    value = row.values["document"]
    assert isinstance(value, bytes)
    return decode_document(value)
