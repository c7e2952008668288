"""What is captured becomes a lead whatever roles there are, and whatever only some of them may choose."""

from dataclasses import replace

import httpx

from spanco.access.grants import Grant
from spanco.access.policy import Policy
from spanco.app import Running, captured_kinds
from spanco.sales.actions.processing import process_some
from tests.rest.test_forms import made
from tests.sales.forms import GOOD
from tests.worker.stage import LEADS, OWN
from tests.worker.test_capturing import processed, submissions


async def test_leads_are_made_whatever_roles_the_policy_knows(stage: Running, api: httpx.AsyncClient) -> None:
    """A policy file replaces the whole table, and none of its roles need be called as one of ours is.

    So it is by the command line too, which has the policy of the settings.
    """
    id_ = await made(api)
    (await api.post(f"/form/{id_}", data=GOOD)).raise_for_status()
    strange = replace(stage.means, policy=Policy([Grant("boss", ("*",), ("read",))]))
    while await process_some(strange, captured_kinds(stage)):
        continue
    assert [each["status"] for each in await submissions(api)] == ["created"]


async def test_no_lead_is_lost_over_a_source_that_not_everybody_may_choose(
    stage: Running, api: httpx.AsyncClient
) -> None:
    """It came by that source, and its touch says so; the code is for those who may choose it."""
    entries = f"{OWN}/register/leadSource/entry"
    entry = (await api.post(entries, json={"code": "vip", "name": "Important people"})).json()
    id_ = await made(api, source="vip")
    (await api.patch(f"{entries}/{entry['id']}", json={"createPrivilege": "boss"})).raise_for_status()
    (await api.post(f"/form/{id_}", data=GOOD)).raise_for_status()
    await processed(stage)
    (lead,) = (await api.get(LEADS)).json()
    assert (lead["touch"][0]["source"], "leadSource" in lead) == ("vip", False)
