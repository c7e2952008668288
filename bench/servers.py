"""The measured servers, one process each, one at a time."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

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
        process = subprocess.Popen(  # noqa: S603 - our own command
            command, cwd=folder, env=inherited | settings, stdout=out, stderr=out
        )
        try:
            _wait(process, port, log)
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
