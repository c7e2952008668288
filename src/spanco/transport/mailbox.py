"""Reads a mailbox over IMAP: unread mails are handed out one by one, and marked as read once they are kept."""

import asyncio
import imaplib
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import ParamSpec, TypeVar
from urllib.parse import unquote, urlsplit

from spanco.transport.errors import BadAddress, PeerAway

_SECONDS = 30.0
_PORTS = {"imap": 143, "imaps": 993}
_WRONG = "a mailbox is written imaps://user:password@host/INBOX; without encryption only on this machine."

P = ParamSpec("P")
R = TypeVar("R")
Keep = Callable[[bytes], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the mailbox is, and who opens it."""

    encrypted: bool
    host: str
    port: int
    user: str
    password: str
    folder: str


class Mailbox:
    """One folder at one server, named by the operator. Raises `BadAddress` for an address that names none.

    Of a mail at most `limit` bytes and one more are read: whoever keeps it sees that it is too long.
    """

    def __init__(self, url: str, *, limit: int) -> None:
        self._place = _place(url)
        self._limit = limit

    @property
    def host(self) -> str:
        """The server, for logs."""
        return self._place.host

    async def take(self, keep: Keep, most: int) -> int:
        """Hand out unread mails, at most so many; how many there were. Raises `PeerAway`.

        A mail that could not be kept stays unread, and so do those after it.
        """
        # The library of Python waits, so each step waits in a thread; nothing else is done there.
        session = await self._waited(_opened, self._place)
        try:
            numbers = (await self._waited(_unread, session))[:most]
            for number in numbers:
                await keep(await self._waited(_read, session, number, self._limit + 1))
                await self._waited(_mark, session, number)
        finally:
            await self._waited(_close, session)
        return len(numbers)

    async def _waited(self, act: Callable[P, R], *given: P.args, **named: P.kwargs) -> R:
        try:
            return await asyncio.to_thread(act, *given, **named)
        except (imaplib.IMAP4.error, OSError) as error:
            raise PeerAway(self._place.host, "The mailbox cannot be read.") from error


def _place(url: str) -> _Place:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadAddress("mailbox", _WRONG) from error
    host = parts.hostname or ""
    if parts.scheme not in _PORTS or not host or not parts.username:
        raise BadAddress("mailbox", _WRONG)
    if parts.scheme == "imap" and not _is_here(host):
        raise BadAddress("mailbox", _WRONG)
    folder = unquote(parts.path.strip("/")) or "INBOX"
    user, password = unquote(parts.username), unquote(parts.password or "")
    return _Place(parts.scheme == "imaps", host, port or _PORTS[parts.scheme], user, password, folder)


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _opened(place: _Place) -> imaplib.IMAP4:
    session: imaplib.IMAP4
    if place.encrypted:
        context = ssl.create_default_context()
        session = imaplib.IMAP4_SSL(place.host, place.port, ssl_context=context, timeout=_SECONDS)
    else:
        session = imaplib.IMAP4(place.host, place.port, timeout=_SECONDS)
    try:
        session.login(place.user, place.password)
        _choose(session, place.folder)
    except BaseException:
        _close(session)
        raise
    return session


def _choose(session: imaplib.IMAP4, folder: str) -> None:
    status, _ = session.select(f'"{folder}"')
    if status != "OK":
        raise imaplib.IMAP4.error("no such folder")


def _unread(session: imaplib.IMAP4) -> list[str]:
    _, found = session.uid("SEARCH", "UNSEEN")
    return [number.decode("ascii") for number in (found[0] or b"").split()]


def _read(session: imaplib.IMAP4, number: str, most: int) -> bytes:
    _, found = session.uid("FETCH", number, f"(BODY.PEEK[]<0.{most}>)")
    return next((bytes(each[1]) for each in found if isinstance(each, tuple)), b"")


def _mark(session: imaplib.IMAP4, number: str) -> None:
    session.uid("STORE", number, "+FLAGS", r"(\Seen)")


def _close(session: imaplib.IMAP4) -> None:
    with suppress(imaplib.IMAP4.error, OSError):
        session.logout()
