"""Keeps the public keys of the issuer: fetched when needed, shared by all who wait, kept while the issuer is away."""

import asyncio
import warnings
from collections.abc import Iterator
from datetime import datetime, timedelta

from joserfc import jwk
from joserfc.errors import JoseError, SecurityWarning

from spanco.access.claims import Trust
from spanco.access.errors import BadToken, IssuerAway
from spanco.kernel.wire import Json
from spanco.telemetry import log
from spanco.transport import PeerAnswer, PeerError, Transport

FRESH = timedelta(minutes=5)
"""Older keys are fetched again, in the background: so long may a withdrawn key still count."""
STALE = timedelta(hours=1)
"""Older keys are forgotten: so long may the issuer be away."""
PAUSE = timedelta(seconds=10)
"""Between two fetches, however many tokens name unknown keys."""

_KEY_TYPES = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
_KEYS_READ = 100
_RSA_BITS = 2048
_DISCOVERY = "/.well-known/openid-configuration"


class Keys:
    """The issuer's key set (RFC 7517). `generation` changes whenever the set does."""

    def __init__(self, trust: Trust, transport: Transport) -> None:
        self.generation = 0
        self._trust = trust
        self._transport = transport
        self._keys: tuple[jwk.Key, ...] = ()
        self._fetched: datetime | None = None
        self._attempted: datetime | None = None
        self._fetch: asyncio.Task[None] | None = None

    async def find(self, kid: str | None, algorithm: str, now: datetime) -> jwk.Key:
        """The key that a token names, or the only one that fits if it names none.

        Raises `BadToken` if the issuer has no such key, `IssuerAway` if it has shown none at all.
        """
        age = now - self._fetched if self._fetched else STALE
        if age >= STALE:
            self._replace(())
        key = self._pick(kid, algorithm)
        if key is None or age >= FRESH:
            self._start_fetch(now)
        if key is None and self._fetch is not None:
            # Shielded: the caller that began the fetch may hang up, the others still wait for it.
            await asyncio.shield(self._fetch)
            key = self._pick(kid, algorithm)
        if key is not None:
            return key
        if not self._keys:
            raise IssuerAway
        raise BadToken("The token is signed with a key that its issuer does not publish; get a fresh one.")

    async def aclose(self) -> None:
        """Give up a fetch that still runs."""
        if self._fetch is not None:
            self._fetch.cancel()
            await asyncio.wait([self._fetch])

    def _pick(self, kid: str | None, algorithm: str) -> jwk.Key | None:
        fitting = [
            key
            for key in self._keys
            if key.key_type == _KEY_TYPES[algorithm[:2]] and key.alg in {None, algorithm} and kid in {None, key.kid}
        ]
        if kid is None and len(fitting) > 1:
            raise BadToken("The token does not say which key signed it; its header needs a 'kid'.")
        return fitting[0] if fitting else None

    def _start_fetch(self, now: datetime) -> None:
        if self._fetch is not None:
            return
        if self._attempted is not None and timedelta(0) <= now - self._attempted < PAUSE:
            return
        self._attempted = now
        self._fetch = asyncio.create_task(self._fetch_keys(now))
        self._fetch.add_done_callback(self._end_fetch)

    def _end_fetch(self, _: asyncio.Task[None]) -> None:
        self._fetch = None

    async def _fetch_keys(self, now: datetime) -> None:
        try:
            document = await self._transport.get_json(await self._address())
            keys = tuple(_usable(document))
            if not keys:
                raise PeerAnswer(self._trust.issuer, "Its key set holds no key that can be used.")
        except PeerError as error:
            log.warning("the issuer's keys could not be fetched", peer=error.peer, reason=str(error))
            return
        self._fetched = now
        self._replace(keys)

    def _replace(self, keys: tuple[jwk.Key, ...]) -> None:
        if keys != self._keys:
            self._keys = keys
            self.generation += 1

    async def _address(self) -> str:
        """Where the key set is: as configured, or as the issuer tells (OpenID Connect Discovery 1.0, section 4)."""
        issuer = self._trust.issuer
        if self._trust.jwks_url:
            return self._trust.jwks_url
        match await self._transport.get_json(issuer.rstrip("/") + _DISCOVERY):
            case {"issuer": str(named), "jwks_uri": str(url)} if named == issuer and _no_weaker(url, issuer):
                return url
            case _:
                raise PeerAnswer(issuer, "Its discovery document does not describe this issuer and its keys.")


def _no_weaker(url: str, issuer: str) -> bool:
    return url.lower().startswith("https:") or not issuer.lower().startswith("https:")


def _usable(document: Json) -> Iterator[jwk.Key]:
    """The public keys of a set that can verify signatures; others are passed over (RFC 7517, section 5)."""
    entries = document.get("keys") if isinstance(document, dict) else None
    for entry in entries[:_KEYS_READ] if isinstance(entries, list) else ():
        if not isinstance(entry, dict) or entry.get("kty") == "oct" or entry.get("use", "sig") != "sig":
            continue
        try:
            with warnings.catch_warnings(action="ignore", category=SecurityWarning):  # short keys are dropped below
                key = jwk.import_key({str(name): value for name, value in entry.items()})  # type: ignore[misc]
            key.check_key_op("verify")
            key.ensure_kid()
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, OverflowError):
            continue
        if not isinstance(key, jwk.RSAKey) or key.public_key.key_size >= _RSA_BITS:
            yield key
