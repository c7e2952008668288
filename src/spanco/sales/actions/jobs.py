"""Import jobs as clients see them: made, given a file, changed, moved on, read out, forgotten."""

import hashlib
import io
import zipfile
from collections.abc import Sequence
from datetime import timedelta

from spanco import clock
from spanco.access.actor import Actor
from spanco.kernel.errors import BadBody, NotFound, RefusedMove, TooLarge
from spanco.kernel.openapi import Resource
from spanco.kernel.patch import merge
from spanco.kernel.query.ast import EVERYTHING
from spanco.kernel.query.match import matches
from spanco.kernel.wire import Document, Json, decode_document
from spanco.operations import Place, Rewrite, get, patch
from spanco.sales.actions.desk import JOB
from spanco.sales.actions.refused import errors_of
from spanco.sales.actions.sheets import check_members
from spanco.sales.actions.sources import format_of
from spanco.sales.actions.tables import UnreadableTable
from spanco.sales.rules.jobs import (
    CANCELLED,
    FAILED,
    READING,
    REVERTING,
    RUNNING,
    WORKED,
    check_asked,
    completed,
    may_take,
    outcome_of,
)
from spanco.store import files, jobs
from spanco.store.files import PART, Name
from spanco.store.jobs import Order
from spanco.work import Download, Means, Upload, Work, Written

_TAIL = 1 << 20
_HOURS_TO_SEND = 24
_CSV, _BYTES = "text/csv;charset=utf-8", "application/octet-stream"


def ready(_: Resource, document: Document, before: Document | None) -> Document:
    """With what the job needs; raises BadBody for options that cannot be used."""
    return completed(document, before)


async def admit(work: Work, _: Resource, document: Document, before: Document | None) -> Document:
    """Only who may import such records makes a job of it; only the server moves it where the server moves it."""
    if work.cause.kind != JOB.kind:
        if before is not None:
            check_asked(before, document)
        work.policy.allow(work.actor, "import", f"sales.{document['resource']}")
        if before is not None and document.get("status") == CANCELLED != before.get("status"):
            return await _stopped(work, document, before)
    return document


async def _stopped(work: Work, document: Document, before: Document) -> Document:
    """The job with the counts of what was done; from now on nothing more is, however far its worker was."""
    ticket = await jobs.stopped(work.connection, work.actor.tenant, str(before["id"]))
    if ticket is None:
        return document
    await jobs.clear_rehearsed(work.connection, ticket.place)
    told: Document = {"completionDate": work.now}
    if before.get("status") == RUNNING:
        counts = await jobs.sums(work.connection, ticket)
        told |= {"outcome": outcome_of(counts), "rows": sum(counts.values())}
    return document | told


async def follow(work: Work, resource: Resource, written: Sequence[Written]) -> None:
    """What workers have to do for jobs that were made, moved or removed, in the transaction of that."""
    for each in written:
        after = decode_document(each.after.document) if each.after else None
        await hand_over(work, resource, each, after, WORKED)


async def hand_over(
    work: Work, resource: Resource, change: Written, after: Document | None, worked: frozenset[str]
) -> None:
    """Let workers know of one job; `worked` are the states in which they have something to do."""
    actor = work.actor
    roles = () if work.cause.kind == JOB.kind else tuple(sorted(actor.roles))
    was = str(change.before.get("status")) if change.before else ""
    now = str(after.get("status")) if after else ""
    if after is None:
        await _forget(work, change, was, WORKED if worked is WORKED else frozenset())
    elif change.after is not None:
        order = Order(actor.tenant, change.after.id, now if now in worked else None, actor.subject, roles)
        if change.before is None:
            await jobs.begin(work.connection, order, resource.kind, work.moment)
        elif was != now:
            await jobs.order(work.connection, order)


async def _forget(work: Work, change: Written, was: str, kept: frozenset[str]) -> None:
    if was in kept:
        raise RefusedMove("status", was, "deleted", ())
    assert change.before
    file = await jobs.forget(work.connection, work.actor.tenant, str(change.before["id"]))
    if file:
        await files.remove(work.connection, Name(work.actor.tenant, file))


async def revert(work: Work, resource: Resource, id_: str) -> None:
    """Begin to take the import back."""
    change: Document = {"status": REVERTING}
    await patch(work, resource, Place(id_), lambda before: merge(before, change))


async def take(upload: Upload, resource: Resource, id_: str) -> None:
    """Take the file of a job. What breaks off, is too large or is no table leaves nothing.

    Raises TooLarge, BadBody, and RefusedMove when the job has gone too far for another file.
    """
    means, limit = upload.means, upload.means.import_limit
    async with means.work(upload.actor, JOB) as work:
        visible = work.policy.allow(upload.actor, "update", resource.kind)
        document = decode_document((await get(work, resource, Place(id_))).body)
        # The job goes on on behalf of whoever sends its file, who must be allowed what the file is for.
        work.policy.allow(upload.actor, "import", f"sales.{document['resource']}")
    if visible != EVERYTHING and not matches(visible, {"id": id_, **document}):
        raise NotFound
    _check_taking(document)
    if upload.size is not None and upload.size > limit:
        raise _too_large(limit)
    name = Name(upload.actor.tenant, clock.new_id())
    async with means.database.connected() as connection:
        await files.begin(connection, name, clock.now() + timedelta(hours=_HOURS_TO_SEND))
    sent = _Sent(str(document.get("format", "")), upload.media or str(document.get("contentType", "")))
    try:
        await _store(upload, name, sent, limit)
        await _give(upload, resource, id_, name, sent)
    except BaseException:
        async with means.database.connected() as connection:
            await files.remove(connection, name)
        raise


