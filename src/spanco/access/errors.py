"""Why a caller is turned away; `challenge` is what RFC 6750, section 3 wants to hear about it."""

from collections.abc import Iterable

from spanco.kernel.errors import Problem


class Unauthenticated(Problem):
    """No credentials were sent; send the header 'Authorization: Bearer' with a token of this server's issuer."""

    challenge = "Bearer"


class BadToken(Problem):
    """The token cannot be accepted; get a fresh one from this server's issuer."""

    challenge = 'Bearer error="invalid_token"'


class ExpiredToken(Problem):
    """The token has expired; get a fresh one from this server's issuer."""

    challenge = 'Bearer error="invalid_token", error_description="expired"'


class IssuerAway(Problem):
    """Tokens cannot be checked because their issuer does not answer; try again in a moment."""


class Forbidden(Problem):
    """The roles of the caller do not allow this."""

    challenge = 'Bearer error="insufficient_scope"'

    def __init__(self, roles: Iterable[str], verb: str, kind: str, able: Iterable[str]) -> None:
        held = sorted(roles)
        who = f"Role {_either(held)}" if held else "A caller without a role that this server knows"
        others = sorted(able)
        way_out = f"Roles that may: {', '.join(others)}." if others else "No role may."
        super().__init__(f"{who} may not {verb} {kind}. {way_out}")


def _either(names: list[str]) -> str:
    return " or ".join(f"'{name}'" for name in names)
