"""Leads of tSM and of TMF699 by chance, and the resources that they are of."""

from typing import Any

from hypothesis import strategies as st

from spanco import apis
from spanco.kernel.openapi import Resource, load
from spanco.kernel.query.ast import AllOf, AnyOf, Compare, Condition, Element, Exists, Function, Like, Measure, Not, Op

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), max_size=6)
WORDS = st.sampled_from(["a", "b", "work", "x@y.example", "+49 30 1", "9"])
SCALARS: st.SearchStrategy[Any] = st.one_of(st.booleans(), st.integers(-3, 3), TEXT, WORDS)
ANYTHING = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2))
STATES = ("acknowledged", "inProgress", "pending", "accepted", "rejected", "cancelled")
STATUSES = (
    *("NEW", "IN_PROGRESS", "CONVERTED", "CONVERTED_EXTERNAL", "REJECTED"),
    *("LATER", "UNSUCCESSFUL", "WORKING", "NON_WORKING"),
)
MOMENTS = st.sampled_from(["2026-03-03T08:15:00.000Z", "2027-01-01T00:00:00.000Z"])


def _some(**of: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=of)


def _together(*parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(*parts).map(lambda found: {name: value for each in found for name, value in each.items()})


CONTACTS = st.lists(
    _together(
        st.fixed_dictionaries({"value": WORDS}),
        _some(type=WORDS, preferred=st.booleans(), note=ANYTHING, **{"@type": WORDS}),
    ),
    min_size=1,
    max_size=3,
)
OPTIONAL = _some(
    key=WORDS,
    description=TEXT,
    priority=st.sampled_from(["HIGH", "MEDIUM", "LOW"]),
    contactInstants=CONTACTS,
    phones=CONTACTS,
    emails=CONTACTS,
    websites=CONTACTS,
    dataBoxes=CONTACTS,
    dataTags=st.lists(WORDS, max_size=2),
    chars=st.dictionaries(WORDS, ANYTHING, max_size=2),
    statusReason=TEXT,
    laterUntil=MOMENTS,
    externalReference=st.fixed_dictionaries({"id": WORDS}),
    somethingElse=ANYTHING,
)
FACES = _together(
    st.fixed_dictionaries(
        {
            "status": st.sampled_from(STATUSES),
            "partyName": st.sampled_from(["a", "b", "Ä Ö"]),
            "leadType": st.sampled_from(["newCustomer", "upsell"]),
            "leadRating": st.sampled_from(["hot", "cold"]),
            "leadSource": st.sampled_from(["fair", "website"]),
        }
    ),
    OPTIONAL,
)
PARTICULARS = _some(
    emailAddress=WORDS,
    phoneNumber=WORDS,
    url=WORDS,
    socialNetworkId=WORDS,
    contactType=WORDS,
    city=WORDS,
    somethingElse=ANYTHING,
)
MEDIUMS = st.lists(
    _some(
        mediumType=WORDS,
        preferred=st.booleans(),
        characteristic=PARTICULARS,
        tsm=st.dictionaries(st.sampled_from(["note", "@type"]), ANYTHING, max_size=2),
        somethingElse=ANYTHING,
    ),
    max_size=3,
)
LEADS = _together(
    st.fixed_dictionaries(
        {"@type": st.just("SalesLead"), "name": st.sampled_from(["a", "b"]), "status": st.sampled_from(STATES)}
    ),
    _some(
        description=TEXT,
        priority=st.sampled_from(["high", "medium", "low"]),
        statusChangeReason=TEXT,
        statusChangeDate=MOMENTS,
        rating=WORDS,
        leadType=st.sampled_from(["newCustomer", "upsell"]),
        prospectContact=MEDIUMS,
        note=st.lists(st.fixed_dictionaries({"text": TEXT}), max_size=2),
        relatedParty=st.lists(st.fixed_dictionaries({"id": WORDS}), max_size=2),
        somethingElse=ANYTHING,
        tsm=_some(
            status=st.sampled_from(STATUSES),
            key=WORDS,
            chars=st.dictionaries(WORDS, ANYTHING, max_size=2),
            dataTags=st.lists(WORDS, max_size=2),
            dataBoxes=CONTACTS,
            somethingElse=ANYTHING,
        ),
    ),
)

NAMES = st.sampled_from(
    [
        *("status", "partyName", "priority", "description", "emails", "phones", "websites", "contactInstants"),
        *("dataBoxes", "dataTags", "chars", "key", "somethingElse", "processingData", "leadType", "laterUntil"),
    ]
)
INSIDE = st.lists(st.sampled_from(["value", "type", "preferred", "note", "a", "work", "@type"]), max_size=2)
PATHS = st.builds(lambda name, inside: (name, *inside), NAMES, INSIDE) | st.just(("status",)) | st.just(("priority",))
LITERALS = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), WORDS, st.sampled_from([*STATUSES, "HIGH", "LOW"]))
OPS = st.sampled_from(list(Op))


def _leaves(paths: st.SearchStrategy[Any]) -> st.SearchStrategy[Condition]:
    return st.one_of(
        st.builds(Compare, paths, OPS, LITERALS),
        st.builds(Like, paths, st.sampled_from(["a", "W", "^N", "."]), st.booleans()),
        st.builds(Exists, paths),
        st.builds(Measure, st.sampled_from(list(Function)), paths, OPS, st.integers(-1, 4)),
    )


def _conditions(paths: st.SearchStrategy[Any], *, depth: int = 1) -> st.SearchStrategy[Condition]:
    leaves = _leaves(paths)
    if depth:
        leaves |= st.builds(Element, paths, _conditions(INSIDE.map(tuple), depth=depth - 1))
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=2).map(lambda parts: AllOf(tuple(parts))),
            st.lists(inner, max_size=2).map(lambda parts: AnyOf(tuple(parts))),
            st.builds(Not, inner),
        ),
        max_leaves=4,
    )


CONDITIONS = _conditions(PATHS)


def resource(key: str, name: str) -> Resource:
    """A resource of one of our documents, e.g. `("tsm", "lead")`."""
    found = next(each for each in apis.own() if each["x-spanco-key"] == key)
    return load(found).resources[name]


SEEN = resource("tsm", "lead")
KEPT = resource("sales", "salesLead")
