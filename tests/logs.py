"""Logging of a test: afterwards it is as it was."""

import io
import logging
from collections.abc import Iterator

import pytest
import structlog

from spanco import telemetry


@pytest.fixture
def logging_as_it_was() -> Iterator[None]:
    """What a test configures ends with it; the stream that it gave is closed by then."""
    root = logging.getLogger()
    handlers, level, usual = root.handlers[:], root.level, structlog.get_config()
    yield
    structlog.configure(**usual)
    root.handlers[:], root.level = handlers, level


@pytest.fixture
def logs(logging_as_it_was: None) -> io.BytesIO:
    """A stream with the logs in JSON, from the level `info` on."""
    del logging_as_it_was
    stream = io.BytesIO()
    telemetry.configure("json", "info", stream)
    return stream
