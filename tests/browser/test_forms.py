"""A form in a real browser: as its own page, with and without a script, and embedded in another site."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, async_playwright

from tests.rest.server import Server, fresh_database, serving
from tests.sales.forms import form_body

CHROMIUM = shutil.which("chromium")
needs_chromium = pytest.mark.skipif(not CHROMIUM, reason="There is no chromium on this machine.")
OWN, LEADS = "/spanco/v1", "/tmf-api/sales/v4/salesLead"
PLACE = "http://127.0.0.1"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with its worker, as people run it."""
    folder = tmp_path_factory.mktemp("browser")
    with fresh_database(folder) as url, serving(folder, database_url=url, worker="true") as started:
        yield started


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        await opened.close()


def made(server: Server, **others: Any) -> str:
    """The id of a new form."""
    answer = httpx.post(f"{server.url}{OWN}/form", json=form_body(**others))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def lead_of(server: Server, form: str) -> dict[str, Any]:
    """The lead that the one post to a form became."""
    async with asyncio.timeout(30), httpx.AsyncClient(base_url=server.url) as client:
        while True:
            found = (await client.get(f"{OWN}/submission", params={"form.id": form})).json()
            if found and found[0]["status"] != "waiting":
                assert found[0]["status"] == "created", found
                lead: dict[str, Any] = (await client.get(f"{LEADS}/{found[0]['lead']['id']}")).json()
                return lead
            await asyncio.sleep(0.1)


async def filled(page: Page, address: str) -> None:
    """Fill the form in as somebody would."""
    await page.get_by_label("Company").fill("Hafen & Söhne GmbH")
    await page.get_by_label("E-mail", exact=True).fill(address)
    await page.get_by_label("About").select_option("fibre")
    await page.get_by_label("I agree.").check()
    await page.get_by_label("Send me news.").check()


@asynccontextmanager
async def watched(browser: Browser, **options: Any) -> AsyncIterator[tuple[Page, list[str]]]:
    """A page, and what went wrong in it."""
    context = await browser.new_context(locale="en", **options)
    page, faults = await context.new_page(), list[str]()
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page, faults
    await context.close()


@needs_chromium
@pytest.mark.parametrize("script", [True, False])
async def test_a_form_posted_from_a_browser_becomes_a_lead(server: Server, browser: Browser, script: bool) -> None:
    """With its touch and its consent; with a script and without; nothing breaks the rules of the page."""
    form = made(server)
    async with watched(browser, java_script_enabled=script) as (page, faults):
        await page.goto(f"{server.url}/form/{form}?utm_source=letter&utm_campaign=spring&gclid=Cj0")
        await filled(page, f"browser-{script}@example.com")
        await page.get_by_role("button", name="Send").click()
        await page.wait_for_selector(".done")
        assert "Thank you." in await page.inner_text(".done")
        assert faults == []
    lead = await lead_of(server, form)
    assert lead["relatedParty"][0]["name"] == "Hafen & Söhne GmbH"
    (touch,) = lead["touch"]
    assert (touch["source"], touch["utmSource"], touch["clickId"]) == (
        "webForm",
        "letter",
        [{"name": "gclid", "value": "Cj0"}],
    )
    assert touch["landingPath"] == f"/form/{form}"
    assert [(each["textCode"], each["granted"]) for each in lead["consent"]] == [("privacy", True), ("news", True)]


@needs_chromium
async def test_what_is_missing_is_marked(server: Server, browser: Browser) -> None:
    """Where it is missing, and the first such place has the focus; a summary leads to each. Filled in, it is sent."""
    form = made(server)
    async with watched(browser) as (page, _):
        await page.goto(f"{server.url}/form/{form}")
        await page.get_by_role("button", name="Send").click()
        assert await page.inner_text("[id='spanco-email-fault']") == "Please fill this in."
        assert await page.evaluate("document.activeElement.name") == "email"
        await page.get_by_role("alert").get_by_role("link", name="I agree.").click()
        assert await page.evaluate("document.activeElement.name") == "consent.privacy"
        await filled(page, "marked@example.com")
        await page.get_by_role("button", name="Send").click()
        await page.wait_for_selector(".done")


@needs_chromium
async def test_every_control_can_be_reached_and_is_named(server: Server, browser: Browser) -> None:
    """By the keyboard, in order; what people do not see is not among them."""
    form = made(server)
    async with watched(browser) as (page, _):
        await page.goto(f"{server.url}/form/{form}")
        names = []
        for _ in range(9):
            await page.keyboard.press("Tab")
            names.append(await page.evaluate("document.activeElement.name || document.activeElement.type"))
        wanted = ["company", "person", "email", "phone", "product", "wish", "consent.privacy", "consent.news"]
        assert names == [*wanted, "submit"]
        unnamed = "[...document.querySelectorAll('input,select,textarea')].filter((each) => !each.labels.length).length"
        assert await page.evaluate(unnamed) == 0


@needs_chromium
@pytest.mark.parametrize("width", [375, 1280])
async def test_nothing_is_wider_than_the_page(server: Server, browser: Browser, width: int) -> None:
    """On a phone and on a desk."""
    form = made(server)
    async with watched(browser, viewport={"width": width, "height": 800}) as (page, _):
        await page.goto(f"{server.url}/form/{form}")
        assert await page.evaluate("document.documentElement.scrollWidth") == width


@needs_chromium
async def test_a_form_is_embedded_in_another_site(server: Server, browser: Browser, tmp_path: Path) -> None:
    """By one line, under a strict policy of that site; and only where its operator allows it."""
    del tmp_path
    asked = {"count": 0}

    async def site(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked["count"] += 1
        body = (
            f'<!doctype html><main><script src="{server.url}/form/{asked["form"]}/embed.js"></script></main>'.encode()
        )
        policy = f"default-src 'none'; script-src {server.url}; connect-src {server.url}"
        head = (
            f"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\ncontent-security-policy: {policy}\r\n"
        )
        writer.write(head.encode() + b"content-length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(site, "127.0.0.1", 0)
    here = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    allowed, other = made(server, allowedOrigin=[here], proofOfWork=8), made(server)
    async with listening:
        for form, outcome in ((allowed, ".done"), (other, ".said")):
            asked["form"] = form  # type: ignore[assignment]
            async with watched(browser) as (page, _):
                await page.goto(f"{here}/landing?utm_source=site&mail=secret@example.com")
                await filled(page, "embedded@example.com")
                await page.get_by_role("button", name="Send").click()
                await page.wait_for_selector(outcome)
    lead = await lead_of(server, allowed)
    assert (lead["touch"][0]["utmSource"], lead["touch"][0]["landingPath"]) == ("site", "/landing")
    assert "secret" not in str(lead)