class _Sent:
    """What is seen of a file while it passes: its size, its digest, its first and its last bytes."""

    def __init__(self, wanted: str, media: str) -> None:
        self.size = 0
        self.media = media
        self._wanted = wanted
        self._digest = hashlib.sha256()
        self._head = self._tail = b""

    @property
    def checksum(self) -> str:
        """The digest of all that passed."""
        return f"sha-256:{self._digest.hexdigest()}"

    def see(self, part: bytes) -> None:
        """The next bytes."""
        self.size += len(part)
        self._digest.update(part)
        self._head = self._head or part[:_TAIL]
        self._tail = (self._tail + part)[-_TAIL:]

    def check(self) -> None:
        """Raise UnreadableTable for what can be told by the ends: no bytes, no table, or a spreadsheet that unfolds."""
        if not self.size:
            raise UnreadableTable("The file is empty.")
        if (format_of(self._head, self.media) if not self._wanted else self._wanted) == "xlsx":
            try:
                with zipfile.ZipFile(io.BytesIO(self._tail)) as archive:
                    check_members(archive.infolist())
            except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
                raise UnreadableTable("The file is no spreadsheet that can be read; save it as .xlsx.") from error


async def _store(upload: Upload, name: Name, sent: _Sent, limit: int) -> None:
    number, waiting = 0, bytearray()
    async for part in upload.parts:
        sent.see(part)
        if sent.size > limit:
            raise _too_large(limit)
        waiting += part
        while len(waiting) >= PART:
            await _add(upload, name, number, bytes(waiting[:PART]))
            del waiting[:PART]
            number += 1
    if waiting:
        await _add(upload, name, number, bytes(waiting))


async def _add(upload: Upload, name: Name, number: int, content: bytes) -> None:
    async with upload.means.database.connected() as connection:
        await files.add(connection, name, number, content)


async def _give(upload: Upload, resource: Resource, id_: str, name: Name, sent: _Sent) -> None:
    """The job has its file, and somebody is to read it; a file that cannot be a table ends the job with the reason."""
    fault = ""
    try:
        sent.check()
    except UnreadableTable as error:
        fault = str(error)

    def changed(before: Document) -> Document:
        _check_taking(before)
        if fault:
            return {**before, "status": FAILED, "errorLog": fault}
        stale = {"errorLog", "expected", "rows", "progress", "column", "completionDate"}
        if "proposal" in before:
            stale |= {"proposal", "mapping", "format", "encoding", "delimiter"}
        told: dict[str, Json] = {"status": READING, "size": sent.size, "checksum": sent.checksum}
        told["url"] = f"/spanco/v1/importJob/{id_}/content"
        return {**{key: value for key, value in before.items() if key not in stale}, **told}

    async with upload.means.work(upload.actor, JOB) as work, work.atomic():
        house = work.for_the_house(JOB)
        await patch(house, resource, Place(id_), Rewrite(changed))
        if not fault:
            until = work.moment + timedelta(days=upload.means.file_days)
            await files.close(work.connection, name, until)
            whose = upload.actor.subject, tuple(sorted(upload.actor.roles))
            await jobs.order(work.connection, Order(name.tenant, id_, READING, *whose))
            former = await jobs.give_file(work.connection, name.tenant, id_, name.id)
            if former:
                await files.remove(work.connection, Name(name.tenant, former))
    if fault:
        raise BadBody("", fault)


def _check_taking(document: Document) -> None:
    """Raise RefusedMove when rows were written already, or are being looked at."""
    if not may_take(document):
        raise RefusedMove("status", str(document.get("status")), READING, ())


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The file is larger than the {limit:,} bytes that this server takes; divide it.")


async def content(means: Means, actor: Actor, resource: Resource, id_: str) -> Download:
    """The file of a job as it was sent, for whoever may import such records. Raises NotFound."""
    async with means.work(actor, JOB) as work:
        document = decode_document((await get(work, resource, Place(id_))).body)
        work.policy.allow(actor, "import", f"sales.{document['resource']}")
        ticket = await jobs.ticket(work.connection, actor.tenant, id_)
        name = Name(actor.tenant, ticket.file) if ticket and ticket.file else None
        size = await files.size_of(work.connection, name) if name else None
    if name is None or size is None:
        raise NotFound("The job has no file, or it is gone.")
    return Download(str(document.get("fileName") or "import"), _BYTES, files.read(means.database, name), size)


async def errors(means: Means, actor: Actor, resource: Resource, id_: str) -> Download:
    """The rows that stayed outside, as a table that can be mended and imported."""
    async with means.work(actor, JOB) as work:
        document = decode_document((await get(work, resource, Place(id_))).body)
        round_ = await jobs.fault_round(work.connection, actor.tenant, id_)
    found = document.get("column")
    header = [str(each) for each in found] if isinstance(found, list) else []
    parts = errors_of(means.database, (actor.tenant, id_, round_), header)
    return Download(f"{document.get('fileName', 'import')}.refused.csv", _CSV, parts)
