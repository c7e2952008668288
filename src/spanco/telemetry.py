"""What operators see: metrics and logs that name routes, times and outcomes, and never a person."""

import hashlib
import logging
import os
import sys
import traceback
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec
import structlog
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector
from structlog.typing import EventDict, Processor, WrappedLogger

# --- metrics: labels hold what the server's own tables name; never a tenant, a subject or what somebody asked for

_SHARED_BY = "PROMETHEUS_MULTIPROC_DIR"  # the library reads it once, when it is imported
_SHARED = _SHARED_BY in os.environ
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SERIES_KEPT = 10_000
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

METRICS_TYPE = CONTENT_TYPE_LATEST

_registry = CollectorRegistry()
_requests = Counter(
    "spanco_requests_total", "Requests answered", ["api", "resource", "method", "status"], registry=_registry
)
_seconds = Histogram(
    "spanco_request_seconds", "Time to answer", ["resource", "method"], registry=_registry, buckets=_BUCKETS
)
_in_flight = Gauge(
    "spanco_requests_in_flight", "Requests being served", registry=_registry, multiprocess_mode="livesum"
)
_pool = Gauge(
    "spanco_database_connections",
    "Connections to the database",
    ["state"],
    registry=_registry,
    multiprocess_mode="livesum",
)
_writes = Counter("spanco_writes_total", "Resources written", ["resource", "verb"], registry=_registry)
_events = Counter("spanco_events_total", "Events written", ["event"], registry=_registry)

_deliveries = Counter("spanco_deliveries_total", "Tries to deliver an event", ["outcome"], registry=_registry)
_delivery_seconds = Histogram(
    "spanco_delivery_seconds",
    "Time from a change to the try that delivered its event",
    registry=_registry,
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 600.0, 3600.0, 86400.0),
)
_dead = Counter("spanco_dead_letters_total", "Deliveries that were given up", registry=_registry)
_ended = Counter("spanco_hubs_ended_total", "Hubs that were given up", ["reason"], registry=_registry)
_backlog = Gauge(
    "spanco_events_waiting",
    "Events to be matched, deliveries to be made",
    ["what"],
    registry=_registry,
    multiprocess_mode="mostrecent",
)

_submissions = Counter(
    "spanco_submissions_total", "Posts of strangers that were accepted", ["origin"], registry=_registry
)
_outcomes = Counter("spanco_submission_outcomes_total", "What became of them", ["outcome"], registry=_registry)

_capped = Counter(
    "spanco_match_keys_capped_total", "Match keys that too many records share", ["key"], registry=_registry
)

_streams = Gauge("spanco_streams", "Clients that follow the events", registry=_registry, multiprocess_mode="livesum")

_recorders: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
began = _in_flight.inc
"""Call when a request begins …"""
ended = _in_flight.dec
"""… and when it ends, however it ends."""
stream_began = _streams.inc
"""Call when a client begins to follow the events …"""
stream_ended = _streams.dec
"""… and when it no longer does."""


def record(resource: str, method: str, status: int, seconds: float) -> None:
    """Count one answered request. `resource` is a kind such as `api.resource`, "" outside of every API."""
    recorder = _recorders.get((resource, method, status)) or _recorder(resource, method, status)
    recorder[0].inc()
    recorder[1].observe(seconds)


def record_write(resource: str, verb: str, count: int = 1) -> None:
    """Count resources of one kind that were created, updated, deleted or imported."""
    _written(resource, verb).inc(count)


def record_event(event: str, count: int = 1) -> None:
    """Count events of one type that were written."""
    _raised(event).inc(count)


@lru_cache(maxsize=1024)
def _written(resource: str, verb: str) -> Counter:
    return _writes.labels(resource, verb)


@lru_cache(maxsize=1024)
def _raised(event: str) -> Counter:
    return _events.labels(event)


def record_delivery(outcome: str, seconds: float | None = None) -> None:
    """Count a try to deliver; where it succeeded, how long after the change."""
    _deliveries.labels(outcome).inc()
    if seconds is not None:
        _delivery_seconds.observe(seconds)


def record_capped(key: str) -> None:
    """Count a match key of this kind that more records share than are looked at."""
    _capped.labels(key).inc()


def record_dead_letters(count: int) -> None:
    """Count deliveries that were given up."""
    _dead.inc(count)


def record_hub_ended(reason: str) -> None:
    """Count a hub that was given up."""
    _ended.labels(reason).inc()


def record_backlog(events: int, deliveries: int) -> None:
    """Tell how many events are to be matched with hubs and how many deliveries are to be made."""
    _backlog.labels("events").set(events)
    _backlog.labels("deliveries").set(deliveries)


def record_submission(origin: str) -> None:
    """Count a post that was accepted."""
    _submissions.labels(origin).inc()


def record_outcome(state: str) -> None:
    """Count what became of a post."""
    _outcomes.labels(state).inc()


