"""Starting the server: the embedded database once, then one or several processes."""

import json
import multiprocessing
import os
import signal
import sys
import threading
from contextlib import ExitStack
from multiprocessing.process import BaseProcess

import uvicorn
from rich.console import Console

from spanco import telemetry
from spanco.app import Application, create
from spanco.cli.work import worker_beside
from spanco.rest.protocol import Protocol
from spanco.settings import Settings, is_loopback
from spanco.store.embedded import embedded

_console = Console(stderr=True)


class OpenWithoutLock(Exception):
    """Refusing to listen beyond this machine without authentication.

    Set SPANCO_AUTH=jwt, or say --allow-open when a gateway in front checks who asks.
    """


def serve_forever(settings: Settings) -> None:
    """Serve until interrupted; the embedded database lives as long."""
    if settings.auth == "none" and not settings.allow_open and not is_loopback(settings.host):
        raise OpenWithoutLock(" ".join((OpenWithoutLock.__doc__ or "").split()))
    # uvicorn ends cleanly and then raises the signal again, which would end us before the database is stopped
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with ExitStack() as stack:
        url = settings.database_url or stack.enter_context(embedded(settings.data_dir))
        if settings.workers > 1 or settings.worker:
            telemetry.share_between_workers(settings.data_dir / "metrics")
        hand_down(settings, url)
        _announce(settings)
        stack.enter_context(worker_beside(settings))
        uvicorn.run(
            "spanco.cli.serve:application",
            factory=True,
            host=settings.host,
            port=settings.port,
            workers=settings.workers,
            http=Protocol,
            ws="none",
            lifespan="on",
            proxy_headers=bool(settings.proxies),
            forwarded_allow_ips=[str(each) for each in settings.proxies],
            access_log=False,
            log_config=None,
            server_header=False,
            backlog=4096,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=20,
        )


def application() -> Application:
    """The application for a server process; one of several ends when the process that started them is gone."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent,), daemon=True).start()
    return create()


def _end_after(parent: BaseProcess) -> None:
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)


def hand_down(settings: Settings, url: str) -> None:
    """Put the settings into the environment, where the server processes read them."""
    for name, value in settings.model_dump(mode="json", exclude_none=True).items():
        text = value if isinstance(value, str) else json.dumps(value)
        os.environ[f"SPANCO_{name.upper()}"] = text
    os.environ["SPANCO_DATABASE_URL"] = url


def _announce(settings: Settings) -> None:
    root = settings.public_url or f"http://{settings.host}:{settings.port}"
    _console.print(f"Spanco   {root}/docs")
    _console.print(f"TMF699   {root}/tmf-api/sales/v4/salesLead?limit=5")
    _console.print("Stop with Ctrl+C.")
