"""Metrics and logs: what they tell, what they withhold, and what they cost."""

import io
import json
import logging
import os
import subprocess
import sys
import timeit
from pathlib import Path

import structlog

from spanco import telemetry
from spanco.telemetry import FIELDS, log


def told(stream: io.BytesIO) -> list[dict[str, object]]:
    """The lines as values."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def metric(line: str) -> float:
    """The value of one series, 0 when there is none."""
    for each in telemetry.exposition().decode().splitlines():
        if each.startswith(line + " "):
            return float(each.rpartition(" ")[2])
    return 0.0


def test_a_request_is_counted_by_api_resource_method_and_status() -> None:
    """And its time by resource and method."""
    series = 'spanco_requests_total{api="alpha",method="GET",resource="alpha.one",status="206"}'
    before = metric(series)
    telemetry.record("alpha.one", "GET", 206, 0.004)
    telemetry.record("alpha.one", "GET", 206, 0.004)
    assert metric(series) == before + 2
    assert metric('spanco_request_seconds_count{method="GET",resource="alpha.one"}') >= 2
    assert metric('spanco_request_seconds_bucket{le="0.005",method="GET",resource="alpha.one"}') >= 2


def test_a_made_up_method_does_not_become_a_label() -> None:
    """Otherwise a stranger could fill the memory with series."""
    for number in range(100):
        telemetry.record("alpha.one", f"METHOD{number}", 405, 0.001)
    assert metric('spanco_requests_total{api="alpha",method="OTHER",resource="alpha.one",status="405"}') >= 100
    assert b"METHOD7" not in telemetry.exposition()
    assert all(not method.startswith("METHOD") for _, method, _ in telemetry._recorders)  # noqa: SLF001


def test_writes_events_connections_and_requests_in_flight_are_told() -> None:
    """Each with labels that the server's own tables name."""
    telemetry.record_write("alpha.one", "create", 3)
    telemetry.record_event("OneCreateEvent", 3)
    telemetry.record_pool(busy=2, idle=8)
    telemetry.began()
    assert metric("spanco_requests_in_flight") == 1
    telemetry.ended()
    assert metric("spanco_requests_in_flight") == 0
    assert metric('spanco_writes_total{resource="alpha.one",verb="create"}') >= 3
    assert metric('spanco_events_total{event="OneCreateEvent"}') >= 3
    assert metric('spanco_database_connections{state="busy"}') == 2
    assert metric('spanco_database_connections{state="idle"}') == 8


def test_the_process_itself_is_measured() -> None:
    """Memory and start, as operators expect them."""
    assert metric("process_resident_memory_bytes") > 0


def test_recording_costs_a_few_microseconds_at_most() -> None:
    """It stands on every request; the bound here is wide, for slow machines."""
    telemetry.record("alpha.one", "GET", 200, 0.004)
    best = min(timeit.repeat(lambda: telemetry.record("alpha.one", "GET", 200, 0.004), number=5000, repeat=5)) / 5000
    assert best < 15e-6


def test_several_worker_processes_add_up(tmp_path: Path) -> None:
    """Whichever worker is asked, it answers for all; what an earlier run left behind does not count."""
    (tmp_path / "counter_1.db").write_bytes(b"left over")
    saved = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    try:
        telemetry.share_between_workers(tmp_path)
        environment = dict(os.environ)
    finally:
        os.environ.pop("PROMETHEUS_MULTIPROC_DIR")
        if saved is not None:
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = saved
    work = "from spanco import telemetry as t; t.began(); t.record('alpha.one', 'GET', 200, 0.1); t.record_pool(1, 2)"
    for _ in range(2):
        subprocess.run([sys.executable, "-c", work], env=environment, check=True)  # noqa: S603  # our own text
    tell = work + "; print(t.exposition().decode())"
    answer = subprocess.run(  # noqa: S603  # our own text
        [sys.executable, "-c", tell], env=environment, check=True, capture_output=True, text=True
    ).stdout
    assert 'spanco_requests_total{api="alpha",method="GET",resource="alpha.one",status="200"} 3.0' in answer
    assert 'spanco_request_seconds_count{method="GET",resource="alpha.one"} 3.0' in answer
    assert 'spanco_database_connections{state="idle"} 6.0' in answer


