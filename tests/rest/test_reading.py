"""Lists and single reads: filters, fields, order, pages, counts, conditional requests."""

from typing import Any

import httpx
import pytest

LEADS: list[dict[str, Any]] = [
    {"name": "Fibre", "rating": "hot", "priority": "high", "estimatedRevenue": {"unit": "EUR", "value": 100}},
    {"name": "Mobile", "rating": "warm", "estimatedRevenue": {"unit": "EUR", "value": 20.5}, "score": 7},
    {"name": "Fire alarm", "rating": "cold", "priority": "low", "@type": "AlarmLead", "score": "seven"},
    {
        "name": "Twin, the",
        "relatedParty": [{"id": "1", "role": "seller"}, {"id": "2", "role": "buyer"}],
        "note": [{"text": "a"}, {"text": "b"}, {"text": "c"}],
        "prospectContact": [{"characteristic": {"emailAddress": "a@b.example"}}],
    },
]


@pytest.fixture
async def leads(sales: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client of a tenant that has the four leads."""
    answer = await sales.post("salesLead", json=LEADS)
    assert answer.status_code == 201
    return sales


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("rating=hot", ["Fibre"]),
        ("rating=hot,warm", ["Fibre", "Mobile"]),
        ("rating=hot&rating=warm", ["Fibre", "Mobile"]),
        ("rating=hot;warm", ["Fibre", "Mobile"]),
        ("rating.ne=hot", ["Mobile", "Fire alarm", "Twin, the"]),
        ("name.regex=^Fi", ["Fibre", "Fire alarm"]),
        ("name*=^Fi", ["Fibre", "Fire alarm"]),
        ("rating=hot&priority=high", ["Fibre"]),
        ("rating=hot&priority=low", []),
        ("estimatedRevenue.value=20.50", ["Mobile"]),
        ("estimatedRevenue.value.gt=20.5", ["Fibre"]),
        ("estimatedRevenue.value%3E%3D20.5", ["Fibre", "Mobile"]),
        ("estimatedRevenue.value<50", ["Mobile"]),
        ("relatedParty.id=2", ["Twin, the"]),
        ("relatedParty.id=2&relatedParty.role=seller", ["Twin, the"]),
        ("filter=relatedParty[?(@.id=='2'%26%26@.role=='seller')]", []),
        ("filter=relatedParty[?(@.id=='2'%26%26@.role=='buyer')]", ["Twin, the"]),
        ("prospectContact.characteristic.emailAddress=a@b.example", ["Twin, the"]),
        ("@type=AlarmLead", ["Fire alarm"]),
        ("@type=SalesLead", ["Fibre", "Mobile", "Twin, the"]),
        ('name="Twin, the"', ["Twin, the"]),
        ("name=Twin%5C, the", ["Twin, the"]),
        ("filter=$[?(@.note.length()>2)]", ["Twin, the"]),
        ("filter=$[?(@.estimatedRevenue.value.max()>=100)]", ["Fibre"]),
        ("filter=$[?(!(@.rating=='hot'||@.rating=='warm'))]", ["Fire alarm", "Twin, the"]),
        ("filter=$[?(@.name=~/fire/i)]", ["Fire alarm"]),
        ("filter=note", ["Twin, the"]),
        ("rating=hot&filter=note", []),
        ("creationDate.gt=2020-01-01", ["Fibre", "Mobile", "Fire alarm", "Twin, the"]),
        ("creationDate.lt=2020-01-01T00:00:00 01:00", []),
        ("nothing=1", []),
    ],
)
async def test_a_filter_finds_what_it_says(leads: httpx.AsyncClient, query: str, names: list[str]) -> None:
    """Every operator in both spellings, through arrays, combined; the total counts the same."""
    answer = await leads.get(f"salesLead?{query}")
    assert answer.status_code == 200, answer.text
    assert [each["name"] for each in answer.json()] == names
    assert answer.headers["x-total-count"] == str(len(names))


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("limit=x", "limit"),
        ("limit=-1", "limit"),
        ("offset=1e3", "offset"),
        ("offset=99999999", "offset"),
        ("sort=,a..b", "sort"),
        ("sort=a,b,c,d,e,f,g,h,i", "sort"),
        ("after=abc", "after"),
        ("before=%C3%A9", "before"),
        ("after=W10&offset=2", "after"),
        ("filter=$[?(@.a==)]", "filter"),
        ("filter=((", "filter"),
        ("name.regex=/(/", "name"),
        ("name.regex=(a%2B)%2B%5C1", "name"),
        ("name!~x", "name"),
        ("name=%00", "name"),
        ("%ff=1", ""),
    ],
)
async def test_a_bad_query_is_400_and_names_the_parameter(leads: httpx.AsyncClient, query: str, parameter: str) -> None:
    """The sentence begins with its name."""
    answer = await leads.get(f"salesLead?{query}")
    assert answer.status_code == 400
    assert parameter in answer.json()["message"]


@pytest.mark.parametrize(
    ("fields", "keys"),
    [
        ("name", {"id", "href", "@type", "name"}),
        ("name,rating,gone", {"id", "href", "@type", "name", "rating"}),
        ("none", {"id", "href"}),
        ("estimatedRevenue.value", {"id", "href", "@type", "estimatedRevenue"}),
        ("id", {"id", "href", "@type"}),
    ],
)
async def test_fields_choose_attributes_everywhere(leads: httpx.AsyncClient, fields: str, keys: set[str]) -> None:
    """On lists, single reads, POST and PATCH answers; id and href always come."""
    listed = await leads.get("salesLead", params={"fields": fields, "rating": "hot"})
    id_ = listed.json()[0]["id"]
    read = await leads.get(f"salesLead/{id_}", params={"fields": fields})
    patched = await leads.patch(f"salesLead/{id_}", params={"fields": fields}, json={"rating": "hot"})
    made = await leads.post("salesLead", params={"fields": fields}, json=LEADS[0])
    for document in (listed.json()[0], read.json(), patched.json(), made.json()):
        assert set(document) == keys
        assert document.get("estimatedRevenue", {"value": 100}) == {"value": 100}


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("name", ["Fibre", "Fire alarm", "Mobile", "Twin, the"]),
        ("-name", ["Twin, the", "Mobile", "Fire alarm", "Fibre"]),
        ("rating,name", ["Fire alarm", "Fibre", "Mobile", "Twin, the"]),
        ("-rating", ["Mobile", "Fibre", "Fire alarm", "Twin, the"]),
        ("estimatedRevenue.value,name", ["Mobile", "Fibre", "Fire alarm", "Twin, the"]),
        ("-estimatedRevenue.value,%2Bname", ["Fibre", "Mobile", "Fire alarm", "Twin, the"]),
        ("-score,name", ["Mobile", "Fire alarm", "Fibre", "Twin, the"]),
        ("score", ["Mobile", "Fire alarm", "Fibre", "Twin, the"]),
        ("@type,-name", ["Fire alarm", "Twin, the", "Mobile", "Fibre"]),
        ("-id", ["Twin, the", "Fire alarm", "Mobile", "Fibre"]),
    ],
)
async def test_lists_are_ordered_and_walk_in_that_order(leads: httpx.AsyncClient, sort: str, names: list[str]) -> None:
    """Several keys, nested, descending, missing values last; cursors forward and back meet every lead once."""
    answer = await leads.get(f"salesLead?sort={sort}")
    assert [each["name"] for each in answer.json()] == names
    page = await leads.get(f"salesLead?sort={sort}&limit=1")
    seen, back = [], []
    while True:
        assert page.status_code == 206
        seen += [each["name"] for each in page.json()]
        if "next" not in page.links:
            break
        page = await leads.get(page.links["next"]["url"])
    assert seen == names
    while "prev" in page.links:
        page = await leads.get(page.links["prev"]["url"])
        back += [each["name"] for each in page.json()]
    assert back == names[-2::-1]


async def test_offset_and_limit_cut_a_page_and_link_to_the_others(leads: httpx.AsyncClient) -> None:
    """206 for a part; 200 when all is there; the rest of the query is kept."""
    page = await leads.get("salesLead?offset=1&limit=2&sort=name")
    assert (page.status_code, page.headers["x-total-count"], page.headers["x-result-count"]) == (206, "4", "2")
    assert set(page.links) == {"first", "prev", "next", "last"}
    last = await leads.get(page.links["last"]["url"])
    assert [each["name"] for each in last.json()] == ["Mobile", "Twin, the"]
    assert (await leads.get("salesLead?limit=4")).status_code == 200
    assert (await leads.get("salesLead?limit=100000")).status_code == 200
    beyond = await leads.get("salesLead?offset=50")
    assert (beyond.status_code, beyond.json(), beyond.headers["x-total-count"]) == (206, [], "4")
    nothing = await leads.get("salesLead?limit=0")
    assert (nothing.json(), nothing.headers["x-total-count"], nothing.links) == ([], "4", {})
    party = await leads.get("salesLead?relatedParty.id=1&offset=5")
    assert (party.json(), party.headers["x-total-count"]) == ([], "1")


async def test_a_cursor_belongs_to_its_order(leads: httpx.AsyncClient) -> None:
    """With another sort it is refused; with an offset or a second cursor too."""
    page = await leads.get("salesLead?limit=1&sort=name")
    cursor = page.links["next"]["url"].split("after=")[1].split("&")[0]
    assert (await leads.get(f"salesLead?limit=1&sort=-name&after={cursor}")).status_code == 400
    assert (await leads.get(f"salesLead?limit=1&sort=name&after={cursor}&offset=1")).status_code == 400
    assert (await leads.get(f"salesLead?limit=1&sort=name&after={cursor}&before={cursor}")).status_code == 400


async def test_an_exact_count_is_confirmed_when_asked_for(leads: httpx.AsyncClient) -> None:
    """`Preference-Applied` says so."""
    answer = await leads.get("salesLead?limit=1", headers={"prefer": "count=exact"})
    assert answer.headers["preference-applied"] == "count=exact"


async def test_what_has_not_changed_is_304(leads: httpx.AsyncClient) -> None:
    """For one resource, for a projection of it, and for a list."""
    (lead,) = (await leads.get("salesLead?rating=hot")).json()
    for path in (f"salesLead/{lead['id']}", f"salesLead/{lead['id']}?fields=name", "salesLead?sort=name"):
        tag = (await leads.get(path)).headers["etag"]
        same = await leads.get(path, headers={"if-none-match": f'"x", W/{tag}'})
        assert (same.status_code, same.content) == (304, b"")
        await leads.patch(f"salesLead/{lead['id']}", json={"description": path})
        assert (await leads.get(path, headers={"if-none-match": tag})).status_code == 200
    assert (await leads.get(f"salesLead/{lead['id']}", headers={"if-none-match": "*"})).status_code == 304


async def test_head_is_get_without_a_body(leads: httpx.AsyncClient) -> None:
    """With the same headers."""
    answer = await leads.head("salesLead?sort=name")
    assert (answer.status_code, answer.content, answer.headers["x-total-count"]) == (200, b"", "4")


async def test_only_json_can_be_accepted(leads: httpx.AsyncClient) -> None:
    """406 for anything else."""
    for accept, status in (
        ("text/html", 406),
        ("application/json;q=0", 406),
        ("text/html, application/json;q=0.5", 200),
        ("application/*", 200),
    ):
        assert (await leads.get("salesLead", headers={"accept": accept})).status_code == status
