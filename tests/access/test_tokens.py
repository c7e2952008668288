"""Bearer tokens: which are believed, what they say about their bearer, and what forgers try."""

import base64
import hmac
import json
import warnings
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jws

from spanco.access.actor import Actor
from spanco.access.claims import Trust
from spanco.access.errors import BadToken, ExpiredToken, IssuerAway
from tests.access.issuer import (
    ANY_ALGORITHM,
    AUDIENCE,
    EC256,
    EC384,
    ED,
    KEY_SET,
    NAME,
    NOON,
    RSA,
    RSA_SMALL,
    STRANGER,
    Issuer,
    token,
)

pytestmark = pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")  # the tests sign with weak keys, too

NOW = datetime.fromtimestamp(NOON, UTC)


def at(seconds: float) -> datetime:
    """A moment that many seconds after noon."""
    return NOW + timedelta(seconds=seconds)


def raw(header: Any, payload: bytes = b"{}", signature: bytes = b"") -> str:
    """Three segments, whatever they hold."""
    head = header if isinstance(header, bytes) else json.dumps(header).encode()
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (head, payload, signature))


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        *((RSA, algorithm) for algorithm in ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")),
        (EC256, "ES256"),
        (EC384, "ES384"),
        (ED, "EdDSA"),
    ],
)
async def test_a_token_of_every_allowed_algorithm_makes_an_actor(key: Any, algorithm: str) -> None:
    """Tenant, subject and roles come from the claims, whichever key pair signed them, without a warning."""
    signed = token(key, algorithm)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        actor = await Issuer().verifier().actor(signed, NOW)
    assert actor == Actor("north", "ann", frozenset({"sales"}))


@pytest.mark.parametrize(
    ("forged", "why"),
    [
        ("", "signed JSON Web Token"),
        ("opaque", "signed JSON Web Token"),
        ("a.b.c", "signed JSON Web Token"),
        ("ä.ö.ü", "signed JSON Web Token"),
        ("\ud800.b.c", "signed JSON Web Token"),
        ("a.b.c.d.e", "signed JSON Web Token"),
        ("x" * 8193, "longer than 8192"),
        (raw([]), "signed JSON Web Token"),
        (raw("alg"), "signed JSON Web Token"),
        (raw(7), "signed JSON Web Token"),
        (raw({}), "signed JSON Web Token"),
        (raw(b"[" * 2900), "signed JSON Web Token"),
        (raw({"alg": ["RS256"]}), "signed JSON Web Token"),
        (raw({"alg": "RS256", "kid": 7}), "signed JSON Web Token"),
        (raw({"alg": "RS256", "kid": ["rsa"]}), "signed JSON Web Token"),
        (raw({"alg": "RS256", "crit": 7}), "signed JSON Web Token"),
        (raw({"alg": "RS256", "crit": ["b64"], "b64": False}), "asks for an extension"),
        (raw({"alg": "RS256", "crit": ["exp"], "exp": 1}), "signed JSON Web Token"),
        (raw({"alg": "none"}), "must be signed with one of"),
        (raw({"alg": "None"}), "must be signed with one of"),
        (raw({"alg": "ES256K"}), "must be signed with one of"),
        (raw({"alg": "RS256", "typ": "logout+jwt"}), "another kind of token"),
        (raw({"alg": "RS256", "typ": 7}), "(another kind|signed JSON)"),
        (raw({"alg": "RS256", "kid": "rsa"}), "signature"),
        (raw({"alg": "RS256", "kid": "rsa"}, signature=b"x" * 256), "signature"),
    ],
)
async def test_what_is_no_good_token_is_refused_in_words(forged: str, why: str) -> None:
    """Whatever the header says or looks like: a refusal that tells what to send, and never another error."""
    with pytest.raises(BadToken, match=why):
        await Issuer().verifier().actor(forged, NOW)


async def test_the_public_key_is_no_secret_to_sign_with() -> None:
    """HS256 over the published key is the forgery that an allow-list is for."""
    head, claims, _ = raw({"alg": "HS256", "kid": "rsa"}, b'{"sub": "ann"}').split(".")
    signature = hmac.digest(RSA.as_pem(private=False), f"{head}.{claims}".encode(), "sha256")
    forged = f"{head}.{claims}." + base64.urlsafe_b64encode(signature).rstrip(b"=").decode()
    with pytest.raises(BadToken, match="must be signed with one of"):
        await Issuer().verifier().actor(forged, NOW)


async def test_a_signature_of_another_key_with_the_same_name_is_refused() -> None:
    """The name of a key proves nothing."""
    with pytest.raises(BadToken, match="signature"):
        await Issuer().verifier().actor(token(STRANGER), NOW)


