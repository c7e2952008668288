"""Keeps the tests on this machine: a connection to anywhere else fails the test that tried it."""

import ipaddress
import sys

import pytest


def leaves_this_machine(address: object) -> bool:
    """Whether connecting to a socket address would leave this machine; a path is a Unix socket, which stays."""
    if not isinstance(address, tuple):
        return False
    host = str(address[0])
    if host in {"", "localhost"}:
        return False
    try:
        return not ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return True


class Guard:
    """An audit hook (PEP 578): it cannot be taken out again, and sees what libraries do too."""

    __cantrace__ = True  # so that coverage sees it

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        """Refuse a connection that would leave this machine."""
        if event == "socket.connect" and leaves_this_machine(arguments[1]):
            raise PermissionError(f"A test may not connect to {arguments[1]}; use a recorded transport.")


def pytest_configure(config: pytest.Config) -> None:  # noqa: ARG001  the name and the parameter are pytest's
    """Begin to watch before the first test is collected."""
    sys.addaudithook(Guard())
