"""The issuer's keys: found, rotated, shared by all who wait, and kept while the issuer is away."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc.jwk import KeySet

from spanco.access.errors import BadToken, IssuerAway
from tests.access.issuer import EC256, KEY_SET, NAME, NOON, RSA, RSA_LATER, Issuer, token

DISCOVERY = NAME + "/.well-known/openid-configuration"
NOW = datetime.fromtimestamp(NOON, UTC)
LONG = NOON + 100_000


def at(seconds: float) -> datetime:
    """A moment that many seconds after noon."""
    return NOW + timedelta(seconds=seconds)


async def settled() -> None:
    """Let what runs in the background come to its end."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_keys_are_found_through_discovery_where_no_address_is_set() -> None:
    """OpenID Connect Discovery: the issuer tells where its keys are."""
    issuer = Issuer()
    await issuer.verifier(jwks_url=None).actor(token(), NOW)
    assert issuer.asked == [DISCOVERY, KEY_SET]


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://other.test", "jwks_uri": KEY_SET},
        {"issuer": NAME, "jwks_uri": KEY_SET.replace("https", "http")},
        {"issuer": NAME, "jwks_uri": 7},
        {"issuer": NAME},
        [],
    ],
)
async def test_a_discovery_document_of_somebody_else_is_not_followed(document: Any) -> None:
    """It must name this issuer, and must not lead from https to http."""
    issuer = Issuer()
    issuer.answers[DISCOVERY] = document
    with pytest.raises(IssuerAway):
        await issuer.verifier(jwks_url=None).actor(token(), NOW)
    assert issuer.asked == [DISCOVERY]


@pytest.mark.parametrize("document", [{}, [], {"keys": {}}, {"keys": []}, {"keys": [7, {}, {"kty": "RSA"}]}, "keys"])
async def test_a_key_set_without_a_usable_key_is_no_answer(document: Any) -> None:
    """What was known before stays."""
    issuer = Issuer()
    issuer.answers[KEY_SET] = document
    with pytest.raises(IssuerAway):
        await issuer.verifier().actor(token(), NOW)


async def test_unusable_keys_in_a_set_are_passed_over() -> None:
    """RFC 7517, section 5: one strange key does not spoil the others, and no shared secret is taken."""
    issuer = Issuer()
    good = RSA.as_dict(private=False)
    strange: list[object] = [
        7,
        {"kty": "AKP", "kid": "x"},
        {"kty": "RSA", "n": "!", "e": 3},
        {"kty": "EC", "crv": "P-999", "x": "AA", "y": "AA"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "rsa"},
        good | {"use": "enc"},
        {name: value for name, value in good.items() if name != "use"} | {"key_ops": ["encrypt"]},
        good | {"alg": "RS512"},
    ]
    issuer.answers[KEY_SET] = {"keys": [*strange, good]}
    assert (await issuer.verifier().actor(token(), NOW)).tenant == "north"


async def test_known_keys_are_not_asked_for_again() -> None:
    """A thousand tokens, one fetch."""
    issuer = Issuer()
    verifier = issuer.verifier()
    for number in range(20):
        await verifier.actor(token(sub=str(number)), at(number))
    assert len(issuer.asked) == 1


async def test_a_rotated_key_is_fetched_when_the_first_token_names_it() -> None:
    """No caller notices a rotation."""
    issuer = Issuer(RSA)
    verifier = issuer.verifier()
    await verifier.actor(token(), NOW)
    issuer.keys = KeySet([RSA, RSA_LATER])
    assert (await verifier.actor(token(RSA_LATER), at(10))).tenant == "north"
    assert len(issuer.asked) == 2


async def test_unknown_keys_cause_at_most_one_fetch_in_ten_seconds() -> None:
    """A flood of made-up tokens does not become a flood at the issuer."""
    issuer = Issuer(RSA)
    verifier = issuer.verifier()
    await verifier.actor(token(), NOW)
    for second in range(1, 31):
        with pytest.raises(BadToken, match="does not publish"):
            await verifier.actor(token(RSA_LATER), at(second))
    assert len(issuer.asked) == 1 + 3


