"""Who asks: the tenant, the subject and the roles that every unit of work carries (design D7)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """One caller of one tenant; a value, so that decisions about it can be kept."""

    tenant: str
    subject: str
    roles: frozenset[str]


ANONYMOUS = Actor(tenant="default", subject="anonymous", roles=frozenset({"admin"}))
"""Everybody, where `auth=none`: whoever reaches the port may do everything in the one tenant."""
