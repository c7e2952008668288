"""An encrypted connection goes to the judged address, but is made to the name: indicated, and vouched for."""

import ssl
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from spanco import clock
from spanco.transport import Courier, PeerAway, guard_of
from tests.transport.listeners import OK, Visit, answering, listening, resolver

HERE = resolver(listener=["127.0.0.1"], other=["127.0.0.1"])


class Authority:
    """Vouches for listener.test and 127.0.0.1; `asked` are the names that callers have indicated."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[str | None] = []
        key = ec.generate_private_key(ec.SECP256R1())
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self.text = _certificate(key)
        (folder / "both.pem").write_bytes(secret + self.text.encode())
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.load_cert_chain(folder / "both.pem")
        self.server.sni_callback = lambda _, name, __: self.asked.append(name)

    def courier(self, *, trusted: bool = True) -> Courier:
        """A courier that trusts this authority, or the machine's usual ones."""
        context = ssl.create_default_context(cadata=self.text) if trusted else None
        return Courier(guard_of([], loopback=True), seconds=2.0, resolve=HERE, ssl_context=context)


def _certificate(key: ec.EllipticCurvePrivateKey) -> str:
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "listener.test")]), clock.now()
    names = x509.SubjectAlternativeName([x509.DNSName("listener.test"), x509.IPAddress(IPv4Address("127.0.0.1"))])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
        .decode()
    )


@pytest.fixture(name="authority")
def _authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


async def test_the_name_is_indicated_and_vouched_for(authority: Authority) -> None:
    """Although an address was dialled; and the connection is used again."""
    courier = authority.courier()
    async with listening(answering(OK), authority.server) as listener:
        for _ in range(3):
            assert (await courier.post(f"https://listener.test:{listener.port}/", b"{}", {})).status == 200
        assert (authority.asked, listener.connections) == (["listener.test"], 1)
        assert (await courier.post(f"https://127.0.0.1:{listener.port}/", b"{}", {})).status == 200
    assert authority.asked == ["listener.test", None]
    await courier.aclose()


async def plain(visit: Visit) -> None:
    """A script that knows of no encryption."""
    await visit.send(OK)
    await visit.closed()


async def test_a_listener_without_trust_gets_nothing(authority: Authority) -> None:
    """Another name, an authority that nobody knows, or no encryption at all."""
    async with listening(answering(OK), authority.server) as listener, listening(plain) as bare:
        for courier, place in (
            (authority.courier(), f"https://other.test:{listener.port}/"),
            (authority.courier(trusted=False), f"https://listener.test:{listener.port}/"),
            (authority.courier(), f"https://listener.test:{bare.port}/"),
        ):
            with pytest.raises(PeerAway):
                await courier.post(place, b"{}", {})
            await courier.aclose()
    assert listener.requests == bare.requests == []
