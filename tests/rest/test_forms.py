"""Forms as strangers meet them: pages, schemas, scripts, posts, limits, receipts; and keys of programs."""

from typing import Any

import httpx
import pytest

from spanco.app import Running
from spanco.rest.errors import TooOften
from spanco.rest.pace import Pace
from tests.sales.forms import GOOD, form_body, labels
from tests.system import caller, surface_of
from tests.worker.stage import OWN, count, rows

HTML = {"accept": "text/html,*/*"}
EMBEDDING = "https://www.example.com"


async def made(client: httpx.AsyncClient, **others: Any) -> str:
    """The id of a new form."""
    answer = await client.post(f"{OWN}/form", json=form_body(**others))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def kept(running: Running) -> int:
    """How many posts are kept in the tenant."""
    return await count(running, "submission", f"tenant = '{running.actor.tenant}'")


async def test_a_form_is_a_page_without_any_token(running: Running, client: httpx.AsyncClient) -> None:
    """Also for somebody whom the policy lets do nothing; in the language of the reader; nothing of it runs inline."""
    id_ = await made(client)
    async with caller(surface_of(running)) as stranger:
        page = await stranger.get(f"/form/{id_}", headers={"accept-language": "de-AT,en;q=0.5"})
    assert page.status_code == 200
    assert '<html lang="de">' in page.text
    assert "Glasfaser für Sie" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert f"frame-ancestors {EMBEDDING}" in page.headers["content-security-policy"]
    assert "<style" not in page.text
    assert "style=" not in page.text
    assert 'autocomplete="organization"' in page.text
    assert "landing-7" not in page.text


async def test_what_operators_write_is_no_markup(client: httpx.AsyncClient) -> None:
    """Labels, titles and choices are texts."""
    evil = "</script><img src=x onerror=alert(1)>\"'"
    field = {
        "name": "a",
        "type": "select",
        "label": labels(en=evil),
        "option": [{"value": evil, "label": labels(en=evil)}],
    }
    id_ = await made(client, title=labels(en=evil), field=[field], consent=[])
    page = await client.get(f"/form/{id_}", headers=HTML)
    assert "<img" not in page.text
    assert page.text.count("&lt;img") >= 3


