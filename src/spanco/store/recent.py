"""What was read a moment ago: small answers of the store that this process may use again for a second."""

from collections.abc import Hashable
from time import monotonic

_SECONDS = 1.0
_UNCERTAIN_SECONDS = 5.0
_MOST_TENANTS = 1_000
_MOST_ANSWERS = 10_000


class Recent:
    """Answers by tenant and question.

    What this process writes it forgets at once, and reads anew for some seconds: the transaction of the write may not
    have ended yet, and what somebody reads beside it must not be kept. What others write is seen after a second.
    """

    def __init__(self) -> None:
        self._kept: dict[str, dict[Hashable, tuple[float, object]]] = {}
        self._uncertain: dict[str, float] = {}
        self.ready: set[Hashable] = set()
        """What was made ready for good, and need not be looked at again."""

    def get(self, tenant: str, question: Hashable) -> tuple[object] | None:
        """The answer, in a tuple because it may be None itself; None when it must be read."""
        until, answer = self._kept.get(tenant, {}).get(question, (0.0, None))
        return (answer,) if monotonic() < until else None

    def put(self, tenant: str, question: Hashable, answer: object) -> None:
        """Keep an answer that was read just now, unless this process has only just written."""
        now = monotonic()
        if now < self._uncertain.get(tenant, 0.0):
            return
        if len(self._kept) >= _MOST_TENANTS:
            self._kept.clear()
        kept = self._kept.setdefault(tenant, {})
        if len(kept) >= _MOST_ANSWERS:
            kept.clear()
        kept[question] = now + _SECONDS, answer

    def forget(self, tenant: str) -> None:
        """This process writes what the answers for a tenant are taken from."""
        if len(self._uncertain) >= _MOST_TENANTS:
            now = monotonic()
            self._uncertain = {each: until for each, until in self._uncertain.items() if until > now}
        self._uncertain[tenant] = monotonic() + _UNCERTAIN_SECONDS
        self._kept.pop(tenant, None)
