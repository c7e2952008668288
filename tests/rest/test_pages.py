"""What stands beside the APIs: documents, /docs, health, metrics; and every problem as a TMF error."""

from collections.abc import Mapping
from dataclasses import replace

import httpx
import jsonschema_rs
import pytest
from structlog.testing import capture_logs

from spanco.access.errors import Forbidden, Unauthenticated
from spanco.app import Running
from spanco.kernel import errors as kernel
from spanco.rest.errors import BadAnswers, MethodNotAllowed, TooOften, UnsupportedMedia
from spanco.rest.request import Request
from spanco.rest.responses import TABLE, Answer, problem_answer
from spanco.rest.routes import Surface
from spanco.sales.rules.matching.pairs import LikelyDuplicate
from spanco.store.errors import DatabaseAway
from tests.system import caller, surface_of

ERROR = jsonschema_rs.validator_for(
    {
        "type": "object",
        "required": ["code", "reason", "message", "status", "@type"],
        "additionalProperties": {"type": "string", "minLength": 1},
    }
)
AWKWARD: Mapping[type[BaseException], Exception] = {
    kernel.BadParameter: kernel.BadParameter("limit", "no."),
    kernel.BadHeader: kernel.BadHeader("Host", "no."),
    kernel.BadBody: kernel.BadBody("a.b", "no."),
    kernel.RefusedMove: kernel.RefusedMove("s", "a", "b", ["c"]),
    kernel.Moved: kernel.Moved("a", "b"),
    kernel.AlreadyThere: kernel.AlreadyThere("code", "hot"),
    LikelyDuplicate: LikelyDuplicate([{"id": "a"}]),
    BadAnswers: BadAnswers({"email": "no."}, {}),
    TooOften: TooOften(3),
    MethodNotAllowed: MethodNotAllowed(["GET"]),
    UnsupportedMedia: UnsupportedMedia(["application/json"]),
    Forbidden: Forbidden(["sales"], "delete", "x.y", ["admin"]),
}


@pytest.mark.parametrize("kind", TABLE, ids=lambda kind: kind.__name__)
def test_every_problem_becomes_a_tmf_error_with_its_status(kind: type[Exception]) -> None:
    """Sentences for people, never a stack."""
    problem = AWKWARD.get(kind) or (kind() if issubclass(kind, kernel.Problem) else kind("secret detail"))
    answer = problem_answer(problem)
    assert answer.status == TABLE[kind].status
    if answer.status == 304:
        assert answer.body == b""
        return
    body = httpx.Response(200, content=answer.body).json()
    details = getattr(problem, "details", {})
    assert {name: body.pop(name) for name in details} == details
    assert ERROR.is_valid(body)
    assert body["status"] == str(answer.status)
    assert "secret" not in body["message"]
    assert body["message"].endswith(".")


@pytest.mark.parametrize(
    ("problem", "header"),
    [
        (DatabaseAway(), b"retry-after"),
        (Unauthenticated(), b"www-authenticate"),
        (MethodNotAllowed(["GET"]), b"allow"),
        (UnsupportedMedia(["a/b"]), b"accept-patch"),
        (kernel.TooLarge(), b"connection"),
        (TooOften(3), b"retry-after"),
    ],
)
def test_a_status_brings_the_header_it_needs(problem: Exception, header: bytes) -> None:
    """Each by its RFC."""
    assert header in dict(problem_answer(problem).headers)


async def test_health_says_live_ready_and_started(client: httpx.AsyncClient) -> None:
    """And nothing else."""
    for name in ("live", "ready", "startup"):
        assert (await client.get(f"/health/{name}")).status_code == 200
    assert (await client.get("/health/other")).status_code == 404


async def test_metrics_count_requests_and_writes_without_naming_anybody(client: httpx.AsyncClient) -> None:
    """By resource, method and status."""
    await client.post("/tmf-api/sales/v4/salesLead", json={"name": "Undisclosed Name"})
    text = (await client.get("/metrics")).text
    assert 'spanco_requests_total{api="sales",method="POST",resource="sales.salesLead",status="201"}' in text
    assert 'spanco_writes_total{resource="sales.salesLead",verb="create"}' in text
    assert 'spanco_events_total{event="SalesLeadCreateEvent"}' in text
    assert 'spanco_database_connections{state="idle"}' in text
    assert "Undisclosed" not in text


async def test_docs_show_every_api_from_this_server_alone(client: httpx.AsyncClient) -> None:
    """No page loads anything from another host."""
    index = await client.get("/docs")
    assert "TMF699" in index.text
    page = await client.get("/docs/sales-4.0.0")
    assert 'data-url="/tmf-api/sales/v4/openapi.json"' in page.text
    assert "default-src 'self'" in page.headers["content-security-policy"]
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "start.js", "favicon-32x32.png"):
        assert (await client.get(f"/docs/{name}")).status_code == 200
    for text in (index.text, page.text):
        assert "http://" not in text
        assert "https://" not in text
    assert (await client.get("/docs/../secret")).status_code == 404
    assert (await client.get("/docs/nothing")).status_code == 404


async def test_the_published_document_says_what_the_component_kit_asks_for(client: httpx.AsyncClient) -> None:
    """`info.version` and `info.x-api-id`."""
    document = (await client.get("/tmf-api/sales/v4/openapi.json")).json()
    assert (document["info"]["x-api-id"], document["info"]["version"]) == ("TMF699", "4.0.0")
    assert document["servers"][0]["url"] == "http://spanco.test/tmf-api/sales/v4"


async def test_a_defect_is_500_with_a_correlation_id_and_nothing_else(
    client: httpx.AsyncClient, surface: Surface
) -> None:
    """The log has the place under that id; the client reads no stack."""

    async def defect(_request: Request) -> Answer | None:
        raise ZeroDivisionError("secret")

    surface._pages.answer = defect  # type: ignore[method-assign,assignment]  # noqa: SLF001 - there is no defect to call
    answer = await client.get("/docs", headers={"x-request-id": "abc"})
    assert (answer.status_code, answer.headers["x-correlation-id"]) == (500, "abc")
    assert "secret" not in answer.text
    assert len((await client.get("/docs")).headers["x-correlation-id"]) == 36


async def test_a_line_per_request_is_logged_when_asked_for(running: Running) -> None:
    """Method, resource, status and time; nothing of what was sent."""
    quiet = surface_of(running)
    surface = Surface(replace(quiet._site, trace=True), quiet._pages)  # noqa: SLF001 - one switch is turned
    with capture_logs() as lines:
        async with caller(surface, "/tmf-api/sales/v4/") as client:
            await client.post("salesLead?fields=name", json={"name": "Undisclosed"})
    (line,) = [line for line in lines if line["event"] == "request"]
    assert (line["method"], line["resource"], line["status"]) == ("POST", "sales.salesLead", 201)
    assert "Undisclosed" not in str(lines)
