"""Running a worker: by itself, or beside a server that starts it, starts it again, and takes it along when it ends."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import structlog
from uvicorn import Config, Server

from spanco import clock, telemetry
from spanco.app import running, worker
from spanco.settings import Settings
from spanco.worker.page import page

_log = structlog.get_logger("spanco.worker")
_POLITE = 19
_PAUSE_SECONDS = 1.0


def work_forever(settings: Settings, *, beside: bool) -> None:
    """Work until interrupted; `beside` a server until that is gone, giving way to it where both want the processor."""
    telemetry.configure(settings.log_format, settings.log_level)
    if beside:
        with suppress(OSError):
            os.nice(_POLITE)
    with asyncio.Runner(loop_factory=Config(page).get_loop_factory()) as runner:
        runner.run(_work(settings, beside=beside))


async def _work(settings: Settings, *, beside: bool) -> None:
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, ending.set)
    if beside:
        threading.Thread(target=_wait_for_the_server, args=(loop, ending), daemon=True).start()
    async with running(settings) as system, _page(settings, beside=beside):
        _log.info("worker started")
        await worker(system).run(ending)


class _Page(Server):
    """Leaves the signals to the worker."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def _page(settings: Settings, *, beside: bool) -> AsyncIterator[None]:
    """Metrics and liveness, where they are wanted; the worker beside a server is seen through the server."""
    if beside or not settings.worker_port:
        yield
        return
    options = {"lifespan": "off", "access_log": False, "log_config": None, "server_header": False}
    server = _Page(Config(page, host=settings.host, port=settings.worker_port, **options))  # type: ignore[arg-type]
    serving = asyncio.create_task(server.serve())
    try:
        yield
    finally:
        server.should_exit = True
        await serving


def _wait_for_the_server(loop: asyncio.AbstractEventLoop, ending: asyncio.Event) -> None:
    """The server holds the other end of our standard input: when it ends, however it does, the input ends."""
    while sys.stdin.buffer.read(1024):
        continue
    with suppress(RuntimeError):  # the loop may have ended before
        loop.call_soon_threadsafe(ending.set)


@contextmanager
def worker_beside(settings: Settings) -> Iterator[None]:
    """A worker process beside this one. It reads its settings from the environment, as the server processes do.

    A process of its own, so that no request waits behind a delivery; under one name for all its lives, so that the next
    one goes on at once where one was killed.
    """
    if not settings.worker:
        yield
        return
    os.environ["SPANCO_WORKER_NAME"] = settings.worker_name or clock.new_id()
    over = threading.Event()
    keeper = threading.Thread(target=_keep_one, args=(over,), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


def _keep_one(over: threading.Event) -> None:
    command = [sys.executable, "-m", "spanco", "worker", "--beside"]
    while not over.is_set():
        # In a session of its own: an interrupt from the keyboard is for the server, which then takes us along.
        process = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603 - our own program
        while process.poll() is None and not over.wait(0.2):
            continue
        if process.stdin:
            process.stdin.close()
        if over.is_set():
            process.wait()
        else:
            _log.warning("the worker ended and is started again", status=process.returncode)
            over.wait(_PAUSE_SECONDS)