async def test_a_changed_claim_breaks_the_signature() -> None:
    """Who promotes itself is refused."""
    head, _, signature = token().split(".")
    _, claims, _ = token(roles=["admin"]).split(".")
    with pytest.raises(BadToken, match="signature"):
        await Issuer().verifier().actor(f"{head}.{claims}.{signature}", NOW)


async def test_an_algorithm_that_does_not_fit_the_key_is_refused() -> None:
    """ES256 with the name of an RSA key finds no key."""
    with pytest.raises(BadToken, match="does not publish"):
        await Issuer().verifier().actor(token(EC256, "ES256", header={"kid": "rsa"}), NOW)


async def test_a_curve_that_does_not_fit_the_algorithm_is_refused() -> None:
    """ES256 is P-256 and nothing else (RFC 7518, section 3.4)."""
    head = raw({"alg": "ES256", "kid": "ec384"}, signature=b"x" * 96)
    with pytest.raises(BadToken):
        await Issuer().verifier().actor(head, NOW)


async def test_a_short_rsa_key_of_the_issuer_does_not_count() -> None:
    """RFC 7518, section 3.3 asks for 2048 bits."""
    with pytest.raises(BadToken, match="does not publish"):
        await Issuer(RSA, RSA_SMALL).verifier().actor(token(RSA_SMALL), NOW)


async def test_a_token_without_kid_is_believed_only_where_one_key_can_be_meant() -> None:
    """One RSA key among others is enough; two leave it open."""
    nameless = token(header={"kid": None})
    assert (await Issuer(RSA, EC256).verifier().actor(nameless, NOW)).subject == "ann"
    with pytest.raises(BadToken, match="needs a 'kid'"):
        await Issuer(RSA, STRANGER).verifier().actor(nameless, NOW)


async def test_unknown_header_parameters_are_ignored() -> None:
    """RFC 7515, section 4: what is not understood and not critical does not matter."""
    assert (await Issuer().verifier().actor(token(header={"client_id": "app", "typ": "at+JWT"}), NOW)).tenant == "north"


@pytest.mark.parametrize("payload", [b"", b"[]", b"7", b"no json", b"\xff", b"[" * 3000])
async def test_a_good_signature_over_anything_but_claims_is_refused(payload: bytes) -> None:
    """The issuer signs other things, too; only an object of claims is a token."""
    signed = jws.serialize_compact({"alg": "RS256", "kid": "rsa"}, payload, RSA, registry=ANY_ALGORITHM)
    with pytest.raises(BadToken):
        await Issuer().verifier().actor(signed, NOW)


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"iss": None}, "'iss'"),
        ({"iss": NAME + "/"}, "'iss'"),
        ({"iss": [NAME]}, "'iss'"),
        ({"aud": None}, "'aud'"),
        ({"aud": "other"}, "'aud'"),
        ({"aud": ["other", "another"]}, "'aud'"),
        ({"aud": {"spanco": 1}}, "'aud'"),
        ({"exp": None}, "'exp'"),
        ({"exp": "tomorrow"}, "'exp'"),
        ({"exp": True}, "'exp'"),
        ({"exp": float("nan")}, "'exp'"),
        ({"sub": None}, "'sub'"),
        ({"sub": ""}, "'sub'"),
        ({"sub": 7}, "'sub'"),
        ({"sub": "a\x00b"}, "no subject"),
        ({"sub": "x" * 256}, "no subject"),
        ({"iat": "noon"}, "'iat'"),
        ({"nbf": "noon"}, "'nbf'"),
        ({"tenant": None}, "no tenant"),
    ],
)
async def test_a_claim_that_is_missing_or_wrong_is_named(claims: dict[str, Any], why: str) -> None:
    """The refusal tells the operator which claim to look at, and no value of it."""
    with pytest.raises(BadToken, match=why):
        await Issuer().verifier().actor(token(**claims), NOW)


@pytest.mark.parametrize(
    ("claims", "seconds", "good"),
    [
        ({"exp": NOON + 60}, 69, True),
        ({"exp": NOON + 60}, 70, False),
        ({"exp": NOON + 60.5}, 70, True),
        ({"nbf": NOON + 60}, 50, True),
        ({"iat": NOON + 60}, 50, True),
        ({"exp": 10**20}, 0, True),
    ],
)
async def test_times_are_held_to_the_second_with_ten_seconds_of_leeway(
    claims: dict[str, Any],
    seconds: float,
    good: bool,
) -> None:
    """The moment is handed in; clocks may disagree by the leeway and not by more."""
    verifier = Issuer().verifier()
    if good:
        assert (await verifier.actor(token(**claims), at(seconds))).tenant == "north"
    else:
        with pytest.raises(ExpiredToken):
            await verifier.actor(token(**claims), at(seconds))


