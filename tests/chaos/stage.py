"""Where a run takes place: a server, workers, hubs that lead to a sink, and the journal of it all."""

import asyncio
import re
import signal
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import asyncpg
import psutil  # type: ignore[import-untyped]  # it has no annotations

from tests.chaos.journal import Journal
from tests.chaos.sink import HUBS, Sink, Stuck, listening
from tests.rest.server import Client, free_port, spawned

_HUB = "/tmf-api/sales/v4/hub"
_ERROR = re.compile(r'"level": ?"(error|critical)"|\[(error|critical) *\]|Traceback')
_PATIENCE = 60.0
_DRAIN = 240.0
_LOOK = 0.02
_SERVING = "select leased_by from lane where leased_by is not null order by leased_until desc limit 1"
_WAITING = """select (select count(*) from outbox)
    + (select count(*) from delivery where progress in ('waiting', 'aside'))"""


@dataclass(slots=True)
class Program:
    """A command of `spanco` that is started again whenever it was killed; all its lives write one log."""

    log: Path
    command: tuple[str, ...]
    settings: dict[str, str]
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Begin to live."""
        self.process = spawned(self.log, *self.command, **self.settings)

    def kill(self) -> None:
        """End as the kernel ends a process that took too much memory."""
        assert self.process
        self.process.kill()
        self.process.wait(_PATIENCE)

    def children(self) -> list[psutil.Process]:
        """The processes that it started."""
        assert self.process
        return list(psutil.Process(self.process.pid).children())

    async def stop(self) -> int | None:
        """Ask it to end; its exit code, None when it had to be killed."""
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        try:
            return await asyncio.to_thread(self.process.wait, _PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def errors(self) -> list[str]:
        """Lines of the log that tell of an error."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return [f"{self.log.name}: {line[:2000]}" for line in lines if _ERROR.search(line)]


@dataclass(frozen=True, slots=True)
class Stage:
    """What every run needs. `settings` are those of all its processes; `port` is the server's for all its lives."""

    folder: Path
    database_url: str
    journal: Journal
    sink: Sink
    seed: int
    settings: Mapping[str, str]
    port: int = field(default_factory=free_port)
    programs: list[Program] = field(default_factory=list)

    async def server(self, **settings: str) -> Program:
        """A server that is ready, without a worker beside it unless `worker` says so."""
        server = self._start("server", ("serve", "--port", str(self.port)), {"worker": "false", **settings})
        await self.ready()
        return server

    def worker(self, name: str, **settings: str) -> Program:
        """A worker."""
        return self._start(f"worker-{name}", ("worker",), {"worker_name": name, **settings})

    async def hubs(self) -> None:
        """Register the hubs."""
        client = await Client.to(self.port)
        for name, query in HUBS.items():
            answer = await client.ask("POST", _HUB, {"callback": self.sink.callback(name), "query": query})
            assert answer.status == 201, answer
        await client.close()

    async def ready(self) -> float:
        """Wait until the server says that it is ready; how long that took."""
        begun = self.journal.now
        while not await self._is_ready():
            if self.journal.now - begun > _PATIENCE:
                raise Stuck(f"the server was not ready for {_PATIENCE:.0f} s")
            await asyncio.sleep(_LOOK)
        return self.journal.now - begun

    async def serving(self) -> Program:
        """A worker that serves a hub now."""
        connection = await asyncpg.connect(self.database_url)
        name = await connection.fetchval(_SERVING)
        await connection.close()
        return next(each for each in self.programs if each.settings.get("worker_name") == name)

    async def drained(self) -> None:
        """Wait until every event is told."""
        connection = await asyncpg.connect(self.database_url)
        begun = self.journal.now
        while waiting := await connection.fetchval(_WAITING):
            if self.journal.now - begun > _DRAIN:
                self.journal.surprise(f"{waiting} events or deliveries still waited after {_DRAIN:.0f} s")
                break
            await asyncio.sleep(0.2)
        await connection.close()
        self.journal.recovered("told everything", self.journal.now - begun)

    async def closed(self) -> None:
        """Stop all processes, which they do cleanly; what their logs tell of errors is a surprise."""
        for each in self.programs:
            if each.process and each.process.poll() is None and await each.stop() != 0:
                self.journal.surprise(f"{each.log.name}: did not stop cleanly")
            for line in each.errors():
                self.journal.surprise(line)

    def _start(self, name: str, command: tuple[str, ...], settings: dict[str, str]) -> Program:
        always = {"database_url": self.database_url, "log_format": "json", "data_dir": str(self.folder / "data")}
        program = Program(self.folder / f"{name}.log", command, {**always, **self.settings, **settings})
        self.programs.append(program)
        program.start()
        return program

    async def _is_ready(self) -> bool:
        try:
            async with asyncio.timeout(10):
                client = await Client.to(self.port)
                answer = await client.ask("GET", "/health/ready")
                await client.close()
                return answer.status == 200
        except (OSError, EOFError):
            return False


@asynccontextmanager
async def staged(folder: Path, database_url: str, seed: int, **settings: str) -> AsyncIterator[Stage]:
    """A stage in an empty folder; whatever still runs at its end is killed."""
    with Journal.kept_in(folder / "journal.jsonl") as journal:
        async with listening(journal, Random(f"sink {seed}")) as sink:
            stage = Stage(folder, database_url, journal, sink, seed, settings)
            try:
                yield stage
            finally:
                for each in stage.programs:
                    if each.process and each.process.poll() is None:
                        each.kill()