def record_pool(busy: int, idle: int) -> None:
    """Tell how many connections of this process's pool are in use and how many wait for work."""
    _pool.labels("busy").set(busy)
    _pool.labels("idle").set(idle)


def exposition() -> bytes:
    """All metrics in the text format of Prometheus, summed over the worker processes where there are several."""
    if not _SHARED:
        return generate_latest(_registry)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library leaves it untyped
    return generate_latest(registry)


def share_between_workers(directory: Path) -> None:
    """Let worker processes that are started from now on add up their metrics in a directory, emptied first."""
    directory.mkdir(parents=True, exist_ok=True)
    for left_over in directory.glob("*.db"):
        left_over.unlink()
    os.environ[_SHARED_BY] = str(directory)


def _recorder(resource: str, method: str, status: int) -> tuple[Counter, Histogram]:
    if len(_recorders) >= _SERIES_KEPT:
        resource = "other"
    verb = method if method in _METHODS else "OTHER"
    api = resource.partition(".")[0]
    recorder = (_requests.labels(api, resource, verb, str(status)), _seconds.labels(resource, verb))
    if verb == method and len(_recorders) < _SERIES_KEPT:  # callers make up methods; those must not fill the table
        _recorders[resource, method, status] = recorder
    return recorder


if not _SHARED:
    ProcessCollector(registry=_registry)
    PlatformCollector(registry=_registry)
    GCCollector(registry=_registry)

# --- logs: lines of named fields; a field that is not on the list is withheld, so that no body or name slips in

FIELDS = frozenset(
    {
        *("event", "level", "timestamp", "logger", "exception", "withheld"),
        *("method", "route", "status", "seconds", "tenant", "correlation"),
        *("address", "host", "port", "workers", "pid", "version", "migration", "signal"),
        *("kind", "resource", "verb", "outcome", "count", "attempt", "of", "peer", "reason"),
        *("file", "base_path", "step"),
    }
)
_QUIET = ("uvicorn.access", "httpx", "httpcore")  # they write addresses with their queries

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


def configure(spelling: Literal["json", "console"], level: str = "info", stream: BinaryIO | None = None) -> None:
    """Write the logs of this process, and of the libraries in it, to a stream (standard error)."""
    out = stream or sys.stderr.buffer
    render: Processor = (
        structlog.processors.JSONRenderer(serializer=_json) if spelling == "json" else _Console(colors=out.isatty())
    )
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_persons,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.BytesLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_Foreign()], level=max(number, logging.INFO), force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)


@lru_cache(maxsize=10_000)
def mark(name: str) -> str:
    """A short stand-in for a name of a tenant: the same name gives the same mark, and no mark reads as a name."""
    return hashlib.sha256(name.encode()).hexdigest()[:12]


class _Foreign(logging.Handler):
    """Hands what libraries log with the standard module over to the same chain."""

    def emit(self, record: logging.LogRecord) -> None:
        # Only the first line: further ones hold representations of objects, and with them what the objects hold.
        event = record.getMessage().partition("\n")[0]
        log.log(record.levelno, event, logger=record.name, exc_info=record.exc_info)


class _Console(structlog.dev.ConsoleRenderer):
    """The line for people, as the bytes that the logger writes."""

    def __call__(self, logger: WrappedLogger, name: str, event_dict: EventDict) -> bytes:  # type: ignore[override]
        return super().__call__(logger, name, event_dict).encode("utf-8", "replace")


def _json(fields: EventDict, **_: object) -> bytes:
    return msgspec.json.encode(fields)


def _without_persons(_: WrappedLogger, _name: str, fields: EventDict) -> EventDict:
    error = _error_in(fields.pop("exc_info", None))
    if error is not None:
        fields["exception"] = _told(error)
    if not fields.keys() <= FIELDS:
        withheld = sorted(fields.keys() - FIELDS)
        for name in withheld:
            del fields[name]
        fields["withheld"] = withheld
    return fields


def _error_in(exc_info: object) -> BaseException | None:
    match exc_info:
        case BaseException():
            return exc_info
        case (_, BaseException() as error, _):
            return error
        case True:
            return sys.exception()
        case _:
            return None


def _told(error: BaseException) -> str:
    """An exception as types and places. Its message is kept only where it speaks of the machine.

    What a database or a parser says may quote the row or the body that it could not take.
    """
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    code = getattr(error, "sqlstate", None)
    detail = f" [{code}]" if code else f" ({error})" if isinstance(error, OSError) else ""
    frames = [
        f"{'/'.join(Path(frame.filename).parts[-2:])}:{frame.lineno} {frame.name}"
        for frame in reversed(traceback.extract_tb(error.__traceback__)[-8:])
    ]
    place = f" at {' < '.join(frames)}" if frames else ""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return f"{name}{detail}{place}" + (f"; because of {_told(cause)}" if cause else "")