def test_a_log_line_holds_the_named_fields(logs: io.BytesIO) -> None:
    """Event, level and time come by themselves; what is bound to the request comes along."""
    with structlog.contextvars.bound_contextvars(correlation="c1"):
        log.info("request", method="GET", route="/alpha/{id}", status=200, seconds=0.004)
    (line,) = told(logs)
    assert line.keys() == {"event", "level", "timestamp", "method", "route", "status", "seconds", "correlation"}
    assert (line["event"], line["level"], line["correlation"]) == ("request", "info", "c1")
    assert str(line["timestamp"]).endswith("Z")


def test_a_field_that_is_not_on_the_list_is_withheld_and_named(logs: io.BytesIO) -> None:
    """So the one who wrote the line learns where to put the field, and no person is in the log meanwhile."""
    log.info("request", query="email=ann@example.org", body={"name": "Ann"}, status=200)
    assert "nn" not in logs.getvalue().decode().replace("connection", "")
    assert told(logs)[0]["withheld"] == ["body", "query"]


def test_lines_below_the_level_are_not_written(logs: io.BytesIO) -> None:
    """The level is the operator's choice."""
    log.debug("detail")
    assert told(logs) == []


def fail_with(error: Exception) -> None:
    """Raise it one call deeper."""
    raise error


def test_an_exception_is_told_by_type_and_places_but_not_by_its_message(logs: io.BytesIO) -> None:
    """The message of a database or a parser may quote a row."""
    try:
        try:
            fail_with(ConnectionRefusedError(111, "Connection refused"))
        except OSError as error:
            raise ValueError("ann@example.org is no date") from error
    except ValueError:
        log.exception("failed")
    (line,) = told(logs)
    assert line["level"] == "error"
    text = str(line["exception"])
    assert text.startswith("ValueError at tests/test_telemetry.py:")
    assert "; because of ConnectionRefusedError ([Errno 111] Connection refused) at tests/test_telemetry.py:" in text
    assert "fail_with" in text
    assert "ann@" not in text


def test_an_exception_can_be_handed_in_and_brings_its_sqlstate(logs: io.BytesIO) -> None:
    """The code of a database error says enough."""

    class Refused(Exception):
        sqlstate = "23505"

    log.warning("failed", exc_info=Refused("Key (name)=(Ann) exists"))
    log.warning("fine", exc_info=None)
    log.warning("odd", exc_info=True)
    first, second, third = told(logs)
    assert str(first["exception"]).endswith("Refused [23505]")
    assert "exception" not in second
    assert "exception" not in third


def test_what_libraries_log_comes_in_the_same_shape(logs: io.BytesIO) -> None:
    """One line each, without what a further line would quote, and without addresses that were asked for."""
    logging.getLogger("uvicorn.error").info("Started server process [%d]", 7)
    logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: Ann")
    logging.getLogger("uvicorn.access").info("GET /alpha?name=Ann")
    logging.getLogger("httpx").info("HTTP Request: GET https://peer.test/?name=Ann")
    logging.getLogger("other").debug("detail")
    first, second = told(logs)
    assert (first["event"], first["logger"], first["level"]) == ("Started server process [7]", "uvicorn.error", "info")
    assert second["event"] == "Task exception was never retrieved"


def test_the_console_spelling_is_for_people() -> None:
    """The same fields, aligned; an exception is told in the same way."""
    stream, usual = io.BytesIO(), structlog.get_config()
    telemetry.configure("console", "warning", stream)
    try:
        log.warning("slow", route="/alpha", exc_info=ValueError("Ann"))
    finally:
        structlog.configure(**usual)
        logging.getLogger().handlers.clear()
    text = stream.getvalue().decode()
    assert "slow" in text
    assert "route=/alpha" in text
    assert "exception=ValueError" in text or "ValueError" in text
    assert "Ann" not in text


def test_a_mark_stands_for_a_name_without_telling_it() -> None:
    """The same tenant has the same mark in every line."""
    assert telemetry.mark("north") == telemetry.mark("north") != telemetry.mark("south")
    assert len(telemetry.mark("north")) == 12


def test_the_list_of_fields_has_none_for_a_person() -> None:
    """Whoever adds a field must not add one of these."""
    assert not FIELDS & {"subject", "user", "email", "name", "query", "url", "body", "token", "document", "actor", "id"}
