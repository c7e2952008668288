"""The page about tSM and its document list every attribute, status and priority."""

import re

import pytest

from spanco.sales.rules.tsm import PRIORITIES, STATUSES
from tests.apis.documents import ours, schemas_of
from tests.project.source import ROOT
from tests.project.test_docs import section

PAGE = (ROOT / "docs" / "tsm.md").read_text(encoding="utf-8")
SCHEMAS = schemas_of(ours("tsm"))
# Seed 001, sections 3.2 and 4 to 6.
REGISTER = {"id", "code", "name", "validityFrom", "validityTo", "description", "localizationData", "dataTags", "config"}
SEED = {
    "Lead": {"id", "key", "status", "partyName", "leadRating", "description", "priority", "leadSource"}
    | {
        "contactInstants",
        "phones",
        "emails",
        "websites",
        "dataBoxes",
        "dataTags",
        "processingData",
        "chars",
        "leadType",
    },
    "LeadType": REGISTER
    | {"entitySpecId", "mnemonicCode", "createPrivilege", "registry", "processingData", "icon", "tsmModule"},
    "LeadRating": REGISTER,
    "LeadSource": REGISTER,
}
REQUIRED = {
    "Lead": {"status", "partyName", "leadRating", "leadSource", "leadType"},
    **{name: {"code", "name"} for name in ("LeadType", "LeadRating", "LeadSource")},
}


def rows(heading: str) -> dict[str, str]:
    """The first table below a heading: what its rows are about, and the rest of them."""
    found = re.findall(r"^\| (`.*?) \| (.*)$", section(PAGE, heading), re.MULTILINE)
    return {name: rest for names, rest in found for name in re.findall(r"`(\w+)`", names)}


def attributes(name: str) -> set[str]:
    """The attributes that a schema and what creates it have."""
    return set(SCHEMAS[name]["properties"]) | set(SCHEMAS[f"{name}_Create"]["properties"])


@pytest.mark.parametrize("name", SEED)
def test_the_document_has_every_attribute_of_the_seed_and_requires_what_it_requires(name: str) -> None:
    """Transient data is only taken, never answered."""
    assert SEED[name] <= attributes(name)
    assert set(SCHEMAS[f"{name}_Create"]["required"]) == REQUIRED[name]
    assert "processingData" not in SCHEMAS[name]["properties"]


def test_the_page_lists_every_attribute() -> None:
    """Those of a lead, and those of the registers."""
    assert set(rows("Attributes of a lead")) == attributes("Lead")
    assert set(rows("Registers")) == attributes("LeadType") | attributes("LeadRating") | attributes("LeadSource")


def test_the_page_maps_every_status_to_its_states() -> None:
    """And the document has the same nine."""
    told = rows("Status")
    assert set(told) == set(STATUSES) == set(SCHEMAS["LeadStatus"]["enum"])
    for status, states in STATUSES.items():
        told_states = set(re.findall(r"`(\w+)`", told[status].split("|")[0]))
        assert set(states) <= told_states <= {*states, "acknowledged"}


def test_the_page_maps_every_priority() -> None:
    """And the document has the same three."""
    assert {name: re.findall(r"`(\w+)`", rest) for name, rest in rows("Priority").items()} == {
        name: [of] for name, of in PRIORITIES.items()
    }
    assert set(SCHEMAS["LeadPriority"]["enum"]) == set(PRIORITIES)
