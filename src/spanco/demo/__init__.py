"""An invented sales organisation of a telecom operator, so that there is something to look at."""

from spanco.demo.loading import loaded

__all__ = ["loaded"]
