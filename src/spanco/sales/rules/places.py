"""Every place in which something of a person can stand, column by column, and what becomes of it.

A test walks the schema: a column of text, JSON or bytes that is not listed here fails it. So whoever adds a table says
here whether it can hold something of a person, and how that is found, shown and taken away.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Care(Enum):
    """What becomes of a value when the person is forgotten; `own` are rows about the person."""

    NONE = "nothing of a person stands here"
    DOCUMENT = "own: what is counted is kept, the rest is taken out; else: what names the person is"
    CAUSE = "own: what kind of cause it was is kept; else: what names the person is taken out"
    TRACES = "what names the person is taken out"
    CONTENT = "own, or handed in by the person: forgotten; else: what names the person is taken out"
    BLANK = "own, or naming the person: emptied; else left"
    KEY = "own and not made by a machine, or naming the person: a keyed hash takes its place"
    KEYS = "the same, for the elements of a list that belong to own ids"
    DROP_ROW = "own, or naming the person: the whole row goes"


@dataclass(frozen=True, slots=True)
class Place:
    """One table. `own` names the columns of a kind and an id that make a row one of the person's.

    Where there is no column of a kind it is the kind itself, with a dot in it. `columns` lists what needs care,
    `nothing` gives the reason for every other column that could hold text. `beside` names the column of the ids that
    belong to the elements of a list. With `removed` the whole row goes when it is the person's; with `together` every
    row that has the same in that column goes when one of them names the person or refers to what is the person's.
    `sole` names a column in which no two rows have the same.
    """

    table: str
    says: str
    columns: Mapping[str, Care] = field(default_factory=dict)
    nothing: Mapping[str, str] = field(default_factory=dict)
    own: tuple[str, str] | None = None
    beside: str = ""
    removed: bool = False
    together: str = ""
    sole: str = ""


_EVENT = {
    "before": Care.DOCUMENT,
    "after": Care.DOCUMENT,
    "cause": Care.CAUSE,
    "actor": Care.TRACES,
    "correlation": Care.KEY,
    "changed": Care.TRACES,
}
_SENTENCE = "a sentence of ours about a listener, never what it said"
_LEASE = "the name of a worker"

PLACES: tuple[Place, ...] = (
    Place(
        "resource",
        "the documents themselves, written with an event each",
        {"document": Care.DOCUMENT},
        own=("kind", "id"),
    ),
    Place("event", "the history, and what hubs are told", _EVENT, own=("kind", "resource_id")),
    Place(
        "idempotency",
        "answers kept for clients that repeat a request, for a day",
        {"key": Care.DROP_ROW, "headers": Care.TRACES, "body": Care.TRACES},
        {"fingerprint": "a digest of a request, gone within a day or as set"},
    ),
    Place(
        "origin",
        "which row of a file became what",
        {"source": Care.TRACES, "row_id": Care.KEY},
        own=("kind", "id"),
        sole="row_id",
    ),
    Place(
        "lane",
        "what a hub wants to be told of",
        {"query": Care.TRACES, "callback": Care.TRACES, "scope": Care.TRACES},
        {
            "digest": "of the address and query of a hub",
            "subject": "on whose behalf: somebody of ours",
            "roles": "roles of somebody of ours",
            "secret": "a random key",
            "former_secret": "a random key",
            "ended_because": _SENTENCE,
            "leased_by": _LEASE,
        },
    ),
    Place(
        "delivery", "what was sent to whom, by ids; the body is made from the history", nothing={"reason": _SENTENCE}
    ),
    Place("outbox", "ids of events that are to be passed on; the body is made from the history"),
    Place("feed", "ids of events in the order of their commits; the body is made from the history"),
    Place("aside", "ids of what waits"),
    Place("orphan", "ids of hubs that are gone"),
    Place("replay", "ids of events to send again", nothing={"events": "ids", "dead_letters": "ids"}),
    Place("pruned", "a moment"),
    Place("posted", "ids of events that were posted to topics"),
    Place("reader", "how far somebody has read", nothing={"name": "of a reader of ours", "leased_by": _LEASE}),
    Place("final_state", "which states are final"),
    Place("privacy_key", "the key of the hashes", nothing={"key": "random"}),
    Place(
        "privacy_task",
        "what is under way; it is emptied when it is done",
        nothing={"person": "emptied at the end", "found": "emptied at the end", "tally": "counts"},
    ),
    Place("privacy_line", "access exports", {"line": Care.DROP_ROW}, together="task"),
    Place("match_key", "what records have in common", {"key": Care.DROP_ROW}, own=("kind", "id"), removed=True),
    Place("match_todo", "ids of records to be compared"),
    Place("match_renewal", "how far match keys are renewed", nothing={"rules": "our rules, and countries"}),
    Place("moved", "ids of what was merged"),
    Place(
        "merge_image",
        "documents as a merge found and left them",
        {"before": Care.DOCUMENT, "after": Care.DOCUMENT},
        own=("kind", "id"),
    ),
    Place("file", "how large files are; what stands in them is searched as a whole"),
    Place("file_part", "files of jobs, removed as a whole", nothing={"content": "searched by statement, file by file"}),
    Place("job", "which files are worked on", nothing={"subject": "somebody of ours", "roles": "of somebody of ours"}),
    Place("job_key", "which rows are alike", nothing={"digest": "of the key of a row, gone with its job"}),
    Place(
        "job_chunk",
        "which rows became what",
        {"ids": Care.NONE, "row_ids": Care.KEYS},
        {"tally": "counts"},
        beside="ids",
    ),
    Place("job_joined", "which rows belong to what", {"row_id": Care.KEY}, own=("sales.salesLead", "id")),
    Place(
        "job_rehearsed",
        "what a dry run that is under way would have created; gone when it ends",
        {"document": Care.DROP_ROW},
    ),
    Place("job_rehearsed_key", "match keys of the same", {"key": Care.DROP_ROW}),
    Place("job_fault", "rows that stayed outside, and why", {"cells": Care.BLANK, "reason": Care.TRACES}),
    Place(
        "submission",
        "what strangers posted",
        {
            "content": Care.CONTENT,
            "reason": Care.TRACES,
            "once": Care.KEY,
            "address": Care.BLANK,
        },
        {
            "origin": "form, key or mail",
            "door": "an id",
            "language": "of a page",
            "digest": "of what was posted; it says nothing once that is gone",
            "token": "a digest of something random",
        },
        own=("sales.salesLead", "lead_id"),
        sole="once",
    ),
    Place(
        "mail_thread",
        "which lead a mail belongs to",
        {"message_id": Care.DROP_ROW},
        own=("sales.salesLead", "lead_id"),
        removed=True,
    ),
    Place("capture_door", "ids of forms and keys", nothing={"name": "an id or a digest of a key"}),
    Place("capture_salt", "random", nothing={"salt": "random"}),
)

IDS = frozenset(
    {"tenant", "kind", "id", "parent", "resource_id", "event_id", "hub_id", "type", "topic", "api", "progress", "state"}
    | {"task", "merge_id", "heir", "job", "file", "lead_id"}
)
"""Columns that hold ids, kinds and states of ours wherever they stand."""
