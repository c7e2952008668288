"""What no client should send, over raw sockets to a real server: it refuses politely, changes nothing and lives on."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import psutil  # type: ignore[import-untyped]  # it has no annotations
import pytest

from tests.rest import hostile, hostile_http
from tests.rest.hostile import CLOSED, Abuse
from tests.rest.server import LEADS, Server, fresh_database, serving

FAMILIES = hostile.FAMILIES | hostile_http.FAMILIES
_HANGING = 5.0
_PATIENCE = 20.0
_MOST_GROWTH = 50_000_000
_REVEALING = ("Traceback", 'File "', "asyncpg", "psycopg", "site-packages", "sqlstate", "select ", "<html")


@dataclass(slots=True)
class Target:
    """The server that is abused, a lead in it, and what was seen."""

    server: Server
    lead: str
    memory: int
    took: dict[str, float] = field(default_factory=dict)

    def state(self) -> tuple[str, str]:
        """The number of leads and the tag of the one lead: neither may change."""
        total = self.server.get(f"{LEADS}?limit=1").headers["x-total-count"]
        return total, self.server.get(f"{LEADS}/{self.lead}").headers["etag"]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A server with one lead, warmed up."""
    folder = tmp_path_factory.mktemp("hostile")
    with fresh_database(folder) as url, serving(folder, database_url=url) as server:
        lead = server.post({"name": "The one lead"}).json()["id"]
        for _ in range(200):
            server.get(f"{LEADS}?name=x&sort=-creationDate")
        yield Target(server, lead, psutil.Process(server.process.pid).memory_info().rss)


def _exchanged(port: int, abuse: Abuse) -> bytes:
    """What comes back; an answer may come before everything is sent, as to a body that is too large."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE) as connection:
        with suppress(ConnectionError):
            connection.sendall(abuse.sent)
        if not abuse.whole:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
        with suppress(ConnectionError):
            while not _complete(received) and (more := connection.recv(1 << 20)):
                received += more
    return received


def _complete(received: bytes) -> bool:
    head, found, body = received.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(found) and len(body) >= int(lengths[0].partition(b":")[2]) if lengths else bool(found)


def _complaint(abuse: Abuse, received: bytes) -> str:
    """What is wrong with the answer; nothing when all is well."""
    head, _, body = received.partition(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1]) if received else CLOSED
    error = json.loads(body) if status >= 400 else {}
    texts = [error.get(name) for name in ("code", "reason", "message")]
    wrong = {
        f"not {sorted(abuse.right)}": status not in abuse.right,
        "not JSON": status >= 400 and b"content-type: application/json" not in head.lower(),
        "without code, reason and message": status >= 400 and not all(text and isinstance(text, str) for text in texts),
        "with another status inside": status >= 400 and error.get("status") != str(status),
        "reveals what is inside": any(each in str(texts) for each in _REVEALING),
    }
    found = ", ".join(sentence for sentence, is_wrong in wrong.items() if is_wrong)
    return f"answered {status}, {found}: {body[:200]!r}" if found else ""


@pytest.mark.parametrize("family", FAMILIES)
def test_a_hostile_request_is_refused_politely_and_changes_nothing(target: Target, family: str) -> None:
    """Each is answered in time by a TMF error that fits, or the connection ends where no answer is possible."""
    before, complaints = target.state(), []
    for abuse in FAMILIES[family]():
        ready = Abuse(abuse.name, abuse.sent.replace(b"{id}", target.lead.encode()), abuse.right, abuse.whole)
        begun = time.monotonic()
        complaint = _complaint(abuse, _exchanged(target.server.port, ready))
        took = target.took[f"{family}: {abuse.name}"] = time.monotonic() - begun
        complaints += [f"{abuse.name} ({took:.1f} s): {complaint}"] if complaint or took > _HANGING else []
    assert not complaints, f"{len(complaints)} of them:\n" + "\n".join(complaints)
    assert target.state() == before
    assert target.server.process.poll() is None


def test_more_than_a_thousand_requests_were_tried(target: Target) -> None:
    """Counted by what was really sent."""
    if not FAMILIES.keys() <= {each.partition(":")[0] for each in target.took}:  # pragma: no cover
        pytest.skip("only a part of the families was run")
    assert len(target.took) > 1000


def test_half_requests_do_not_keep_others_waiting(target: Target) -> None:
    """A hundred clients that never finish, in the head or in the body; others are served as if there were none."""
    head = f"POST {LEADS} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n".encode()
    before = target.state()
    slow = [socket.create_connection(("127.0.0.1", target.server.port)) for _ in range(100)]
    for number, each in enumerate(slow):
        each.sendall((head + b"\r\n{")[: 10 + 2 * number])
    for _ in range(20):
        begun = time.monotonic()
        assert target.server.get(f"{LEADS}/{target.lead}").status_code == 200
        assert time.monotonic() - begun < _HANGING
    for each in slow:
        each.close()
    assert target.state() == before


def test_a_very_long_text_is_kept_or_refused_in_every_attribute(target: Target) -> None:
    """Also where an index cannot hold it; what was accepted is read back as it was sent."""
    text = "".join(chr(0x4E00 + (number * 7919) % 20_000) for number in range(100_000))
    for name in ("name", "description", "type", "rating", "statusChangeReason", "@type", "@baseType", "x"):
        answer = target.server.post({"name": "Long", name: text})
        assert answer.status_code in {201, 400}, f"{name}: {answer.text[:200]}"
        if answer.status_code == 201:
            path = f"{LEADS}/{answer.json()['id']}"
            assert target.server.get(path).json()[name] == text
            _exchanged(target.server.port, Abuse("", hostile.request("DELETE", path)))


def test_after_all_of_this_the_server_is_as_large_as_it_was(target: Target) -> None:
    """Nothing that was sent is kept."""
    grown = psutil.Process(target.server.process.pid).memory_info().rss - target.memory
    assert grown < _MOST_GROWTH, f"grew by {grown / 1e6:.1f} MB from {target.memory / 1e6:.1f} MB"
    log = target.server.log.read_text()
    assert "unexpected error" not in log, log[-5000:]
