"""Reads what a verified token says about its bearer: claims become an actor, or a reason why not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeGuard

from spanco.access.actor import Actor
from spanco.access.errors import BadToken

_NAME_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose tokens are believed, and where in them roles and tenant stand.

    A claim is named by its whole name (`https://example.org/roles`) or by a dotted path (`realm_access.roles`).
    `leeway` is in seconds, for clocks that disagree.
    """

    issuer: str
    audience: str
    jwks_url: str | None = None
    role_claim: str = "roles"
    tenant_claim: str = "tenant"
    default_tenant: str | None = None
    leeway: int = 10

    def __post_init__(self) -> None:
        if not self.issuer or not self.audience:
            raise ValueError("auth=jwt needs an issuer and an audience: without them any token would do.")


def actor_of(claims: Mapping[str, object], trust: Trust, known_roles: frozenset[str]) -> Actor:
    """The bearer. Roles that the policy does not know are dropped. Raises `BadToken`."""
    subject = claims.get("sub")
    if not _is_name(subject):
        raise BadToken("The token names no subject that can be used; its 'sub' must be a plain text.")
    return Actor(_tenant(claims, trust), subject, known_roles.intersection(_roles(_claim(claims, trust.role_claim))))


def _tenant(claims: Mapping[str, object], trust: Trust) -> str:
    tenant = _claim(claims, trust.tenant_claim)
    if tenant is None and trust.default_tenant is not None:
        return trust.default_tenant
    # What is there but unusable is refused even with a default: a guess would put one tenant's work into another.
    if not _is_name(tenant):
        raise BadToken(f"The token names no tenant; its claim '{trust.tenant_claim}' must be a plain text.")
    return tenant


def _roles(value: object) -> list[str]:
    match value:
        case str():
            return value.split()
        case list():
            return [each for each in value if isinstance(each, str)]
        case _:
            return []


def _claim(claims: Mapping[str, object], name: str) -> object:
    if name in claims:
        return claims[name]
    value: object = claims
    for step in name.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value


def _is_name(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and 0 < len(value) <= _NAME_LENGTH and value.isprintable()