@pytest.mark.parametrize("claims", [{"nbf": NOON + 60}, {"iat": NOON + 60}])
async def test_a_token_of_the_future_is_refused_as_bad_not_as_expired(claims: dict[str, Any]) -> None:
    """A client with an expired token gets a new one; with this one that would not help."""
    with pytest.raises(BadToken, match=f"'{next(iter(claims))}'"):
        await Issuer().verifier().actor(token(**claims), at(49))


async def test_without_leeway_the_second_of_exp_is_too_late() -> None:
    """RFC 7519, section 4.1.4: on or after."""
    verifier = Issuer().verifier(leeway=0)
    assert (await verifier.actor(token(exp=NOON + 60), at(59))).tenant == "north"
    with pytest.raises(ExpiredToken):
        await verifier.actor(token(exp=NOON + 60), at(60))


@pytest.mark.parametrize(
    ("path", "claims", "roles"),
    [
        ("roles", {"roles": ["sales", "auditor"]}, {"sales", "auditor"}),
        ("roles", {"roles": "sales auditor"}, {"sales", "auditor"}),
        ("roles", {"roles": ["sales", "king", 7, None, ["auditor"]]}, {"sales"}),
        ("roles", {"roles": {"sales": True}}, set()),
        ("roles", {"roles": None}, set()),
        ("realm_access.roles", {"realm_access": {"roles": ["auditor"]}}, {"auditor"}),
        ("realm_access.roles", {"realm_access": "roles"}, set()),
        ("https://acme.test/roles", {"https://acme.test/roles": ["auditor"]}, {"auditor"}),
    ],
)
async def test_roles_are_read_where_the_operator_says(path: str, claims: dict[str, Any], roles: set[str]) -> None:
    """Lists and texts, nested and plain; what the policy does not know is dropped."""
    assert (await Issuer().verifier(role_claim=path).actor(token(**claims), NOW)).roles == roles


async def test_the_tenant_is_read_where_the_operator_says() -> None:
    """A dotted path leads into nested claims."""
    verifier = Issuer().verifier(tenant_claim="org.id")
    assert (await verifier.actor(token(org={"id": "south"}), NOW)).tenant == "south"


async def test_a_default_tenant_stands_in_for_a_missing_claim() -> None:
    """One tenant per server is a common way to run."""
    verifier = Issuer().verifier(default_tenant="home")
    assert (await verifier.actor(token(tenant=None), NOW)).tenant == "home"
    assert (await verifier.actor(token(), NOW)).tenant == "north"


@pytest.mark.parametrize("tenant", ["", 7, ["north"], "a\nb", "x" * 256, {"id": "north"}])
async def test_an_unusable_tenant_is_refused_even_with_a_default(tenant: object) -> None:
    """A guess would put one tenant's work into another."""
    with pytest.raises(BadToken, match="no tenant"):
        await Issuer().verifier(default_tenant="home").actor(token(tenant=tenant), NOW)


@pytest.mark.parametrize(("issuer", "audience"), [("", AUDIENCE), (NAME, "")])
def test_a_server_without_issuer_or_audience_does_not_start(issuer: str, audience: str) -> None:
    """Otherwise a token for anybody else would open the door."""
    with pytest.raises(ValueError, match="issuer and an audience"):
        Trust(issuer, audience)


async def test_a_good_token_is_kept_for_a_minute_and_never_beyond_its_end() -> None:
    """Between those, the same token costs one digest; the end is exact there, without leeway of its own."""
    verifier = Issuer().verifier(leeway=0)
    brief = token(exp=NOON + 30)
    first = await verifier.actor(brief, NOW)
    assert await verifier.actor(brief, at(29)) is first
    with pytest.raises(ExpiredToken):
        await verifier.actor(brief, at(30))
    long = token(exp=NOON + 3000)
    second = await verifier.actor(long, NOW)
    assert await verifier.actor(long, at(59)) is second
    assert await verifier.actor(long, at(60)) is not second


async def test_kept_tokens_stay_bounded() -> None:
    """The oldest go first."""
    verifier = Issuer(ED).verifier()
    for number in range(4100):
        await verifier.actor(token(ED, "EdDSA", sub=str(number)), NOW)
    assert len(verifier._kept) == 4096  # noqa: SLF001  # nothing public shows the bound


async def test_a_bad_token_is_never_kept() -> None:
    """It is refused each time."""
    verifier = Issuer().verifier()
    for _ in range(2):
        with pytest.raises(BadToken):
            await verifier.actor(token(STRANGER), NOW)


async def test_without_any_keys_nobody_is_told_that_the_token_is_bad() -> None:
    """An issuer that is away is the server's trouble, not the caller's."""
    issuer = Issuer()
    issuer.away = True
    with pytest.raises(IssuerAway):
        await issuer.verifier().actor(token(), NOW)
    assert issuer.asked == [KEY_SET]
