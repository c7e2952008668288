"""Domains of companies: what somebody registered, and whether everybody may have a mailbox there."""

import re
from functools import cache, lru_cache

from publicsuffixlist import PublicSuffixList

from spanco.sales.rules.cleaning.emails import ascii_host

_MEMORY = 10_000
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://")


@cache
def _suffixes() -> PublicSuffixList:
    """The list that the library brings along: nothing is fetched."""
    return PublicSuffixList(accept_unknown=True)


@lru_cache(maxsize=_MEMORY)
def registered(host: str) -> str | None:
    """The part of a host name that somebody registered: of `mail.firma.co.uk` it is `firma.co.uk`."""
    found: str | None = _suffixes().privatesuffix(host)
    return found


@lru_cache(maxsize=_MEMORY)
def domain(text: str) -> str | None:
    """The registered domain of a web address or a host name."""
    plain = _SCHEME.sub("", text[:500].strip().lower())
    host = re.split(r"[/?#\s]", plain, maxsplit=1)[0].rpartition("@")[2].partition(":")[0]
    found = ascii_host(host)
    return registered(found) if found else None
