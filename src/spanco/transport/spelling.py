"""Reads the address of a callback, strictly: what two readers could understand differently is refused.

A host is a name of letters, digits and hyphens (RFC 1123; international names in their ASCII form, xn--…), whose
last label begins with a letter; or an IPv4 address of four decimal numbers; or an IPv6 address in brackets. So
numbers in disguise (2130706433, 0177.0.0.1, 0x7f.1, 127.1), trailing dots, underscores, percent-encoded and
full-width hosts are none.
"""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import NoReturn

from spanco.transport.addresses import Address
from spanco.transport.errors import BadAddress

_LONGEST = 2_000
_LONGEST_NAME = 253
_LAST_PORT = 65_535
_PORTS = {"http": 80, "https": 443}

_VISIBLE = re.compile(r"[!-~]*")
_AMBIGUOUS = re.compile(r'[\\"<>^`{|}]|%(?![0-9A-Fa-f]{2})')
_PARTS = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?]*)(?P<target>.*)", re.IGNORECASE)
_AUTHORITY = re.compile(r"(?:\[(?P<v6>[^\]]*)\]|(?P<host>[^:]*))(?::(?P<port>[1-9][0-9]{0,4}))?")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"(?:{_LABEL}\.)*(?=[a-z]){_LABEL}")
_DIGITS = re.compile(r"[0-9.]+")


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a request goes. `host` is a name in lower case, or the text of `address` without brackets."""

    scheme: str
    host: str
    address: Address | None
    port: int
    target: str

    @property
    def authority(self) -> str:
        """The host header (RFC 9110, section 7.2)."""
        host = f"[{self.host}]" if isinstance(self.address, IPv6Address) else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def destination_of(url: str) -> Destination:
    """What an address says. Raises `BadAddress`, with a sentence for whoever wrote it."""
    if len(url) > _LONGEST:
        _refuse(f"The address is longer than {_LONGEST} characters.")
    if not _VISIBLE.fullmatch(url):
        _refuse("The address holds a blank, or a character beyond ASCII: write names as xn--…, the rest as %XX.")
    if _AMBIGUOUS.search(url):
        _refuse("The address holds a character that an address may not hold; write it as %XX.")
    if "#" in url:
        _refuse("The address has a fragment, which is never sent; leave it out.")
    parts = _PARTS.fullmatch(url)
    if parts is None:
        _refuse("The address does not begin with http:// or https://.")
    if "@" in parts["authority"]:
        _refuse("The address holds a user name or password; leave it out.")
    scheme = parts["scheme"].lower()
    place = _AUTHORITY.fullmatch(parts["authority"])
    port = int(place["port"] or _PORTS[scheme]) if place else 0
    if place is None or port > _LAST_PORT:
        _refuse(f"The address has no port from 1 to {_LAST_PORT} after its host, or too many colons.")
    address = _address(place)
    target = parts["target"] if parts["target"].startswith("/") else f"/{parts['target']}"
    return Destination(scheme, str(address or place["host"]).lower(), address, port, target)


def _address(place: re.Match[str]) -> Address | None:
    """The address that a host is, or None where it is a name."""
    host, v6 = place["host"], place["v6"]
    try:
        if v6 is not None and "%" in v6:
            _refuse("The host has a zone, which has a meaning on its own machine only.")
        if v6 is not None:
            return IPv6Address(v6)
        if _DIGITS.fullmatch(host):
            return IPv4Address(host)
    except AddressValueError:
        _refuse("The host is an address in an unusual spelling; write four decimal numbers, or IPv6 in brackets.")
    if len(host) > _LONGEST_NAME or not _NAME.fullmatch(host.lower()):
        _refuse("The host is no name of letters, digits and hyphens, and no plain address.")
    return None


def _refuse(sentence: str) -> NoReturn:
    # What stood there is not repeated: it may hold a password, or anything.
    raise BadAddress("?", sentence)
