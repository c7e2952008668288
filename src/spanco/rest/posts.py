"""What browsers and programs post to a form: names and texts, read within bounds from both spellings."""

from decimal import Decimal
from ipaddress import IPv4Address, ip_address, ip_network
from urllib.parse import parse_qsl

from spanco.kernel.errors import BadBody, Malformed
from spanco.kernel.wire import Json, decode
from spanco.rest.request import Request

FORM_TYPE, JSON_TYPE = "application/x-www-form-urlencoded", "application/json"
MOST_BYTES = 65_536
_MOST_NAMES, _LONGEST_NAME, _LONGEST = 200, 100, 20_000
_CUSTOMER_BITS = 64


async def posted(request: Request) -> dict[str, str]:
    """The posted texts by their names; of a name that comes twice the last."""
    media = request.media_type((FORM_TYPE, JSON_TYPE))
    body = await request.body(MOST_BYTES)
    found = _object(decode(body)) if media == JSON_TYPE else pairs(body)
    for name, value in found.items():
        if len(name) > _LONGEST_NAME or len(value) > _LONGEST:
            raise BadBody("", f"A name has at most {_LONGEST_NAME} characters, a value at most {_LONGEST}.")
        if "\0" in name or "\0" in value:
            raise Malformed("A name or a value contains the character U+0000, which cannot be stored.")
    return found


def pairs(text: bytes) -> dict[str, str]:
    """The pairs of a posted form, or of the query of an address."""
    try:
        found = parse_qsl(text.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_NAMES)
    except UnicodeDecodeError:
        raise Malformed("The body is not form-urlencoded UTF-8.") from None
    except ValueError:
        raise BadBody("", f"At most {_MOST_NAMES} names are taken.") from None
    return dict(found)


def _object(value: Json) -> dict[str, str]:
    if not isinstance(value, dict):
        raise BadBody("", "Send one JSON object with the answers by the names of the fields.")
    if len(value) > _MOST_NAMES:
        raise BadBody("", f"At most {_MOST_NAMES} names are taken.")
    return {name: _text(each) for name, each in value.items() if each is not None}


def _text(value: Json) -> str:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else ""
        case int() | Decimal():
            return str(value)
        case _:
            raise BadBody("", "An answer is a text, a number or a boolean.")


def address_of(request: Request) -> str:
    """Where the request came from: the connection, or what a proxy that is trusted says of it."""
    client = request.scope.get("client")
    return str(client[0]) if client else ""


def network_of(address: str) -> str:
    """What is counted as one address: of IPv6 the network of 64 bits that one customer has (RFC 6177)."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv4Address) or found.ipv4_mapped:
        return address
    return str(ip_network((found, _CUSTOMER_BITS), strict=False))


def languages_of(header: str | None) -> tuple[str, ...]:
    """The languages that somebody reads, the best first (RFC 9110, 12.5.4); at most ten."""
    weighed: list[tuple[float, str]] = []
    for part in (header or "").split(",")[:20]:
        language, _, parameters = part.strip().partition(";")
        weight = _weight(parameters)
        if language and language != "*" and weight:
            weighed.append((weight, _cased(language)))
    return tuple(language for _, language in sorted(weighed, key=lambda each: -each[0]))[:10]


def _cased(language: str) -> str:
    base, mark, region = language.strip().partition("-")
    return base.lower()[:8] + (f"-{region.upper()[:8]}" if mark else "")


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def fits(accept: str | None, media: str) -> bool:
    """Whether somebody who accepts this asks for such a page by name."""
    return media in (accept or "")
