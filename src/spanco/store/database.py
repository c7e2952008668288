"""Connections to PostgreSQL: the pool, transactions, and what its errors mean."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import asyncpg
from asyncpg.exceptions import InterfaceError, InternalClientError

from spanco.kernel.errors import BadBody, Malformed, Problem, TooCostly
from spanco.store.errors import Conflict, DatabaseAway
from spanco.store.recent import Recent

_ACQUIRE_SECONDS = 15.0
_COMMAND_MARGIN_SECONDS = 5.0
_SESSION = {
    "application_name": "spanco",
    "timezone": "UTC",
    "jit": "off",
    "random_page_cost": "1.1",
    # What a process that is gone left open is ended soon: a matcher that was cut off would keep all others waiting.
    "idle_in_transaction_session_timeout": "20s",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "10000",
}
_TOO_LONG = "A text is too long for an attribute that lists are sorted by, such as a name; 2,000 bytes are safe."
_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    InterfaceError,
    InternalClientError,  # the connection broke at a moment that the driver did not foresee
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidAuthorizationSpecificationError,
)

_MEANINGS: tuple[tuple[tuple[type[BaseException], ...], Callable[[], Problem]], ...] = (
    ((asyncpg.QueryCanceledError, asyncpg.StatementTooComplexError), TooCostly),
    (
        (
            asyncpg.UntranslatableCharacterError,
            asyncpg.InvalidTextRepresentationError,
            asyncpg.NumericValueOutOfRangeError,
        ),
        Malformed,
    ),
    ((asyncpg.ProgramLimitExceededError,), lambda: BadBody("", _TOO_LONG)),
    (
        (
            asyncpg.SerializationError,
            asyncpg.DeadlockDetectedError,
            asyncpg.LockNotAvailableError,
            asyncpg.UniqueViolationError,
        ),
        Conflict,
    ),
    (_AWAY, DatabaseAway),
)

Connection = asyncpg.pool.PoolConnectionProxy


class Database:
    """A pool of connections to one PostgreSQL."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.recent = Recent()

    @classmethod
    @asynccontextmanager
    async def opened(cls, url: str, *, size: int = 10, timeout_ms: int = 5000) -> AsyncIterator["Database"]:
        """A pool on `url` that connects when it is first used; closed cleanly at the end."""
        pool = asyncpg.create_pool(
            url,
            min_size=0,
            max_size=size,
            init=_speak_bytes,
            reset=_leave,
            command_timeout=timeout_ms / 1000 + _COMMAND_MARGIN_SECONDS,
            timeout=_ACQUIRE_SECONDS,
            server_settings=_SESSION | {"statement_timeout": str(timeout_ms), "lock_timeout": str(timeout_ms * 4 // 5)},
        )
        with translated():
            await pool
        try:
            yield cls(pool)
        finally:
            await pool.close()

    def connected(self) -> "Connected":
        """A connection of the pool; each statement on it commits by itself unless `atomic` is around it."""
        return Connected(self._pool)

    @property
    def connections(self) -> tuple[int, int]:
        """How many connections are working now, and how many are idle."""
        idle = int(self._pool.get_idle_size())
        return int(self._pool.get_size()) - idle, idle


class Connected:
    """Holds a connection for as long as a `with` block; errors inside leave it in the words of the store.

    A class and not a generator: it stands around every read.
    """

    __slots__ = ("_connection", "_pool")

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._connection: Connection | None = None

    async def __aenter__(self) -> Connection:
        """Wait for a free connection; it is bounded by the time-outs of those who hold them."""
        try:
            self._connection = await self._pool.acquire()
        except Exception as error:
            meant = meaning(error)
            if meant is None:
                raise
            raise meant from error
        return self._connection

    async def __aexit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Give it back."""
        await self._pool.release(self._connection)
        if error is not None:
            meant = meaning(error)
            if meant is not None:
                raise meant from error


@asynccontextmanager
async def atomic(connection: Connection, *, bulk: bool = False) -> AsyncIterator[None]:
    """All statements inside commit together or not at all. Nobody else begins, commits or rolls back.

    `bulk` is for many rows: the GIN index then sorts its entries in later, many at a time (see `documents.settle`).
    """
    async with connection.transaction():
        if bulk:
            await connection.execute("set local gin_pending_list_limit = '64MB'")
        yield


@asynccontextmanager
async def snapshot(connection: Connection) -> AsyncIterator[None]:
    """Everything read inside is of one moment, however long it takes; nothing is written."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute("set local statement_timeout = 0")
        yield


_WRONG_COUNT = "the server expects "
"""How the driver begins when a statement takes another number of values. It has no class for that."""


def meaning(error: BaseException) -> Problem | None:
    """What an error of the driver says of the request, or None when it is none of those, or a defect of ours."""
    if isinstance(error, InterfaceError) and str(error).startswith(_WRONG_COUNT):
        return None
    return next((problem() for kinds, problem in _MEANINGS if isinstance(error, kinds)), None)


@contextmanager
def translated() -> Iterator[None]:
    """Errors of the driver, said in the words of the store."""
    try:
        yield
    except Exception as error:
        meant = meaning(error)
        if meant is None:
            raise
        raise meant from error


@contextmanager
def contended() -> Iterator[None]:
    """A write of one record that is not done in time has waited for others: a `Conflict`, and no costly query."""
    try:
        yield
    except asyncpg.QueryCanceledError as error:
        raise Conflict from error


async def _speak_bytes(connection: Connection) -> None:
    """Hand jsonb over as the bytes of its text, not as decoded values (design D2)."""
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", format="binary", encoder=lambda text: b"\x01" + text, decoder=lambda raw: raw[1:]
    )


async def _leave(_connection: Connection) -> None:
    """Send nothing on release: no session state is ever set, and the usual reset would halve reads."""
