"""The load tool: wrk, replaying prepared requests over kept connections."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_SCRIPT = Path(__file__).with_name("replay.lua")
_GRACE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked: a way (get or post), the lines of a file that complete it, perhaps one header."""

    way: str
    file: Path
    tail: str = ""
    header: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """What came out: requests per second, latencies in milliseconds; the server's processor time per request."""

    rate: float
    median_ms: float
    p99_ms: float
    cpu_us: float = float("nan")


def needed() -> None:
    """Stop with a word of advice when wrk is missing."""
    if shutil.which("wrk") is None:
        message = "The benchmark needs wrk. On Debian and Ubuntu: apt-get install wrk. On macOS: brew install wrk."
        raise SystemExit(message)


def lines(path: Path, texts: Sequence[str | bytes]) -> Path:
    """Write the lines of a load down."""
    path.write_bytes(b"\n".join(each.encode() if isinstance(each, str) else each for each in texts) + b"\n")
    return path


def measured(url: str, load: Load, seconds: int, connections: int) -> Figures:
    """Run the load for so long; any answer that is no success stops the benchmark."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(_SCRIPT), url, "--"]
    command += [load.way, str(load.file), urlsplit(url).path + load.tail, load.header]
    done = subprocess.run(  # noqa: S603 - our own command
        command, capture_output=True, text=True, timeout=seconds + _GRACE_SECONDS, check=True
    )
    found = json.loads(done.stdout.rpartition("FIGURES ")[2])
    if found["bad"] or not found["requests"]:
        message = f"{found['bad']} of {found['requests']} requests failed: {' '.join(command)}\n{done.stdout}"
        raise SystemExit(message)
    rate = found["requests"] / found["microseconds"] * 1e6
    return Figures(rate, found["p50"] / 1000, found["p99"] / 1000)
