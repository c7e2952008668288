"""Signatures of events, verified with the official package (goal D1)."""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as some
from standardwebhooks import Webhook, WebhookVerificationError

from spanco import clock
from spanco.events.rules.signature import SECRET_BYTES, fresh_secret, headers

MEGABYTE = 1_000_000
BODIES = some.text(min_size=1, max_size=300).map(lambda text: text.encode("utf-8", "replace"))
SECRETS = some.binary(min_size=SECRET_BYTES, max_size=SECRET_BYTES).map(fresh_secret)
SECRET, FORMER, FOREIGN = (fresh_secret(bytes([n]) * SECRET_BYTES) for n in range(3))


def signed(body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """The headers of a body that is sent now: the package refuses what is older than five minutes."""
    return headers(clock.new_id(), clock.now(), body, secrets)


def accepts(secret: str, body: bytes, sent: dict[str, str]) -> bool:
    """Whether a listener that knows this secret takes the body as ours."""
    try:
        Webhook(secret).verify(body, sent, json_parse=False)
    except WebhookVerificationError:
        return False
    return True


@given(BODIES, SECRETS)
@example(b"x", SECRET)
@example(b"\0", SECRET)
@example(("é" * (MEGABYTE // 2)).encode(), SECRET)
@example(("🪁" * (MEGABYTE // 4)).encode(), SECRET)
def test_the_official_package_verifies_any_body(body: bytes, secret: str) -> None:
    """Of one byte to a megabyte, in any script."""
    assert accepts(secret, body, signed(body, [secret]))


@given(BODIES, SECRETS, SECRETS)
def test_while_a_secret_is_replaced_either_is_good(body: bytes, secret: str, former: str) -> None:
    """No delivery is refused while a secret changes."""
    sent = signed(body, [secret, former])
    assert accepts(secret, body, sent)
    assert accepts(former, body, sent)
    assert not accepts(FOREIGN, body, sent)


@given(some.text('abc{}:" ,é', min_size=1).map(str.encode), some.data())
def test_a_changed_byte_is_refused(body: bytes, data: some.DataObject) -> None:
    """Any byte, anywhere."""
    at = data.draw(some.integers(0, len(body) - 1))
    changed = (body[:at] + b"~" + body[at + 1 :]).decode("utf-8", "replace").encode()
    sent = signed(body, [SECRET, FORMER])
    assert not accepts(SECRET, changed, sent)
    assert not accepts(FORMER, changed, sent)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp"])
def test_a_changed_header_is_refused(name: str) -> None:
    """The id and the moment are signed with the body."""
    sent = signed(b"{}", [SECRET])
    other = sent | headers("another", clock.now() + timedelta(seconds=2), b"{}", [SECRET])
    assert accepts(SECRET, b"{}", sent)
    assert not accepts(SECRET, b"{}", sent | {name: other[name]})


def test_what_is_sent_is_as_the_standard_shows_it() -> None:
    """The example of the standard's own libraries."""
    moment = datetime(2021, 2, 25, 15, 2, 10, 999_999, tzinfo=UTC)
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    assert headers("msg_p5jXN8AQM9LWM0D4loKWxJek", moment, b'{"test": 2432232314}', [secret]) == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    sent = headers("x", moment, b"{}", [SECRET, FORMER])
    assert [each[:3] for each in sent["webhook-signature"].split(" ")] == ["v1,", "v1,"]


def test_a_secret_is_told_as_the_standard_asks() -> None:
    """Base64 after a prefix by which leaked secrets are found."""
    chance = bytes(range(SECRET_BYTES))
    prefix, _, encoded = fresh_secret(chance).partition("_")
    assert (prefix, SECRET_BYTES) == ("whsec", 32)
    assert base64.b64decode(encoded, validate=True) == chance
