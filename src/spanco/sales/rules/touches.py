"""Touches: by which source, campaign and channel somebody came to us, when, and what that cost."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from spanco.kernel.wire import Document, Json
from spanco.sales.rules.forms import Origin

MOST = 200
"""So many touches a lead keeps; the first stays, the oldest of the others goes."""

_LONGEST, _LONGEST_PATH = 200, 500
_UTM = {
    "utm_source": "utmSource",
    "utm_medium": "utmMedium",
    "utm_campaign": "utmCampaign",
    "utm_term": "utmTerm",
    "utm_content": "utmContent",
    "utm_id": "utmId",
}
_CLICKS = (
    *("gclid", "gbraid", "wbraid", "dclid", "fbclid", "msclkid", "ttclid", "twclid", "li_fat_id", "igshid"),
    *("yclid", "mc_cid", "sznclid"),
)
TRACKED = frozenset({*_UTM, *_CLICKS})
"""The parameters of a page's address that say how somebody came there."""


def tracking(posted: Mapping[str, str], referrer: str, page: str) -> Document:
    """What is kept of how somebody came: known parameters, the host that led here and the path of the page, all cut.

    Of addresses no query is kept: it may hold anything. `referrer` and `page` are addresses or empty.
    """
    found: Document = {
        ours: posted[name].strip()[:_LONGEST] for name, ours in _UTM.items() if posted.get(name, "").strip()
    }
    clicks: list[Json] = [
        {"name": name, "value": posted[name].strip()[:_LONGEST]} for name in _CLICKS if posted.get(name, "").strip()
    ]
    if clicks:
        found["clickId"] = clicks
    host, path = _host(referrer), _path(page)
    return found | ({"referrerHost": host} if host else {}) | ({"landingPath": path} if path else {})


def touch_of(origin: Origin, tracked: Document, moment: str, channel: str = "") -> Document:
    """One touch. What the form says of source and campaign counts; where it says nothing, what the address said."""
    told = {
        "source": origin.source or tracked.get("utmSource"),
        "campaign": _id(origin.campaign) or tracked.get("utmCampaign"),
        "channel": _id(origin.channel) or channel or tracked.get("utmMedium"),
        "costReference": origin.cost or None,
    }
    return {"time": moment, **{name: value for name, value in told.items() if value}, **tracked}


def appended(touches: Json, touch: Document) -> list[Json]:
    """The touches of a lead with one more, bounded."""
    known = touches if isinstance(touches, list) else []
    kept = [*known, touch]
    return kept if len(kept) <= MOST else [kept[0], *kept[-(MOST - 1) :]]


def _id(reference: Document | None) -> Json:
    return reference.get("id") if reference else None


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "")[:_LONGEST]
    except ValueError:
        return ""


def _path(address: str) -> str:
    try:
        return urlsplit(address).path[:_LONGEST_PATH]
    except ValueError:
        return ""
