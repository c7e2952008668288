"""Decides which addresses may be dialled: global unicast, and what the operator names.

Not left to `ipaddress.is_global`: before Python 3.13 it calls 6to4 (2002::/16) and local NAT64 (64:ff9b:1::/48)
global, and 3.13 still NAT64 (64:ff9b::/96), IPv4-compatible (::7f00:1 is the loopback) and site-local addresses,
multicast, 3fff::/20 and 192.88.99.0/24.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_INNER_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network; 0.0.0.0 is this machine (RFC 791, 1122)
        "10.0.0.0/8",  # private (RFC 1918)
        "100.64.0.0/10",  # shared with the carrier (RFC 6598); the metadata of Alibaba Cloud
        "127.0.0.0/8",  # loopback (RFC 1122)
        "168.63.129.16/32",  # the host of a machine in Azure, with an address that looks public
        "169.254.0.0/16",  # link-local (RFC 3927); 169.254.169.254 is the metadata of most clouds
        "172.16.0.0/12",  # private (RFC 1918)
        "192.0.0.0/24",  # protocol assignments (RFC 6890); the metadata of Oracle Cloud
        "192.0.2.0/24",  # documentation (RFC 5737)
        "192.88.99.0/24",  # relays of 6to4, given up (RFC 7526)
        "192.168.0.0/16",  # private (RFC 1918)
        "198.18.0.0/15",  # benchmarks (RFC 2544)
        "198.51.100.0/24",  # documentation (RFC 5737)
        "203.0.113.0/24",  # documentation (RFC 5737)
        "224.0.0.0/4",  # multicast (RFC 5771)
        "240.0.0.0/4",  # reserved, and broadcast (RFC 1112, 919)
    )
)

# All others are unspecified, loopback, IPv4 inside IPv6 (::/96, ::ffff:0:0/96, 64:ff9b::/96, 64:ff9b:1::/48), discard
# (100::/64), routing segments (5f00::/16), local (fc00::/7, fe80::/10, fec0::/10), multicast (ff00::/8), or not given
# out (RFC 4291, section 2.4).
_UNICAST_V6 = IPv6Network("2000::/3")
_INNER_V6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments (RFC 2928): Teredo with IPv4 inside, benchmarks, ORCHID, …
        "2001:db8::/32",  # documentation (RFC 3849)
        "2002::/16",  # 6to4, with IPv4 inside (RFC 3056)
        "3fff::/20",  # documentation (RFC 9637)
    )
)
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})  # before the IPv4 address in the lower half (RFC 5214, section 6.1)
_MAPPED = IPv6Network("::ffff:0:0/96")


@dataclass(frozen=True, slots=True)
class Guard:
    """Which addresses strangers may name: outer ones and those of the `allowed` ranges; `loopback` adds this machine.

    An IPv4-mapped address (::ffff:…) is judged as the IPv4 address to which it leads.
    """

    allowed: tuple[Network, ...] = ()
    loopback: bool = False

    def admits(self, address: Address) -> bool:
        """Whether it may be dialled."""
        return self.exempts(address) or _is_outer(plain(address))

    def exempts(self, address: Address) -> bool:
        """Whether the operator has said so, wherever it leads."""
        if isinstance(address, IPv6Address) and address.scope_id is not None:
            return False
        address = plain(address)
        return (self.loopback and address.is_loopback) or any(address in network for network in self.allowed)


def guard_of(ranges: Sequence[str], *, loopback: bool) -> Guard:
    """The guard with these ranges in CIDR notation (10.1.0.0/16, fd00::/8, 10.1.2.3). Raises `ValueError`."""
    return Guard(tuple(_network(each) for each in ranges), loopback)


def plain(address: Address) -> Address:
    """The IPv4 address to which an IPv4-mapped one leads; every other address itself."""
    match address:
        case IPv6Address(scope_id=None, ipv4_mapped=IPv4Address() as mapped):
            return mapped
        case _:
            return address


def _network(text: str) -> Network:
    try:
        network = ip_network(text.strip())
    except ValueError as error:
        raise ValueError(
            f"'{text}' is no range of addresses in CIDR notation, such as 10.1.0.0/16: {error}."
        ) from error
    if "%" in text:
        raise ValueError(f"'{text}' names a zone, which has a meaning on its own machine only.")
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        raise ValueError(f"'{text}' is a range of IPv4-mapped addresses: write it as IPv4.")
    return network


def _is_outer(address: Address) -> bool:
    match address:
        case IPv4Address():
            return not any(address in network for network in _INNER_V4)
        case IPv6Address(scope_id=None):
            embeds = (int(address) >> 32) & 0xFFFF_FFFF in _ISATAP
            return address in _UNICAST_V6 and not embeds and not any(address in network for network in _INNER_V6)
        case _:
            return False
