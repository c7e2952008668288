"""Which addresses may be dialled: the edges of every range, and no address inside, however it is wrapped."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanco.transport import Guard, guard_of
from spanco.transport.addresses import Address, Network
from tests.transport.vectors import INNER_V4, INNER_V6, OUTER_V4, OUTER_V6

# Written down a second time, from the registries of IANA, so that a slip in one of the two tables shows.
INNER = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/3", "::/3", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "4000::/2",
    "8000::/1",
]  # fmt: skip
PRIVATE_V4 = [IPv4Network(each) for each in INNER if ":" not in each]

inner_v4 = st.sampled_from(PRIVATE_V4).flatmap(lambda network: st.ip_addresses(network=network))


def wrapped(inner: IPv4Address, free: int) -> list[Address]:
    """Every way in which an IPv4 address stands in an IPv6 one; `free` fills the bits that may be anything."""
    four, upper, low16 = int(inner), (0x2000 | free % 0x2000) << 112, free & 0xFFFF
    return [
        IPv6Address(each)
        for each in (
            0xFFFF << 32 | four,  # mapped
            four,  # compatible
            0xFFFF << 48 | four,  # translated
            0x64FF9B << 96 | four,  # NAT64
            0x64FF9B0001 << 80 | low16 << 64 | four,  # local NAT64
            0x2002 << 112 | four << 80 | free % 2**80,  # 6to4
            0x20010000 << 96 | low16 << 64 | free % 2**32 << 32 | (four ^ 0xFFFF_FFFF),  # Teredo, the client
            0x20010000 << 96 | four << 64 | free % 2**64,  # Teredo, the server
            upper | low16 << 64 | 0x5EFE << 32 | four,  # ISATAP
            upper | low16 << 64 | 0x0200_5EFE << 32 | four,
        )
    ]


@pytest.mark.parametrize("text", [*INNER_V4, *INNER_V6])
def test_what_is_inside_is_refused(text: str) -> None:
    """Without the operator's word."""
    assert not Guard().admits(ip_address(text))


@pytest.mark.parametrize(
    "text",
    [OUTER_V4, OUTER_V6, "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
     "128.0.0.0", "168.63.129.15", "168.63.129.17", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0",
     "191.255.255.255", "192.0.1.0", "192.0.3.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
     "223.255.255.255", "2000::1", "2001:200::1", "2001:4860:4860::8888", "2003::1", "2606:4700:4700::1111",
     "2a00:1450:4001::1", "::ffff:1.1.1.1"],
)  # fmt: skip
def test_what_is_outside_is_admitted(text: str) -> None:
    """Up to the edges of the ranges that are not."""
    assert Guard().admits(ip_address(text))


@pytest.mark.parametrize("network", [ip_network(each) for each in INNER], ids=str)
def test_a_range_is_refused_from_end_to_end(network: Network) -> None:
    """Its first and its last address; and the operator may name it."""
    ends: tuple[Address, Address] = (network[0], network[-1])
    for address in ends:
        assert not Guard().admits(address)
        assert Guard(loopback=True).admits(address) is address.is_loopback
        assert Guard((network,)).admits(address)


@given(inner=inner_v4, free=st.integers(0, 2**128 - 1))
def test_no_wrapping_gets_an_inner_address_through(inner: IPv4Address, free: int) -> None:
    """Nor the address itself."""
    assert not any(Guard().admits(each) for each in [inner, *wrapped(inner, free)])


@given(address=st.ip_addresses() | st.ip_addresses(v=6, network="2000::/3"))
def test_the_standard_library_calls_all_that_is_admitted_global(address: Address) -> None:
    """It knows fewer ranges, never others; and the operator's words only ever add."""
    if Guard().admits(address):
        assert address.is_global
        assert not address.is_multicast
        assert Guard(loopback=True).admits(address)


@given(network=st.sampled_from([ip_network(each) for each in INNER]), data=st.data())
def test_every_address_of_a_range_is_refused(network: Network, data: st.DataObject) -> None:
    """Not at its edges only."""
    assert not Guard().admits(data.draw(st.ip_addresses(network=network)))


@given(inner=inner_v4)
def test_a_mapped_address_is_judged_as_the_one_to_which_it_leads(inner: IPv4Address) -> None:
    """In both directions."""
    mapped = IPv6Address(0xFFFF << 32 | int(inner))
    for guard in (Guard(), Guard(loopback=True), Guard((IPv4Network("10.0.0.0/8"), IPv4Network("172.16.0.0/12")))):
        assert guard.admits(mapped) is guard.admits(inner)


@pytest.mark.parametrize("text", ["fe80::1%eth0", "::1%lo", "2606:2800:21f::1%1", "::ffff:127.0.0.1%1", "fd00::1%a"])
def test_a_zone_is_refused_whatever_the_operator_says(text: str) -> None:
    """It names an interface of this machine."""
    assert not guard_of(["::/0", "0.0.0.0/0"], loopback=True).admits(ip_address(text))


def test_loopback_is_this_machine_and_no_more() -> None:
    """All of 127.0.0.0/8, ::1, and both when they are mapped."""
    guard = guard_of([], loopback=True)
    assert all(guard.admits(ip_address(each)) for each in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"))
    assert not any(guard.admits(ip_address(each)) for each in ("0.0.0.0", "::", "10.0.0.1", "::127.0.0.1"))  # noqa: S104


def test_ranges_are_read_as_people_write_them() -> None:
    """CIDR, a net mask, or a single address."""
    guard = guard_of(["10.1.0.0/16", " 192.168.1.7 ", "172.16.0.0/255.240.0.0", "fd00::/8"], loopback=False)
    assert guard.allowed == (
        IPv4Network("10.1.0.0/16"), IPv4Network("192.168.1.7/32"), IPv4Network("172.16.0.0/12"), IPv6Network("fd00::/8")
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["", "inner.test", "10.0.0.1/8", "10.0.0.0/33", "10.0/8", "fd00::/129", "1", "10.0.0.0/8,11.0.0.0/8"],
)
def test_a_bad_range_is_told(text: str) -> None:
    """In a sentence that repeats it and shows how."""
    with pytest.raises(ValueError, match=r"CIDR notation, such as 10\.1\.0\.0/16: .+\.$"):
        guard_of(["10.0.0.0/8", text], loopback=False)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("::ffff:10.0.0.0/104", "write it as IPv4"), ("::ffff:0:0/96", "write it as IPv4"),
     ("::ffff:127.0.0.1", "write it as IPv4"), ("fe80::%eth0/10", "names a zone"), ("fe80::1%1", "names a zone")],
)  # fmt: skip
def test_a_range_that_would_never_apply_is_told(text: str, sentence: str) -> None:
    """Mapped addresses are judged as IPv4; those with a zone are always refused."""
    with pytest.raises(ValueError, match=sentence):
        guard_of([text], loopback=False)