async def test_the_schema_has_a_tag_and_is_shared_with_the_sites_that_may_embed(client: httpx.AsyncClient) -> None:
    """CORS for those, and only those; 304 for whoever has it."""
    id_ = await made(client)
    schema = await client.get(f"/form/{id_}/schema.json", headers={"origin": EMBEDDING})
    assert schema.headers["access-control-allow-origin"] == EMBEDDING
    assert schema.json()["x-action"].endswith(f"/form/{id_}")
    again = await client.get(f"/form/{id_}/schema.json", headers={"if-none-match": schema.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = await client.get(f"/form/{id_}/schema.json", headers={"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in other.headers
    script = await client.get(f"/form/{id_}/embed.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "attachShadow" in script.text
    style = await client.get("/form/form.css")
    assert style.headers["content-type"].startswith("text/css")
    assert (await client.head(f"/form/{id_}")).content == b""


async def test_a_post_is_kept_before_it_is_answered(running: Running, client: httpx.AsyncClient) -> None:
    """202 with a receipt that tells only how it fares; the submission is there at once."""
    id_ = await made(client)
    answer = await client.post(f"/form/{id_}?utm_source=letter&gclid=1", data=GOOD)
    assert answer.status_code == 202, answer.text
    receipt = answer.json()
    assert receipt["message"] == "Thank you. We have your message."
    assert answer.headers["location"] == receipt["href"]
    found = (await client.get(f"{OWN}/submission/{receipt['id']}")).json()
    assert (found["status"], found["form"]) == ("waiting", {"id": id_, "version": 1})
    assert found["content"]["tracked"]["clickId"] == [{"name": "gclid", "value": "1"}]
    assert (await client.get(f"/form/receipt/{receipt['id']}")).json() == {"id": receipt["id"], "state": "open"}
    page = await client.get(f"/form/receipt/{receipt['id']}", headers=HTML)
    assert "Your message is with us." in page.text
    assert "jana" not in page.text
    (address,) = (await rows(running, "select address from submission where id = $1", receipt["id"]))[0]
    assert len(address) == 64
    assert "127.0.0.1" not in str(found)


async def test_people_without_a_script_read_thanks(client: httpx.AsyncClient) -> None:
    """The text of the form, or its page; nothing that they wrote is repeated."""
    id_ = await made(client, success={"text": labels(en="Bye.", de="Tschüss.")})
    page = await client.post(f"/form/{id_}", data=GOOD, headers=HTML | {"accept-language": "de"})
    assert (page.status_code, "Tschüss." in page.text, "Hafen" in page.text) == (202, True, False)
    id_ = await made(client, success={"url": "https://www.example.com/thanks"})
    page = await client.post(f"/form/{id_}", data=GOOD, headers=HTML)
    assert (page.status_code, page.headers["location"]) == (303, "https://www.example.com/thanks")
    assert (await client.post(f"/form/{id_}", json=GOOD)).json()["next"] == "https://www.example.com/thanks"
    shown = await client.get(f"/form/{id_}", headers=HTML)
    assert "form-action 'self' https://www.example.com" in shown.headers["content-security-policy"]


async def test_answers_that_cannot_be_are_refused_at_once(running: Running, client: httpx.AsyncClient) -> None:
    """422, field by field and in the reader's words; nothing is kept. A page has what was typed, as text."""
    id_ = await made(client)
    bad = GOOD | {"email": "<b>nobody", "consent.privacy": "", "consent.news": "on", "product": "sdwan"}
    answer = await client.post(f"/form/{id_}", json=bad)
    assert answer.status_code == 422
    assert answer.json()["code"] == "24"
    assert answer.json()["field"] == [
        {"name": "email", "message": "This is no e-mail address."},
        {"name": "consent.privacy", "message": "Please agree to this."},
    ]
    page = await client.post(f"/form/{id_}", data=bad, headers=HTML | {"accept-language": "de"})
    assert page.status_code == 422
    assert "Das ist keine E-Mail-Adresse." in page.text
    assert 'aria-invalid="true"' in page.text
    assert 'value="&lt;b&gt;nobody"' in page.text
    assert "<b>" not in page.text
    assert "\nTen depots</textarea>" in page.text
    assert '<option value="sdwan" selected>' in page.text
    assert page.text.count(" checked>") == 1
    assert '<a href="#spanco-email">E-mail</a>: Das ist keine' in page.text
    assert await kept(running) == 0


@pytest.mark.parametrize(
    ("body", "media", "status"),
    [
        (b"[]", "application/json", 400),
        (b'{"email": ["a"]}', "application/json", 400),
        (b"{", "application/json", 400),
        (b"email=%ff", "application/x-www-form-urlencoded", 400),
        (b"email=\xff", "application/x-www-form-urlencoded", 400),
        (b"email=%00", "application/x-www-form-urlencoded", 400),
        (b"a=1&" * 300, "application/x-www-form-urlencoded", 400),
        (b"a=" + b"x" * 20_001, "application/x-www-form-urlencoded", 400),
        (b"a=" + b"x" * 70_000, "application/x-www-form-urlencoded", 413),
        (b"<a/>", "text/xml", 415),
        (b'{"' + b'a":1,"'.join([b"b"] * 3) + b'c":1}', "application/json", 400),
        (b"{" + b",".join(b'"a%d":1' % number for number in range(201)) + b"}", "application/json", 400),
    ],
)
async def test_what_is_too_much_or_no_form_is_refused(
    running: Running, client: httpx.AsyncClient, body: bytes, media: str, status: int
) -> None:
    """With the usual error, and nothing kept."""
    id_ = await made(client)
    answer = await client.post(f"/form/{id_}", content=body, headers={"content-type": media})
    assert answer.status_code == status, answer.text
    assert answer.json()["@type"] == "Error"
    assert await kept(running) == 0


async def test_numbers_and_booleans_are_answers_too(running: Running, client: httpx.AsyncClient) -> None:
    """Of JSON; null is no answer, what the form does not ask is kept but not used."""
    id_ = await made(client)
    posted = GOOD | {"consent.privacy": True, "consent.news": False, "phone": None, "wish": 10, "more": 1.5}
    assert (await client.post(f"/form/{id_}", json=posted)).status_code == 202
    assert await kept(running) == 1


async def test_only_sites_that_may_embed_a_form_post_to_it(running: Running, client: httpx.AsyncClient) -> None:
    """Browsers say where they are; the form's own page and programs may always."""
    id_ = await made(client)
    place = f"/form/{id_}"
    for origin, status in (
        (EMBEDDING, 202),
        ("http://spanco.test", 202),
        ("https://spanco.test", 202),
        ("https://evil.example", 403),
        ("null", 403),
    ):
        answer = await client.post(place, json=GOOD, headers={"origin": origin})
        assert answer.status_code == status, origin
        assert ("access-control-allow-origin" in answer.headers) is (origin == EMBEDDING)
    assert await kept(running) == 3
    allowed = await client.options(place, headers={"origin": EMBEDDING, "access-control-request-method": "POST"})
    assert (allowed.status_code, allowed.headers["access-control-allow-headers"][:12]) == (204, "content-type")
    refused = await client.options(place, headers={"origin": "https://evil.example"})
    assert refused.status_code == 403


async def test_programs_are_answered_alike_and_kept_apart(client: httpx.AsyncClient) -> None:
    """Whoever fills in what nobody sees, or does no work, gets a receipt; the submission is spam."""
    id_ = await made(client)
    trapped = await client.post(f"/form/{id_}", json={"homepage_url": "x"})
    id_ = await made(client, proofOfWork=24)
    idle = await client.post(f"/form/{id_}", json=GOOD)
    for answer in (trapped, idle):
        assert answer.status_code == 202
        assert answer.json().keys() == {"id", "href", "message"}
        found = (await client.get(f"{OWN}/submission/{answer.json()['id']}")).json()
        assert found["status"] == "spam"
        assert found["reason"]
        receipt = await client.get(f"/form/receipt/{answer.json()['id']}")
        assert receipt.json()["state"] == "done"


async def test_the_same_post_twice_is_one(running: Running, client: httpx.AsyncClient) -> None:
    """By its Idempotency-Key; another post under the same key is spam at a form."""
    id_ = await made(client)
    key = {"idempotency-key": "k-1"}
    answers = [await client.post(f"/form/{id_}", json=GOOD, headers=key) for _ in range(3)]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert await kept(running) == 1
    other = await client.post(f"/form/{id_}", json=GOOD | {"wish": "x"}, headers=key)
    assert other.status_code == 202
    assert (await client.get(f"{OWN}/submission", params={"status": "spam"})).json()[0]["id"] == other.json()["id"]
    long = await client.post(f"/form/{id_}", json=GOOD, headers={"idempotency-key": "x" * 201})
    assert long.status_code == 400


async def test_too_many_posts_are_told_to_wait(running: Running, client: httpx.AsyncClient) -> None:
    """429 with Retry-After, by form and by address; people read it in words."""
    id_ = await made(client, rateLimit={"perAddressPerMinute": 2})
    answers = [await client.post(f"/form/{id_}", json=GOOD) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert int(answers[2].headers["retry-after"]) >= 1
    page = await client.post(f"/form/{id_}", data=GOOD, headers=HTML)
    assert (page.status_code, "Too many messages" in page.text) == (429, True)
    assert "retry-after" in page.headers
    assert await kept(running) == 2
    id_ = await made(client, rateLimit={"perMinute": 1})
    assert [(await client.post(f"/form/{id_}", json=GOOD)).status_code for _ in range(2)] == [202, 429]


async def test_an_address_that_floods_a_form_leaves_room_for_others(
    running: Running, client: httpx.AsyncClient
) -> None:
    """What is refused to one address takes nothing from the limit of all; an IPv6 customer is one address."""
    id_ = await made(client, rateLimit={"perMinute": 4, "perAddressPerMinute": 2})
    told, surface = [], surface_of(running)
    for address in (*["2001:db8::1"] * 3, "2001:db8::2", "2001:db8:0:1::1", "192.0.2.1", "192.0.2.2"):
        transport = httpx.ASGITransport(surface, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://spanco.test") as other:
            told.append((await other.post(f"/form/{id_}", json=GOOD)).status_code)
    assert told == [202, 202, 429, 429, 202, 202, 429]


async def test_an_address_ticks_no_box(running: Running, client: httpx.AsyncClient) -> None:
    """Of the parameters of a page only those count that say how somebody came, and hidden fields."""
    hidden = {"name": "partner", "type": "hidden", "label": labels(en="Partner")}
    id_ = await made(client, field=[*form_body()["field"], hidden])
    answer = await client.post(
        f"/form/{id_}?consent.news=on&wish=x&partner=p-7&utm_medium=m&mail=a@b.example", data=GOOD
    )
    found = (await client.get(f"{OWN}/submission/{answer.json()['id']}")).json()
    assert found["content"]["answers"] == GOOD | {"partner": "p-7", "utm_medium": "m"}
    schema = (await client.get(f"/form/{id_}/schema.json")).json()
    assert schema["x-from-address"] == ["partner"]
    assert await kept(running) == 1


async def test_consent_texts_come_from_the_register(client: httpx.AsyncClient) -> None:
    """In the present version, which the form keeps when the register goes on; what is not there is refused."""
    asked = {"code": "emailMarketing", "purpose": "marketing", "channel": "email"}
    id_ = await made(client, consent=[asked])
    (text,) = (await client.get(f"{OWN}/form/{id_}")).json()["consent"]
    assert text["version"] == "1"
    page = await client.get(f"/form/{id_}", headers=HTML | {"accept-language": "cs"})
    assert "Přeji si dostávat nabídky e-mailem." in page.text
    entries = (await client.get(f"{OWN}/register/consentText/entry", params={"code": "emailMarketing"})).json()
    place = f"{OWN}/register/consentText/entry/{entries[0]['id']}"
    assert (
        await client.patch(place, json={"localizationData": {"en": {"description": "New words."}}})
    ).status_code == 200
    renamed = await client.patch(f"{OWN}/form/{id_}", json={"name": "Other", "consent": [text]})
    assert renamed.json()["consent"] == [text]
    anew = await client.patch(f"{OWN}/form/{id_}", json={"consent": [asked]})
    assert (anew.json()["consent"][0]["version"], anew.json()["consent"][0]["text"][0]["text"]) == ("2", "New words.")
    unknown = await client.post(f"{OWN}/form", json=form_body(consent=[{"code": "nothing", "purpose": "x"}]))
    assert (unknown.status_code, "emailMarketing" in unknown.json()["message"]) == (400, True)
    assert (await client.patch(place, json={"createPrivilege": "nobody"})).status_code == 200
    refused = await client.post(f"{OWN}/form", json=form_body(consent=[asked]))
    assert refused.status_code == 403


def test_a_bucket_fills_evenly_and_buckets_are_bounded() -> None:
    """After a while one more is taken; the quietest is forgotten first."""
    moment = [0.0]
    pace = Pace(lambda: moment[0], most=2)
    for _ in range(6):
        pace.take(("a",), 6)
    with pytest.raises(TooOften) as refused:
        pace.take(("a",), 6)
    assert refused.value.retry_after == 10
    moment[0] = 10.0
    pace.take(("a",), 6)
    pace.take(("b",), 1)
    pace.take(("c",), 1)
    pace.take(("a",), 6)


async def test_a_form_that_is_paused_or_retired_takes_nothing(client: httpx.AsyncClient) -> None:
    """410, as a page for people; a removed one is not there."""
    id_ = await made(client)
    for status in ("paused", "retired"):
        assert (await client.patch(f"{OWN}/form/{id_}", json={"status": status})).status_code == 200
        assert (await client.post(f"/form/{id_}", json=GOOD)).status_code == 410
        page = await client.get(f"/form/{id_}", headers=HTML)
        assert (page.status_code, "takes nothing" in page.text) == (410, True)
    assert (await client.delete(f"{OWN}/form/{id_}")).status_code == 204
    assert (await client.post(f"/form/{id_}", json=GOOD)).status_code == 404
    assert "There is no such page." in (await client.get(f"/form/{id_}", headers=HTML)).text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/form/", 404),
        ("GET", "/form/nobody", 404),
        ("GET", "/form/nobody/else", 404),
        ("GET", "/form/%00", 404),
        ("GET", "/form/" + "x" * 101, 404),
        ("GET", "/form/receipt/nobody", 404),
        ("GET", "/form/receipt/", 404),
        ("POST", "/form/receipt/nobody", 405),
        ("POST", "/form/form.css", 405),
        ("DELETE", "/form/confirm/x", 405),
        ("GET", "/form/confirm/nobody", 410),
        ("POST", "/form/confirm/nobody", 410),
        ("GET", "/form/confirm/%00", 410),
        ("GET", "/capture", 405),
        ("POST", "/capture", 401),
    ],
)
async def test_what_is_not_there_is_said(client: httpx.AsyncClient, method: str, path: str, status: int) -> None:
    """And never a defect of ours."""
    assert (await client.request(method, path)).status_code == status


async def test_methods_that_a_form_does_not_offer_are_named(client: httpx.AsyncClient) -> None:
    """405 with those that it does."""
    id_ = await made(client)
    assert (await client.put(f"/form/{id_}")).headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert (await client.post(f"/form/{id_}/schema.json")).status_code == 405


async def test_a_bad_form_is_refused_with_its_place(client: httpx.AsyncClient) -> None:
    """What no schema can say."""
    body = form_body()
    body["field"].append({"name": "EMAIL", "type": "text", "label": labels(en="A")})
    answer = await client.post(f"{OWN}/form", json=body)
    assert (answer.status_code, "field[7].name" in answer.json()["message"]) == (400, True)


async def test_the_secret_of_a_capture_key_is_shown_once_and_opens_until_it_is_revoked(
    running: Running, client: httpx.AsyncClient
) -> None:
    """Only its digest is kept; a program that has it hands leads in and can do nothing else."""
    made_key = await client.post(f"{OWN}/captureKey", json={"name": "Portal", "source": "partner"})
    assert made_key.status_code == 201
    key = made_key.json()
    assert key["secret"].startswith("spk_")
    assert "secret" not in (await client.get(f"{OWN}/captureKey/{key['id']}")).json()
    for table in ("capture_door", "resource", "event", "submission"):
        assert await count(running, table, f"{table}::text like '%{key['secret']}%'") == 0
    headers = {"x-capture-key": key["secret"], "idempotency-key": "1"}
    answer = await client.post("/capture?utm_source=a", json={"name": "From a portal"}, headers=headers)
    assert answer.status_code == 202, answer.text
    again = await client.post("/capture?utm_source=a", json={"name": "From a portal"}, headers=headers)
    assert again.json() == answer.json()
    other = await client.post("/capture", json={"name": "Other"}, headers=headers)
    assert other.status_code == 422
    found = (await client.get(f"{OWN}/submission/{answer.json()['id']}")).json()
    assert (found["origin"], found["captureKey"]) == ("key", {"id": key["id"]})
    for body, status in (([], 400), ("x", 400)):
        assert (await client.post("/capture", json=body, headers=headers)).status_code == status
    long = headers | {"idempotency-key": "x" * 201}
    assert (await client.post("/capture", json={"name": "A"}, headers=long)).status_code == 400
    assert (await client.patch(f"{OWN}/captureKey/{key['id']}", json={"status": "revoked"})).status_code == 200
    assert (await client.post("/capture", json={"name": "A"}, headers=headers)).status_code == 401
    back = await client.patch(f"{OWN}/captureKey/{key['id']}", json={"status": "active"})
    assert back.status_code == 409


async def test_a_removed_capture_key_opens_nothing(running: Running, client: httpx.AsyncClient) -> None:
    """And leaves no door behind."""
    key = (await client.post(f"{OWN}/captureKey", json={"name": "Portal"})).json()
    assert (await client.delete(f"{OWN}/captureKey/{key['id']}")).status_code == 204
    answer = await client.post("/capture", json={"name": "A"}, headers={"x-capture-key": key["secret"]})
    assert answer.status_code == 401
    assert await count(running, "capture_door", f"tenant = '{running.actor.tenant}'") == 0
