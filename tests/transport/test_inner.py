"""Nobody is led inside: not by the spelling of an address, not by its name, not by what a listener answers."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from ipaddress import ip_address
from ssl import PROTOCOL_TLS_CLIENT, SSLContext

import pytest

from spanco.transport import BadAddress, Courier, Guard, InnerAddress, PeerAway, PeerError, Resolve, guard_of
from spanco.transport.addresses import Address
from spanco.transport.dialling import is_own
from tests.transport.listeners import OK, Trap, Visit, answering, changing, listening, resolver, trap
from tests.transport.vectors import INNER_V4, INNER_V6, OUTER_V4, OUTER_V6, VECTORS, Vector

CLOSED = Guard()
ONE = guard_of(["127.0.0.1"], loopback=False)
THIS_MACHINE = guard_of([], loopback=True)
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


@pytest.fixture(name="inside", scope="module")
def _inside() -> Iterator[Trap]:
    with trap() as found:
        yield found


@asynccontextmanager
async def courier(guard: Guard, resolve: Resolve) -> AsyncIterator[Courier]:
    """A courier that trusts nobody, which makes it quick to make."""
    made = Courier(guard, seconds=2.0, resolve=resolve, ssl_context=SSLContext(PROTOCOL_TLS_CLIENT))
    yield made
    await made.aclose()


def test_there_are_as_many_ways_as_promised() -> None:
    """At least 150 (goal D9), no two alike."""
    assert len(VECTORS) == len(set(VECTORS)) >= 150


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector.url[:60]!a} {vector.answers[-1:]}")
async def test_no_way_leads_inside(vector: Vector, inside: Trap) -> None:
    """Refused when it is registered and when it is sent to; nothing is connected."""
    url = vector.url.replace("{port}", str(inside.port))
    async with courier(CLOSED, lambda _: vector.answers) as guarded:
        with pytest.raises(vector.refused) as at_registration:
            await guarded.check(url)
        with pytest.raises(vector.refused) as at_sending:
            await guarded.post(url, b"{}", {})
    assert at_registration.value.sentence == at_sending.value.sentence
    assert inside.visits() == 0


@pytest.mark.parametrize("inner", [*INNER_V4, *INNER_V6])
async def test_a_name_that_changes_its_answer_is_judged_again(inner: str, inside: Trap) -> None:
    """Outside at registration, inside at the send (DNS rebinding)."""
    url = f"http://rebound.test:{inside.port}/"
    async with courier(CLOSED, changing([OUTER_V4], [OUTER_V4, OUTER_V6], [inner])) as guarded:
        await guarded.check(url)
        await guarded.check(url)
        with pytest.raises(InnerAddress):
            await guarded.post(url, b"{}", {})
    assert inside.visits() == 0


async def test_a_name_is_asked_once_for_each_connection(inside: Trap) -> None:
    """What was judged is what is dialled: a second question could get another answer."""
    hang_up = answering(OK.replace(b"OK\r\n", b"OK\r\nconnection: close\r\n"))
    async with listening(hang_up) as listener:
        answers = changing(["127.0.0.1"], ["127.0.0.2"], ["127.0.0.1", "127.0.0.2"], ["127.0.0.1"])
        async with courier(ONE, answers) as guarded:
            url = f"http://rebound.test:{listener.port}/"
            assert (await guarded.post(url, b"{}", {})).status == 200
            for _ in range(2):
                with pytest.raises(InnerAddress):
                    await guarded.post(url, b"{}", {})
            assert (await guarded.post(url, b"{}", {})).status == 200
    assert (listener.connections, inside.visits()) == (2, 0)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 305, 307, 308])
@pytest.mark.parametrize("place", ["http://127.0.0.1:{port}/", "//127.0.0.1:{port}/", "http://127.0.0.2:{port}/"])
async def test_a_redirect_leads_nowhere(status: int, place: str, inside: Trap) -> None:
    """It comes back as the status that it is."""
    there = place.replace("{port}", str(inside.port)).encode()
    answer = b"HTTP/1.1 %d Over There\r\nlocation: %b\r\nrefresh: 0; url=%b\r\ncontent-length: 0\r\n\r\n"
    script = answering(answer % (status, there, there))
    async with listening(script) as listener, courier(THIS_MACHINE, resolver()) as guarded:
        assert (await guarded.post(listener.url, b"{}", {})).status == status
    assert (len(listener.requests), inside.visits()) == (1, 0)


@pytest.mark.parametrize("name", PROXIES)
async def test_proxies_of_the_environment_are_not_asked(
    name: str, inside: Trap, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy would look the name up a second time, from inside."""
    monkeypatch.setenv(name, f"http://127.0.0.1:{inside.port}")
    async with listening(answering(OK)) as listener, courier(THIS_MACHINE, resolver()) as guarded:
        assert (await guarded.post(listener.url, b"{}", {})).status == 200
        with pytest.raises(PeerAway):
            await guarded.post("http://unknown.test/", b"{}", {})
    assert inside.visits() == 0


async def test_the_trap_sees_who_comes(inside: Trap) -> None:
    """Zero visits would prove nothing otherwise."""
    made = Courier(THIS_MACHINE, seconds=0.1, resolve=resolver(inner=["127.0.0.3"]))
    for host in ("127.0.0.1", "127.0.0.2", "inner.test", "localhost", "[::ffff:127.0.0.1]"):
        with pytest.raises(PeerError):
            await made.post(f"http://{host}:{inside.port}/", b"{}", {})
        assert inside.visits() == 1, host
    await made.aclose()


