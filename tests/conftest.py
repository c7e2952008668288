"""Plugs in what every test may use; the fixtures themselves stand in the modules named here."""

import hypothesis
import pytest
import structlog

pytest_plugins = ["tests.logs", "tests.sockets", "tests.system", "tests.worker.listeners", "tests.worker.stage"]

# What a test says is for people who look for its failure; a picture of every frame would take longer than the test.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)

# No example fails because the machine was slow.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")

_LONGEST = {"test_schemathesis.py", "test_chaos.py"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, each in a process of its own: none is left alone with them at the end."""
    items.sort(key=lambda item: item.path.name not in _LONGEST)
