"""A mailbox over IMAP: what is unread is handed out once, and stays unread where it could not be kept."""

from dataclasses import replace

import pytest

from spanco.transport.errors import BadAddress, PeerAway
from spanco.transport.mailbox import Mailbox
from tests.transport.imap import imap


async def test_unread_mails_are_handed_out_and_marked() -> None:
    """At most so many at once, cut where they are too long, and never again."""
    kept: list[bytes] = []

    async def keep(raw: bytes) -> None:
        kept.append(raw)

    async with imap(b"first", b"second", b"x" * 100) as server:
        mailbox = Mailbox(server.url, limit=10)
        assert mailbox.host == "127.0.0.1"
        assert await mailbox.take(keep, 2) == 2
        assert (kept, server.seen) == ([b"first", b"second"], {1, 2})
        assert await mailbox.take(keep, 2) == 1
        assert kept[2] == b"x" * 11
        assert await mailbox.take(keep, 2) == 0


async def test_what_cannot_be_kept_stays_unread() -> None:
    """And what comes after it too."""

    async def refuse(_: bytes) -> None:
        raise LookupError

    async with imap(b"first") as server:
        with pytest.raises(LookupError):
            await Mailbox(server.url, limit=10).take(refuse, 5)
        assert server.seen == set()


async def test_a_mailbox_that_does_not_open_is_away() -> None:
    """A wrong password, a folder that is not there, no server; the password stands in no error."""

    async def keep(_: bytes) -> None:
        raise AssertionError

    async with imap(b"first") as server:
        places = [replace(server, password="wrong").url, server.url.replace("INBOX", "OTHER")]
        for url in places:
            with pytest.raises(PeerAway) as away:
                await Mailbox(url, limit=10).take(keep, 5)
            assert "wrong" not in str(away.value)
    with pytest.raises(PeerAway):
        await Mailbox(server.url, limit=10).take(keep, 5)
    with pytest.raises(PeerAway):
        await Mailbox("imaps://me:x@localhost:1/INBOX", limit=10).take(keep, 5)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://a.example",
        "imap://me:x@mail.example/INBOX",
        "imaps://mail.example",
        "imaps://me@",
        "imaps://a:b@c:port",
    ],
)
def test_an_address_that_names_no_mailbox_is_refused(url: str) -> None:
    """Without encryption only on this machine."""
    with pytest.raises(BadAddress):
        Mailbox(url, limit=10)


@pytest.mark.parametrize(
    "url", ["imap://me:x@localhost", "imap://me:x@[::1]/a%20b", "imaps://me%40b:x@mail.example:99"]
)
def test_an_address_of_a_mailbox(url: str) -> None:
    """Of this machine, or encrypted."""
    assert Mailbox(url, limit=10).host