async def test_a_clock_that_was_set_back_does_not_stop_the_fetching() -> None:
    """The pause is over when the last attempt lies in the future."""
    issuer = Issuer(RSA)
    verifier = issuer.verifier()
    await verifier.actor(token(), NOW)
    issuer.keys = KeySet([RSA_LATER])
    assert (await verifier.actor(token(RSA_LATER, iat=None), at(-3000))).tenant == "north"


async def test_tokens_of_a_withdrawn_key_fall_with_the_next_key_set() -> None:
    """What was kept as good is forgotten when the keys change."""
    issuer = Issuer(RSA)
    verifier = issuer.verifier()
    await verifier.actor(token(), NOW)
    issuer.keys = KeySet([RSA_LATER])
    await verifier.actor(token(RSA_LATER), at(20))
    with pytest.raises(BadToken, match="does not publish"):
        await verifier.actor(token(), at(21))


async def test_concurrent_callers_share_one_fetch() -> None:
    """At a cold start everybody waits for the same answer."""
    issuer = Issuer()
    issuer.gate.clear()
    verifier = issuer.verifier()
    callers = [asyncio.create_task(verifier.actor(token(sub=str(number)), NOW)) for number in range(50)]
    await settled()
    issuer.gate.set()
    assert {(await caller).subject for caller in callers} == {str(number) for number in range(50)}
    assert len(issuer.asked) == 1


async def test_a_caller_that_hangs_up_does_not_take_the_fetch_with_it() -> None:
    """The one who began it may go; the others still get their answer."""
    issuer = Issuer()
    issuer.gate.clear()
    verifier = issuer.verifier()
    first, second = (asyncio.create_task(verifier.actor(token(), NOW)) for _ in range(2))
    await settled()
    first.cancel()
    await settled()
    issuer.gate.set()
    assert (await second).subject == "ann"
    assert first.cancelled()
    assert len(issuer.asked) == 1


async def test_ageing_keys_are_fetched_in_the_background() -> None:
    """After five minutes the answer still comes at once, from the keys at hand; the new set counts from then on."""
    issuer = Issuer(RSA)
    verifier = issuer.verifier()
    await verifier.actor(token(exp=LONG), NOW)
    issuer.keys = KeySet([RSA_LATER])
    issuer.gate.clear()
    assert (await verifier.actor(token(exp=LONG, sub="bob"), at(300))).tenant == "north"
    issuer.gate.set()
    await settled()
    with pytest.raises(BadToken):
        await verifier.actor(token(exp=LONG, sub="bob"), at(301))


async def test_keys_outlive_an_issuer_that_is_away_by_one_hour() -> None:
    """Then nobody can be checked any more, until it is back."""
    issuer = Issuer()
    verifier = issuer.verifier()
    await verifier.actor(token(exp=LONG), NOW)
    issuer.away = True
    for seconds in (301, 1800, 3599):
        assert (await verifier.actor(token(exp=LONG), at(seconds))).tenant == "north"
        await settled()
    with pytest.raises(IssuerAway):
        await verifier.actor(token(exp=LONG), at(3660))
    issuer.away = False
    with pytest.raises(IssuerAway):
        await verifier.actor(token(exp=LONG), at(3665))
    assert (await verifier.actor(token(exp=LONG), at(3670))).tenant == "north"


async def test_closing_gives_up_a_fetch_that_hangs() -> None:
    """The server stops although the issuer does not answer."""
    issuer = Issuer(EC256)
    issuer.gate.clear()
    verifier = issuer.verifier()
    caller = asyncio.create_task(verifier.actor(token(), NOW))
    await settled()
    await verifier.aclose()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await verifier.aclose()
