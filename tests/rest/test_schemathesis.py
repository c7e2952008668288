"""Schemathesis, with all its checks, on every operation of every API that is served."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spanco import apis
from spanco.kernel.openapi import Api, load
from spanco.kernel.publish import published
from spanco.kernel.wire import encode
from tests.rest import campaign
from tests.rest.server import Server, fresh_database, serving
from tests.system import OFFICIAL

CASES = int(os.environ.get("SPANCO_FUZZ_CASES", "20000"))
_PROMISED = 20_000
_OURS = [load(document) for document in apis.own()]
_OWN = next(api for api in _OURS if api.key == "sales")
# The boundary values of a schema grow with the square of its size: the great documents are left to chance, unless more
# cases are asked for than a build has time for.
_SMALL = 60_000


def _served() -> list[Api]:
    """Our own API and the official ones; the official TMF699 has the base path of our own, which is served instead."""
    overlays = list(apis.overlays().values())
    official = [load(json.loads(file.read_bytes()), overlays) for file in OFFICIAL]
    taken = {api.base_path for api in _OURS}
    return [*_OURS, *(api for api in official if api.base_path not in taken)]


SERVED = _served()
DONE: dict[str, campaign.Outcome] = {}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own process, so that both cores work, with an empty database."""
    folder = tmp_path_factory.mktemp("schemathesis")
    options = [part for file in OFFICIAL for part in ("--api", str(file))]
    with fresh_database(folder) as url, serving(folder, *options, database_url=url, worker="false") as started:
        yield started


@pytest.mark.parametrize("api", SERVED, ids=lambda api: f"{api.api_id}-{api.key}")
def test_every_operation_keeps_what_the_published_document_promises(api: Api, server: Server) -> None:
    """No 5xx, no undocumented answer, nothing invalid is accepted and nothing valid refused."""
    document = server.get(f"{api.base_path}/openapi.json").json()
    derived = json.loads(encode(published(api, server.url)))
    assert document == derived, "the server publishes another document than this test derives"
    outcome = DONE[api.key] = _campaign(document)
    assert not outcome.failures, "\n\n".join(f"{' '.join(of)}\n{text}" for of, text in outcome.failures.items())
    assert outcome.operations == _operations(document)
    assert not [status for status in outcome.statuses if status >= 500]


def _campaign(document: dict[str, Any]) -> campaign.Outcome:
    """Boundary values where that is affordable, chance everywhere, and our own API also in sequences of calls."""
    own = document["info"]["x-api-id"] == _OWN.api_id
    more = max(1, CASES // _PROMISED)
    small = len(json.dumps(document)) < _SMALL
    phases = {"examples": own, "coverage": own or small or more > 1, "fuzzing": True, "stateful": own}
    return campaign.run(document, phases=phases, examples=(60 if own else 15) * more)


def _operations(document: dict[str, Any]) -> set[str]:
    return {
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method in operations
        if method != "parameters" and path not in campaign.APART
    }


def test_at_least_twenty_thousand_cases_were_sent() -> None:
    """The campaign is as large as promised; with our own API alone (no official files) it is somewhat smaller."""
    if len(DONE) < len(SERVED):
        pytest.skip("only a part of the campaign was run")
    sent = sum(outcome.cases.total() for outcome in DONE.values())
    assert sent >= (_PROMISED if OFFICIAL else _PROMISED * 9 // 10), f"{sent} cases"


@pytest.mark.parametrize("file", OFFICIAL, ids=lambda file: file.name)
def test_every_official_document_is_part_of_the_campaign(file: Path) -> None:
    """Each is served under the base path that it asks for; where our own API has that path, ours answers for both."""
    assert load(json.loads(file.read_bytes())).base_path in {api.base_path for api in SERVED}
