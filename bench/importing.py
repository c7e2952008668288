"""How fast a CSV file comes in, by the very command that people type."""

import os
import subprocess
import sys
import time
from pathlib import Path

from bench.leads import write_table

MAPPING = Path(__file__).with_name("importing.toml")


def imported_per_second(url: str, folder: Path, count: int) -> float:
    """Rows per second of `spanco import leads`, with its start and its end."""
    table = folder / "leads.csv"
    write_table(table, count)
    command = [sys.executable, "-m", "spanco", "import", "leads", str(table), "--mapping", str(MAPPING)]
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("SPANCO_")}
    begin = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - our own command
        command,
        cwd=folder,
        env=inherited | {"SPANCO_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - begin
    print(done.stdout, done.stderr[-2000:], flush=True)
    if done.returncode or table.with_name(f"{table.name}.refused.csv").exists():
        message = "The import failed or refused rows."
        raise SystemExit(message)
    return count / seconds
