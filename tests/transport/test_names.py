"""Names are looked up within a time, beside each other, and never remembered."""

import asyncio
from collections.abc import Sequence
from threading import Event

import pytest

from spanco.transport import PeerAway, PeerSlow
from spanco.transport.names import Names, system_addresses
from tests.transport.listeners import changing, resolver


async def test_an_answer_is_handed_on_as_it_is() -> None:
    """In its order; and the next question gets the next answer."""
    names = Names(changing(["192.0.2.2", "192.0.2.1"], ["::1"]))
    assert list(await names.addresses("a.test")) == ["192.0.2.2", "192.0.2.1"]
    assert list(await names.addresses("a.test")) == ["::1"]
    names.close()


async def test_this_machine_needs_no_name_server() -> None:
    """Whatever one would say (RFC 6761, section 6.3)."""
    names = Names(changing(["192.0.2.1"]))
    for name in ("localhost", "a.localhost", "a.b.localhost"):
        assert await names.addresses(name) == ("127.0.0.1", "::1")
    assert list(await names.addresses("notlocalhost")) == ["192.0.2.1"]
    names.close()


async def test_a_name_without_an_address_is_told() -> None:
    """Unknown, known without any, or none that a resolver can spell."""

    def confused(name: str) -> Sequence[str]:
        raise UnicodeError(name)

    for resolve in (resolver(), resolver(a=[]), confused):
        names = Names(resolve)
        with pytest.raises(PeerAway, match=r"a\.test: Its name"):
            await names.addresses("a.test")
        names.close()


async def test_a_question_that_hangs_is_asked_once_and_given_up() -> None:
    """Forty who wait for one name keep one thread busy; another name is answered meanwhile."""
    go_on, asked = Event(), []

    def resolve(name: str) -> Sequence[str]:
        asked.append(name)
        if name == "hanging.test":
            go_on.wait()
            raise OSError(name)
        return ["192.0.2.1"]

    names = Names(resolve, seconds=0.1)
    waiting = [asyncio.ensure_future(names.addresses("hanging.test")) for _ in range(40)]
    await asyncio.sleep(0)
    assert list(await names.addresses("quick.test")) == ["192.0.2.1"]
    assert {type(each) for each in await asyncio.gather(*waiting, return_exceptions=True)} == {PeerSlow}
    assert sorted(asked) == ["hanging.test", "quick.test"]
    go_on.set()
    names.close()


def test_the_machine_knows_itself() -> None:
    """The resolver that is used where nothing else is handed in."""
    assert {"127.0.0.1", "::1"} & set(system_addresses("localhost"))