@pytest.mark.parametrize(
    ("ranges", "loopback", "host", "answers"),
    [
        ((), True, "127.0.0.1", ()),
        ((), True, "[::ffff:127.0.0.1]", ()),
        ((), True, "localhost", ("10.0.0.1",)),
        ((), True, "hook.localhost", ()),
        ((), True, "here.test", ("127.0.0.1",)),
        ((), True, "here.test", ("::1", "127.0.0.1")),
        ((), True, "here.test", ("::ffff:127.0.0.1",)),
        (("127.0.0.1",), False, "127.0.0.1", ()),
        (("127.0.0.0/8",), False, "here.test", ("127.0.0.1",)),
        (("127.0.0.0/8", "::1"), False, "localhost", ()),
        (("10.0.0.0/8", "127.0.0.0/30"), False, "[::ffff:7f00:1]", ()),
        (("0.0.0.0/0",), False, "HERE.test", ("127.0.0.1",)),
    ],
)
async def test_what_the_operator_names_is_reached(
    ranges: tuple[str, ...], loopback: bool, host: str, answers: tuple[str, ...]
) -> None:
    """Explicit ranges, or this machine where nobody is asked who they are."""
    guard = guard_of(ranges, loopback=loopback)
    async with listening(answering(OK)) as listener, courier(guard, lambda _: answers) as guarded:
        url = f"http://{host}:{listener.port}/"
        await guarded.check(url)
        assert (await guarded.post(url, b"{}", {})).status == 200


@pytest.mark.parametrize(
    ("guard", "host"),
    [(ONE, "127.0.0.2"), (ONE, "localhost"), (ONE, "[::1]"), (ONE, "10.0.0.1"), (THIS_MACHINE, "10.0.0.1"),
     (THIS_MACHINE, "0.0.0.1"), (THIS_MACHINE, "[::]"), (THIS_MACHINE, "169.254.169.254"), (THIS_MACHINE, "inner.test"),
     (THIS_MACHINE, "[::127.0.0.1]"), (guard_of(["fd00::/8"], loopback=False), "[fc00::1]"),
     (guard_of(["10.0.0.0/8"], loopback=False), "[64:ff9b::a00:1]")],
)  # fmt: skip
async def test_an_exception_is_no_wider_than_it_says(guard: Guard, host: str, inside: Trap) -> None:
    """One address is not its neighbour; loopback is not the whole inside."""
    async with courier(guard, resolver(inner=["127.0.0.1", "10.0.0.1"])) as guarded:
        url = f"http://{host}:{inside.port}/"
        with pytest.raises(InnerAddress):
            await guarded.check(url)
        with pytest.raises(InnerAddress):
            await guarded.post(url, b"{}", {})
    assert inside.visits() == 0


@pytest.mark.parametrize(
    "url",
    [f"http://{OUTER_V4}/", f"https://[{OUTER_V6}]:8443/a?b", "https://outer.test/", "HTTPS://Outer.TEST:443?x=[1]",
     f"http://[::ffff:{OUTER_V4}]/", "http://unknown.test/", "http://silent.test/%7E/;a=1,2/!$&'()*+"],
)  # fmt: skip
async def test_what_is_outside_may_be_registered(url: str) -> None:
    """Also a name that nobody knows today; delivery will tell."""
    async with courier(CLOSED, resolver(outer=[OUTER_V4, OUTER_V6], silent=())) as guarded:
        await guarded.check(url)


async def test_the_words_of_an_answer_stay_unseen() -> None:
    """Whoever owns the hub must not read through us."""

    async def script(visit: Visit) -> None:
        await visit.request()
        await visit.send(b"HTTP/1.1 403 secret-a\r\nx-secret: secret-b\r\ncontent-length: 8\r\n\r\nsecret-c")

    async with listening(script) as listener, courier(THIS_MACHINE, resolver()) as guarded:
        assert "secret" not in repr(await guarded.post(listener.url, b"{}", {}))


async def test_what_was_written_is_not_repeated() -> None:
    """An address may hold a password; the refusal goes into logs."""
    async with courier(CLOSED, resolver()) as guarded:
        with pytest.raises(BadAddress) as refusal:
            await guarded.check("http://user:secret@inner.test/")
    assert "secret" not in str(refusal.value)
    assert "password" in refusal.value.sentence


class Careless(Guard):
    """Takes every address for one that is outside."""

    def admits(self, _address: Address) -> bool:
        """Always."""
        return True


async def test_an_own_address_is_inside_however_public(inside: Trap) -> None:
    """Behind it stand doors that are closed from outside; the operator may still name it."""
    assert [is_own(ip_address(each)) for each in ("127.0.0.1", "127.0.0.2", "255.255.255.255")] == [True, False, False]
    async with courier(Careless(), resolver(own=["127.0.0.1"])) as guarded:
        for host in ("127.0.0.1", "own.test"):
            with pytest.raises(InnerAddress):
                await guarded.post(f"http://{host}:{inside.port}/", b"{}", {})
    assert inside.visits() == 0
