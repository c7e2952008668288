"""How an event is signed: Standard Webhooks 1.0.0, symmetric."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

SECRET_BYTES = 32
"""Of chance, for a secret; the standard asks for 24 to 64."""

_PREFIX = "whsec_"
_SECRETS_KEPT = 4096


def fresh_secret(chance: bytes) -> str:
    """The secret of a hub, made of `SECRET_BYTES` random bytes, as it is shown to whoever listens."""
    return _PREFIX + b64encode(chance).decode()


def headers(event_id: str, moment: datetime, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """What is sent beside a body: its id, the moment of this try, and one signature for each secret.

    While a secret is being replaced there are two, and the listener may know either. A full stop
    in an id does no harm: taken for the end of a shorter one, it would leave a body that is no JSON.
    """
    timestamp = str(int(moment.timestamp()))
    signed = f"{event_id}.{timestamp}.".encode() + body
    return {
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{_signature(secret, signed)}" for secret in secrets),
    }


def _signature(secret: str, signed: bytes) -> str:
    return b64encode(hmac.digest(_key(secret), signed, "sha256")).decode()


@lru_cache(_SECRETS_KEPT)
def _key(secret: str) -> bytes:
    return b64decode(secret.removeprefix(_PREFIX))
