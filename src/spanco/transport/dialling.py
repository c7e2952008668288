"""Opens connections to where strangers point: every address of the name is judged, and only a judged one is dialled."""

import socket
import ssl
from ipaddress import IPv4Address, ip_address

import httpcore

from spanco.transport.addresses import Address, Guard, plain
from spanco.transport.errors import InnerAddress, PeerAway, PeerError, PeerSlow
from spanco.transport.names import Names
from spanco.transport.spelling import Destination

_SECONDS = 3.0
_TRIES = 4


class Dialler:
    """The only place where a callback becomes a connection: there is no second look-up between judgement and dial."""

    def __init__(self, guard: Guard, names: Names, ssl_context: ssl.SSLContext) -> None:
        self._guard = guard
        self._names = names
        self._network = httpcore.AnyIOBackend()
        self._ssl_context = ssl_context

    async def addresses(self, place: Destination) -> list[Address]:
        """Where a destination leads, at least one address. Raises a `PeerError`; one inner address spoils them all."""
        if place.address is not None:
            found = [plain(place.address)]
        else:
            found = [plain(_read(each, place.host)) for each in await self._names.addresses(place.host)]
        if not all(self._may_dial(each) for each in found):
            raise InnerAddress(place.host)
        return found

    async def dial(self, place: Destination) -> httpcore.AsyncNetworkStream:
        """A connection, encrypted where the scheme says so. Raises a `PeerError`."""
        stream = await self._connect(await self.addresses(place), place)
        if place.scheme == "http":
            return stream
        try:
            return await stream.start_tls(self._ssl_context, place.host, timeout=_SECONDS)
        except httpcore.TimeoutException as error:
            raise PeerSlow(place.host) from error
        except httpcore.NetworkError as error:
            raise PeerAway(place.host, "No trusted encrypted connection comes about.") from error
        except BaseException:
            await stream.aclose()
            raise

    async def _connect(self, addresses: list[Address], place: Destination) -> httpcore.AsyncNetworkStream:
        failures: list[PeerError] = []
        for address in addresses[:_TRIES]:  # a name with a thousand addresses makes no flood
            try:
                return await self._network.connect_tcp(str(address), place.port, timeout=_SECONDS)
            except httpcore.TimeoutException:
                failures.append(PeerSlow(place.host, "No connection was opened in time."))
            except httpcore.NetworkError:
                failures.append(PeerAway(place.host, "No connection could be opened."))
        raise failures[0]

    def _may_dial(self, address: Address) -> bool:
        return self._guard.exempts(address) or (self._guard.admits(address) and not is_own(address))


def is_own(address: Address) -> bool:
    """Whether an address is one of this machine: however public, behind it stand doors that are closed from outside.

    Only the routing table is asked; connecting a UDP socket sends nothing.
    """
    family = socket.AF_INET if isinstance(address, IPv4Address) else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((str(address), 9))
            return str(address) == str(probe.getsockname()[0])
    except OSError:
        return False  # no way leads there


def _read(text: str, host: str) -> Address:
    try:
        return ip_address(text)
    except ValueError as error:
        raise PeerAway(host, "Its name has no address.") from error
