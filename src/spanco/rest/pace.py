"""How many requests are taken in a minute: buckets in this process, of which there are never more than it can hold."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from spanco.rest.errors import TooOften

_MOST_BUCKETS = 50_000
_MINUTE = 60.0


@dataclass(slots=True, eq=False)
class Pace:
    """Token buckets by name. A bucket begins full, holds a minute's worth, and fills evenly.

    Of too many names those that were quiet the longest are forgotten: their buckets would be the fullest.
    """

    elapsed: Callable[[], float] = time.monotonic
    most: int = _MOST_BUCKETS
    _buckets: OrderedDict[tuple[str, ...], tuple[float, float]] = field(default_factory=OrderedDict)

    def take(self, name: tuple[str, ...], per_minute: int) -> None:
        """Take one from a bucket; raises `TooOften` when it is empty."""
        now = self.elapsed()
        level, since = self._buckets.get(name, (float(per_minute), now))
        level = min(float(per_minute), level + (now - since) * per_minute / _MINUTE)
        if level < 1:
            raise TooOften(max(1, math.ceil((1 - level) * _MINUTE / per_minute)))
        self._buckets[name] = level - 1, now
        self._buckets.move_to_end(name)
        if len(self._buckets) > self.most:
            self._buckets.popitem(last=False)
