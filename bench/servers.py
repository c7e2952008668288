"""The measured servers, one process each, one at a time."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

_ROOT = Path(__file__).resolve().parent.parent
_START_SECONDS = 60
_STOP_SECONDS = 30
NAMES = ("floor", "typical", "ours")


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers."""

    name: str
    pid: int
    root: str

    def url(self, path: str = "") -> str:
        """The address of the leads, or of something below them."""
        return f"{self.root}/tmf-api/sales/v4/salesLead{path}"

    def cpu_seconds(self) -> float:
        """Processor time that the process has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> float:
        """Megabytes (10^6) of memory that the process holds."""
        for line in Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024 / 1e6
        return float("nan")

    def worker(self) -> Self:
        """The worker that the server runs beside itself: a child of one of its threads."""
        lists = Path(f"/proc/{self.pid}/task").glob("*/children")
        found = [int(pid) for each in lists for pid in each.read_text(encoding="utf-8").split()]
        if len(found) != 1:
            message = f"A server runs one worker, and this one has {len(found)} children."
            raise SystemExit(message)
        return replace(self, name="worker", pid=found[0])


def complaints(name: str, folder: Path) -> set[str]:
    """What the servers of that name, and their workers, warned of in their logs; without the times."""
    told = (folder / f"{name}.log").read_text(encoding="utf-8", errors="replace").splitlines()
    return {line.partition("Z ")[2].strip() for line in told if "[error " in line or "[warning " in line}


@contextmanager
def started(name: str, database_url: str, folder: Path) -> Iterator[Server]:
    """Start a server on a free port, wait until it listens, and stop it at the end."""
    port = _free_port()
    command = _command(name, port)
    path = os.pathsep.join([str(_ROOT), *os.environ.get("PYTHONPATH", "").split(os.pathsep)])
    settings = {"PYTHONPATH": path, "BENCH_DATABASE_URL": database_url, "SPANCO_DATABASE_URL": database_url}
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("SPANCO_")}
    log = folder / f"{name}.log"
    with log.open("ab") as out:
        begin = out.tell()
        process = subprocess.Popen(  # noqa: S603 - our own command
            command, cwd=folder, env=inherited | settings, stdout=out, stderr=out
        )
        try:
            _wait(process, port, log)
            if name == "ours":
                _wait_for_worker(log, begin)
            yield Server(name, process.pid, f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _command(name: str, port: int) -> list[str]:
    if name == "ours":
        return [sys.executable, "-m", "spanco", "serve", "--port", str(port)]
    if name == "listener":
        return [sys.executable, "-m", "bench.listener", str(port)]
    return [sys.executable, "-m", "bench.serve", name, str(port)]


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    """A server listens only after its start-up is complete."""
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    message = f"The server did not start:\n{log.read_text(encoding='utf-8', errors='replace')[-4000:]}"
    raise SystemExit(message)


def _wait_for_worker(log: Path, begin: int) -> None:
    """The worker beside the server is there too, so that nobody's start is measured."""
    until = time.monotonic() + _START_SECONDS
    while b"worker started" not in log.read_bytes()[begin:]:
        if time.monotonic() > until:
            message = f"The worker did not start:\n{log.read_text(encoding='utf-8', errors='replace')[-4000:]}"
            raise SystemExit(message)
        time.sleep(0.1)
