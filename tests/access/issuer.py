"""An issuer of tokens that stands at the door: real keys, a recorded transport, and switches to make it misbehave."""

import asyncio
import json
import warnings
from typing import Any

import httpx
from joserfc import jws, jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey

from spanco.access.claims import Trust
from spanco.access.tokens import Verifier
from spanco.transport import Transport

NAME = "https://issuer.test/realm"
AUDIENCE = "spanco"
KEY_SET = NAME + "/keys"
ROLES = frozenset({"sales", "auditor"})
NOON = 1_800_000_000
"""The moment at which the tests play, in seconds since 1970."""

RSA = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
with warnings.catch_warnings(action="ignore", category=SecurityWarning):
    RSA_SMALL = RSAKey.generate_key(1024, {"kid": "small"})
RSA_LATER = RSAKey.generate_key(2048, {"kid": "later"})
EC256 = ECKey.generate_key("P-256", {"kid": "ec256"})
EC384 = ECKey.generate_key("P-384", {"kid": "ec384"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed"})
STRANGER = RSAKey.generate_key(2048, {"kid": "rsa"})

ANY_ALGORITHM = jws.JWSRegistry(
    algorithms=["none", "HS256", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"],
    strict_check_header=False,
)


class Issuer:
    """Publishes keys and counts who asks."""

    def __init__(self, *keys: Key) -> None:
        self.keys = KeySet(list(keys or (RSA, EC256, EC384, ED)))
        self.answers: dict[str, Any] = {}
        self.asked: list[str] = []
        self.away = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """What the issuer says to one request."""
        address = str(request.url)
        self.asked.append(address)
        await self.gate.wait()
        if self.away:
            raise httpx.ConnectError("no route")
        if address in self.answers:
            return httpx.Response(200, content=json.dumps(self.answers[address]))
        if address == KEY_SET:
            return httpx.Response(200, content=json.dumps(self.keys.as_dict(private=False)))
        if address == NAME + "/.well-known/openid-configuration":
            return httpx.Response(200, content=json.dumps({"issuer": NAME, "jwks_uri": KEY_SET}))
        return httpx.Response(404)  # pragma: no cover - no test asks for anything else

    def verifier(self, **trust: Any) -> Verifier:  # any field of Trust
        """A verifier that trusts this issuer."""
        settings = {"issuer": NAME, "audience": AUDIENCE, "jwks_url": KEY_SET} | trust
        return Verifier(Trust(**settings), Transport(inner=httpx.MockTransport(self.answer)), ROLES)


def token(key: Key = RSA, algorithm: str = "RS256", *, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """A token as a good issuer makes it at noon, but for what is changed; a claim or header of None is left out."""
    body = {
        "iss": NAME,
        "aud": AUDIENCE,
        "sub": "ann",
        "iat": NOON,
        "exp": NOON + 300,
        "tenant": "north",
        "roles": ["sales"],
    } | claims
    head = {"alg": algorithm, "kid": key.kid} | (header or {})
    return jwt.encode(
        {name: value for name, value in head.items() if value is not None},
        {name: value for name, value in body.items() if value is not None},
        key,
        registry=ANY_ALGORITHM,
    )
