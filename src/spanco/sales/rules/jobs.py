"""What may be done with an import or export job, and what is to be done for it in which state."""

import codecs
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from typing import TypeVar

from spanco.kernel.errors import BadBody
from spanco.kernel.wire import Document, Json
from spanco.sales.rules.mapping import Mapping, understood
from spanco.sales.rules.matching.pairs import CREATE
from spanco.sales.rules.shapes import BadMapping

WAITING = "waiting"
READING = "reading"
READY = "ready"
CHECKING = "checking"
CHECKED = "checked"
RUNNING = "running"
SUCCEEDED = "succeeded"
FAILED = "failed"
CANCELLED = "cancelled"
REVERTING = "reverting"
REVERTED = "reverted"
EXPIRED = "expired"

WORKED = frozenset({READING, CHECKING, RUNNING, REVERTING})
"""The states in which a worker has something to do."""
PAUSED = frozenset({WAITING, READY, CHECKED})
"""The states in which nothing was written yet, so that file and mapping may change."""
MADE = frozenset({WAITING, RUNNING})
"""The states in which a worker has something to do for an export."""
ASKED = frozenset({CHECKING, RUNNING, REVERTING, CANCELLED})
"""The states that a client may move a job to."""
OUTCOMES = ("created", "linked", "queued", "refused", "known", "repeated")
"""What becomes of a row; the counts of all of them are the rows of the file."""
_RESET = frozenset({CHECKED, FAILED})
_GOALS = {"mapping": READY, "check": CHECKING, "run": RUNNING}
_PATHS = {"salesLead": "/tmf-api/sales/v4/salesLead", "salesOpportunity": "/tmf-api/sales/v4/salesOpportunity"}
_DOCUMENTS = frozenset({"document", "tsm"})
_BATCH = 250
_SLOW = frozenset({"idna", "punycode"})
"""Encodings of single words: with longer texts they take a time that grows with the square of their length."""
_Kind = TypeVar("_Kind", str, int)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a job asks for, read from its document."""

    resource: str
    source: str
    format: str
    encoding: str
    delimiter: str
    sheet: str
    batch: int
    goal: str
    duplicate: str
    mapping: Mapping | None

    @property
    def whole_documents(self) -> bool:
        """Whether each line is a document already, so that there is nothing to map."""
        return self.format in _DOCUMENTS


def completed(document: Document, before: Document | None) -> Document:
    """The job with what it needs; raises BadBody where an option cannot be used.

    A job whose mapping changes after its dry run is to be checked anew.
    """
    encoding = document.get("encoding")
    if isinstance(encoding, str) and not _is_encoding(encoding):
        raise BadBody("encoding", f"'{encoding}' is no encoding; write for example utf-8 or cp1252.")
    if before is None:
        document = {"batch": _BATCH, "goal": "mapping", "duplicate": CREATE, **document}
        if document["resource"] != "salesLead" and document["duplicate"] != CREATE:
            raise BadBody("duplicate", "only leads are compared with each other; leave it out.")
        document["path"] = _PATHS[str(document["resource"])]
    changed = before is not None and before.get("mapping") != document.get("mapping")
    if "mapping" in document and (before is None or changed):
        _check_mapping(document)
    if before is not None and changed and before.get("status") in _RESET and document.get("status") == CHECKED:
        document = {name: value for name, value in document.items() if name not in {"expected", "proposal"}}
        document["status"] = READY
    return document


def completed_export(document: Document, before: Document | None) -> Document:
    """The export job with what it needs."""
    if before is not None:
        return document
    return {"contentType": "text/csv", **document, "path": _PATHS[str(document["resource"])]}


def check_asked(before: Document, after: Document) -> None:
    """Raise BadBody for what a client may not do with a job in the state that it is in."""
    was, wanted = str(before.get("status")), str(after.get("status"))
    if was != wanted and wanted not in ASKED and not (was == CHECKED and wanted == READY):
        raise BadBody(
            "status", f"only the server moves a job to '{wanted}'; ask for one of: {', '.join(sorted(ASKED))}."
        )
    if before.get("mapping") != after.get("mapping") and was not in PAUSED:
        raise BadBody("mapping", f"it cannot change while the job is '{was}'; make another job.")
    unmapped = "mapping" not in after and after.get("format") not in _DOCUMENTS
    if wanted in {CHECKING, RUNNING} and was != wanted and unmapped:
        raise BadBody("mapping", "the job has none yet; give one.")


def wish(document: Document) -> Wish:
    """What the job asks for. Raises BadMapping."""
    told = document.get("mapping")
    mapping = understood(told) if isinstance(told, dict) else None
    source = mapping.source if mapping else _source(document)
    return Wish(
        resource=_of(document, "resource", ""),
        source=source,
        format=_of(document, "format", ""),
        encoding=_of(document, "encoding", ""),
        delimiter=_of(document, "delimiter", ""),
        sheet=_of(document, "sheet", ""),
        batch=_of(document, "batch", _BATCH),
        goal=_of(document, "goal", "mapping"),
        duplicate=_of(document, "duplicate", CREATE),
        mapping=mapping,
    )


def outcome_of(counts: MappingOf[tuple[str, str], int]) -> dict[str, Json]:
    """The counts of rows, by outcome and state, as the job tells them."""
    return {name: sum(rows for (outcome, _), rows in counts.items() if outcome == name) for name in OUTCOMES}


def may_take(document: Document) -> bool:
    """Whether the job may take a file, or another one: no row was written yet, and none is being looked at."""
    status = document.get("status")
    return status in PAUSED or (status in {FAILED, CANCELLED} and not document.get("outcome"))


def after_reading(goal: str) -> str:
    """The state of a job whose file has been looked at."""
    return _GOALS[goal]


def _source(document: Document) -> str:
    return _of(document, "fileName", "") or _of(document, "name", "") or "import"


def _of(document: Document, name: str, default: _Kind) -> _Kind:
    value: Json = document.get(name)
    return value if isinstance(value, type(default)) else default


def _is_encoding(name: str) -> bool:
    """Whether it is an encoding of texts that is read in a time that grows with its length: `zlib` is none."""
    try:
        b"x".decode(name, "replace")
        return codecs.lookup(name).name not in _SLOW
    except (LookupError, ValueError):
        return False


def _check_mapping(document: Document) -> None:
    told = document["mapping"]
    try:
        mapping = understood(told if isinstance(told, dict) else {})
    except BadMapping as error:
        raise BadBody("mapping", str(error)) from error
    if mapping.resource != document.get("resource"):
        raise BadBody("mapping", f"it is for {mapping.resource}, not for {document.get('resource')}.")
