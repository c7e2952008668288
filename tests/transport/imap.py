"""A tiny IMAP server (RFC 3501, as far as one client needs it), which stands in for somebody's mailbox."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

_LITERAL = re.compile(rb"UID FETCH (\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", re.IGNORECASE)
_STORE = re.compile(rb"UID STORE (\d+) \+FLAGS", re.IGNORECASE)


@dataclass
class Imap:
    """What is in the mailbox, and what was read; `password` opens it."""

    mails: dict[int, bytes]
    password: str = "geheim"
    port: int = 0
    seen: set[int] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Its address with what opens it."""
        return f"imap://me:{self.password}@127.0.0.1:{self.port}/INBOX"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client until it goes."""
        writer.write(b"* OK ready\r\n")
        while line := await reader.readline():
            tag, _, command = line.strip().partition(b" ")
            for part in self._answered(tag, command):
                writer.write(part)
            await writer.drain()
            if command.upper().startswith(b"LOGOUT"):
                break
        writer.close()

    def _answered(self, tag: bytes, command: bytes) -> list[bytes]:
        upper = command.upper()
        good = tag + b" OK done\r\n"
        if upper.startswith(b"LOGIN") and self.password.encode() not in command:
            return [tag + b" NO who are you\r\n"]
        if upper.startswith(b"SELECT") and b"INBOX" not in upper:
            return [tag + b" NO such folder\r\n"]
        if upper.startswith(b"CAPABILITY"):
            return [b"* CAPABILITY IMAP4rev1\r\n", good]
        if upper.startswith(b"SELECT"):
            return [b"* %d EXISTS\r\n" % len(self.mails), good]
        if upper.startswith(b"UID SEARCH"):
            unseen = b" ".join(b"%d" % number for number in sorted(self.mails.keys() - self.seen))
            return [b"* SEARCH " + unseen + b"\r\n", good]
        fetch, store = _LITERAL.match(command), _STORE.match(command)
        if fetch:
            raw = self.mails[int(fetch[1])][: int(fetch[2])]
            return [b"* 1 FETCH (UID %b BODY[]<0> {%d}\r\n" % (fetch[1], len(raw)) + raw + b")\r\n", good]
        if store:
            self.seen.add(int(store[1]))
        return [good]


@asynccontextmanager
async def imap(*mails: bytes) -> AsyncIterator[Imap]:
    """A server with these mails."""
    found = Imap(dict(enumerate(mails, start=1)))
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    async with server:
        yield found
