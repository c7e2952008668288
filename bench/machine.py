"""What the figures were measured on."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

LIBRARIES = (
    "uvicorn",
    "uvloop",
    "httptools",
    "httpcore",
    "asyncpg",
    "msgspec",
    "jsonschema-rs",
    "fastapi",
    "pydantic",
    "sqlalchemy",
)


def described() -> dict[str, str]:
    """Processor, memory, system and versions; nothing that names the machine."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "processor": f"{_found('/proc/cpuinfo', 'model name')}, {os.cpu_count()} cores",
        "memory": f"{int(_found('/proc/meminfo', 'MemTotal').split()[0]) / 1e6:.1f} GB",
        "system": f"Linux {platform.release()}",
        "load before the start": f"{os.getloadavg()[0]:.2f} (0 is a machine with nothing else to do)",
        "Python": platform.python_version(),
        "libraries": ", ".join(f"{name} {version(name)}" for name in LIBRARIES),
    }


def _found(path: str, name: str) -> str:
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        if line.startswith(name):
            return line.partition(":")[2].strip()
    return "0 unknown"
