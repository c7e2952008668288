"""What people type: `spanco serve`, `import`, `demo`, `migrate`, `doctor`."""

from spanco.cli.commands import main

__all__ = ["main"]
