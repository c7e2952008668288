"""Turns a bearer token into an actor: signature, issuer, audience and times checked, good answers kept for a minute."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import BadSignatureError, ClaimError, ExpiredTokenError, JoseError, UnsupportedAlgorithmError

from spanco.access.actor import Actor
from spanco.access.claims import Trust, actor_of
from spanco.access.errors import BadToken, ExpiredToken
from spanco.access.keys import Keys
from spanco.transport import Transport

ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"})
"""Signatures by a key pair only: with a shared secret, or none, whoever can check a token could make one."""

KEPT = timedelta(seconds=60)
_TOKENS_KEPT = 4096
_TOKEN_LENGTH = 8192
_TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})
# What the library raises for tokens that only look like some, besides its own errors.
_NO_TOKEN = (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError)


class _Allowed(jws.JWSRegistry):
    """The allow-list; unknown header parameters are ignored (RFC 7515, section 4)."""

    max_header_length = 4096

    def get_alg(self, name: str) -> Any:  # noqa: ANN401  # the library does not publish the type
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError
        return self.algorithms[name]


_ALLOWED = _Allowed(strict_check_header=False)


class Verifier:
    """Checks bearer tokens (RFC 6750, RFC 7519, RFC 8725) of one issuer."""

    def __init__(self, trust: Trust, transport: Transport, roles: frozenset[str]) -> None:
        self._trust = trust
        self._roles = roles
        self._keys = Keys(trust, transport)
        self._kept: dict[bytes, tuple[Actor, datetime]] = {}
        self._generation = 0

    async def actor(self, token: str, now: datetime) -> Actor:
        """The bearer of a token at a moment. Raises `BadToken`, `ExpiredToken` or `IssuerAway`."""
        if len(token) > _TOKEN_LENGTH:
            raise BadToken(f"The token is longer than {_TOKEN_LENGTH} characters.")
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        if self._generation != self._keys.generation:
            self._kept.clear()
            self._generation = self._keys.generation
        kept = self._kept.get(digest)
        if kept is not None and now < kept[1]:
            return kept[0]
        claims = await self._claims(token, now)
        actor = actor_of(claims, self._trust, self._roles)
        self._keep(digest, actor, min(now + KEPT, _end(claims)))
        return actor

    async def aclose(self) -> None:
        """Give up what still runs."""
        await self._keys.aclose()

    def _keep(self, digest: bytes, actor: Actor, until: datetime) -> None:
        # The set of keys may have changed since this token was taken up: then it was still checked with the new one,
        # but the older ones must go.
        if self._generation != self._keys.generation:
            self._kept.clear()
            self._generation = self._keys.generation
        while len(self._kept) >= _TOKENS_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[digest] = (actor, until)

    async def _claims(self, token: str, now: datetime) -> dict[str, Any]:
        kid, algorithm = _header(token)
        key = await self._keys.find(kid, algorithm, now)
        try:
            claims = jwt.decode(token, key, registry=_ALLOWED).claims
        except BadSignatureError as error:
            raise BadToken("The signature of the token does not fit; get a fresh one from its issuer.") from error
        except _NO_TOKEN as error:
            raise BadToken from error
        self._check(claims, now)
        return claims

    def _check(self, claims: dict[str, Any], now: datetime) -> None:
        """Who issued the token, for whom and for when (RFC 7519, section 4.1)."""
        rules = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=self._trust.leeway,
            iss={"essential": True, "value": self._trust.issuer},
            aud={"essential": True, "value": self._trust.audience},
            exp={"essential": True},
            sub={"essential": True},
        )
        try:
            rules.validate(claims)
        except ExpiredTokenError as error:
            raise ExpiredToken from error
        except ClaimError as error:
            raise BadToken(
                f"The claim '{error.claim}' of the token is missing or not what this server expects."
            ) from error


def _header(token: str) -> tuple[str | None, str]:
    """The key's name and the algorithm, as the token itself, still unchecked, tells them."""
    try:
        header = jws.extract_compact(token.encode(), registry=_ALLOWED).headers()
        _ALLOWED.check_header(header)
        algorithm = header["alg"]
        media_type = header.get("typ", "JWT")
        named = isinstance(media_type, str) and media_type.lower() in _TYPES
    except _NO_TOKEN as error:
        raise BadToken("This is not a signed JSON Web Token.") from error
    if "crit" in header:  # b64 is the one that the library knows, and no token may use it (RFC 7797, section 7)
        raise BadToken("The token's header asks for an extension that this server does not know.")
    if not named:
        raise BadToken("This is another kind of token; send an access token.")
    if algorithm not in ALGORITHMS:
        raise BadToken(f"The token must be signed with one of {', '.join(sorted(ALGORITHMS))}.")
    return header.get("kid"), algorithm


def _end(claims: dict[str, Any]) -> datetime:
    try:
        return datetime.fromtimestamp(claims["exp"], UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.max.replace(tzinfo=UTC)
