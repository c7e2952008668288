"""The only way out, over HTTP and to a broker: bounded in time and size, no redirects, no proxies; errors by phase."""

from spanco.transport.addresses import Guard, guard_of
from spanco.transport.client import Transport
from spanco.transport.courier import Courier, Reply
from spanco.transport.errors import (
    BadAddress,
    InnerAddress,
    PeerAnswer,
    PeerAway,
    PeerError,
    PeerRefused,
    PeerSlow,
)
from spanco.transport.names import Resolve

__all__ = [
    "BadAddress",
    "Courier",
    "Guard",
    "InnerAddress",
    "PeerAnswer",
    "PeerAway",
    "PeerError",
    "PeerRefused",
    "PeerSlow",
    "Reply",
    "Resolve",
    "Transport",
    "guard_of",
]
