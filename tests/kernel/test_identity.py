"""Ids that follow from what a resource is: its name, or its parent and its code."""

from uuid import UUID

import pytest

from spanco.apis import own
from spanco.kernel.errors import BadBody
from spanco.kernel.identity import identity, nested_id
from spanco.kernel.openapi import load

APIS = {api.key: api for api in map(load, own())}
KNOWN = {each.kind: each for each in APIS["spanco"].resources.values()}
REGISTER, ENTRY = KNOWN["spanco.register"], KNOWN["spanco.register.entry"]
LEAD = APIS["sales"].resources["salesLead"]


def test_most_resources_may_have_any_id() -> None:
    """Then the server gives one."""
    assert identity(LEAD, {"name": "A"}, None) is None


def test_a_resource_that_is_known_by_its_name_has_that_as_its_id() -> None:
    """As it stands."""
    assert identity(REGISTER, {"name": "lead.type_2~x"}, None) == "lead.type_2~x"


@pytest.mark.parametrize("name", ["", "a/b", "a b", "é", ".", "-a", "a-", "a" * 129, "a\n", "%2F"])
def test_a_name_that_cannot_stand_in_an_address_is_refused(name: str) -> None:
    """It says what can."""
    with pytest.raises(BadBody, match="part of addresses") as caught:
        identity(REGISTER, {"name": name}, None)
    assert caught.value.where == "name"


@pytest.mark.parametrize("document", [{}, {"name": 5}, {"name": None}])
def test_a_name_is_a_text(document: dict[str, object]) -> None:
    """Also a missing one is refused by its own name."""
    with pytest.raises(BadBody, match="a text is needed"):
        identity(REGISTER, document, None)  # type: ignore[arg-type]  # whatever a client sends


def test_below_a_parent_the_same_code_has_the_same_id_and_no_other_has_it() -> None:
    """So that an entry is there once for each register, whatever its code says."""
    found = {identity(ENTRY, {"code": code}, parent) for parent in ("a", "b") for code in ("x", "y/z")}
    assert len(found) == 4
    assert identity(ENTRY, {"code": "x"}, "a") == nested_id("a", "x")
    assert {UUID(each).version for each in found if each} == {5}
