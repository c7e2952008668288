"""Asks which addresses a name has: in threads of its own, within a time, one question per name at a time."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from spanco.transport.errors import PeerAway, PeerSlow

Resolve = Callable[[str], Sequence[str]]
"""The addresses of a name, in the order of preference. Called in a thread; raises `OSError` for a name without any."""

_THREADS = 32


def system_addresses(name: str) -> list[str]:
    """As the machine's own resolver says; it may hang as long as it likes."""
    return [str(found[4][0]) for found in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)]


class Names:
    """Looks names up. Nothing is remembered: the next question gets a new answer."""

    def __init__(self, resolve: Resolve = system_addresses, *, seconds: float = 3.0) -> None:
        self._resolve = resolve
        self._seconds = seconds
        # Not the event loop's own threads: a resolver that hangs would take them from everybody.
        self._threads = ThreadPoolExecutor(_THREADS, "spanco-names")
        self._asked: dict[str, asyncio.Future[Sequence[str]]] = {}

    async def addresses(self, name: str) -> Sequence[str]:
        """The addresses of a name, at least one. Raises `PeerAway` or `PeerSlow`."""
        if name == "localhost" or name.endswith(".localhost"):
            return ("127.0.0.1", "::1")  # whatever a name server says (RFC 6761, section 6.3)
        try:
            async with asyncio.timeout(self._seconds):
                # Shielded: others may wait for the same answer.
                found = await asyncio.shield(self._ask(name))
        except TimeoutError as error:
            raise PeerSlow(name, "Its name could not be looked up in time.") from error
        except (OSError, UnicodeError) as error:
            raise PeerAway(name, "Its name is not known.") from error
        if not found:
            raise PeerAway(name, "Its name has no address.")
        return found

    def close(self) -> None:
        """Take no more questions; those that hang are left alone."""
        self._threads.shutdown(wait=False)

    def _ask(self, name: str) -> asyncio.Future[Sequence[str]]:
        if name not in self._asked:
            self._asked[name] = asyncio.get_running_loop().run_in_executor(self._threads, self._resolve, name)
            self._asked[name].add_done_callback(lambda answer: self._answered(name, answer))
        return self._asked[name]

    def _answered(self, name: str, answer: asyncio.Future[Sequence[str]]) -> None:
        del self._asked[name]
        if not answer.cancelled():
            answer.exception()  # looked at, so that nobody complains when all who asked have gone
