"""What is sent to an import job: too much, half, nothing, no table, one that unfolds; each ends with a clear error."""

import io
import zipfile
from collections.abc import AsyncIterator

import pytest

from spanco.app import Running
from spanco.sales.actions import sheets
from spanco.sales.actions.tables import UnreadableTable
from tests.jobs.sheets import book, forged
from tests.jobs.stage import MAPPING, OWN, Office, office_of, outcome, table
from tests.system import surface_of


@pytest.fixture
async def office(system: Running) -> AsyncIterator[Office]:
    """A tenant of its own."""
    found = office_of(system)
    async with found.api:
        yield found


async def left(office: Office) -> tuple[int, int]:
    """Files and parts of files that are kept."""
    return await office.counted("file"), await office.counted("file_part")


async def test_a_file_of_several_parts_is_kept_as_it_was_sent(office: Office) -> None:
    """In parts of a megabyte; another one takes its place; with the job it goes."""
    job = await office.job(mapping=MAPPING)
    content = table(60_000)
    assert (await office.send(job, content)).json()["size"] == len(content)
    assert await left(office) == (1, 3)
    await office.done(job)
    assert (await office.send(job, table(3))).status_code == 200
    assert await left(office) == (1, 1)
    job = await office.done(job)
    assert job["status"] == "ready"
    assert (await office.api.delete(f"{OWN}/importJob/{job['id']}")).status_code == 204
    assert await left(office) == (0, 0)
    assert await office.counted("job") == 0


async def test_a_file_that_goes_while_it_is_copied_is_not_taken_for_a_shorter_one(office: Office) -> None:
    """The job says so, and imports no part of it."""
    job = await office.job(mapping=MAPPING, goal="run")
    await office.send(job, table(60_000))
    async with office.running.database.connected() as connection:
        await connection.execute("delete from file_part where tenant = $1 and number > 0", office.tenant)
    job = await office.done(job)
    assert (job["status"], "is gone" in job["errorLog"]) == ("failed", True)
    assert await office.documents() == []


async def test_too_much_is_refused_before_it_is_read(office: Office) -> None:
    """By what is said of its length; nothing is kept, and the job waits on."""
    job = await office.job()
    answer = await office.send(job, b"", **{"content-length": "2147483648"})
    assert (answer.status_code, answer.json()["reason"]) == (413, "Body too large")
    assert (await office.read(job))["status"] == "waiting"
    assert await left(office) == (0, 0)


async def test_too_much_is_cut_off_while_it_comes(system: Running, office: Office) -> None:
    """Where nobody said how much it would be."""
    job = await office.job()
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1 << 20
            yield bytes(1 << 20)

    limit = system.settings.import_limit
    answer = await office.api.put(f"{OWN}/importJob/{job['id']}/content", content=endless(), timeout=120)
    assert answer.status_code == 413
    assert sent <= limit + (4 << 20)
    assert await left(office) == (0, 0)


async def test_half_an_upload_leaves_nothing(office: Office) -> None:
    """The client goes away in the middle."""
    job = await office.job()
    surface, name = surface_of(office.running), f"{OWN}/importJob/{job['id']}/content"
    messages: list[dict[str, object]] = [
        {"type": "http.request", "body": bytes(3 << 20), "more_body": True},
        {"type": "http.disconnect"},
    ]
    seen: list[tuple[int, int]] = []

    async def receive() -> dict[str, object]:
        seen.append(await left(office))
        return messages.pop(0)

    async def send(_message: object) -> None:
        """Nobody hears it."""

    headers = [(b"host", b"localhost")]
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "PUT",
        "path": name,
        "query_string": b"",
        "headers": headers,
    }
    await surface(scope, receive, send)
    assert seen == [(1, 0), (1, 3)]
    assert await left(office) == (0, 0)
    assert (await office.read(job))["status"] == "waiting"


@pytest.mark.parametrize(("content", "sentence"), [
    (b"", "The file is empty."),
    (b"\x1f\x8b\x08\x00xxxx", "The file is gzip"),
    (b"PK\x03\x04 no spreadsheet", "no spreadsheet that can be read"),
    (b"%PDF-1.7", "The file is PDF"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1", "old .xls kind"),
])  # fmt: skip
async def test_what_is_no_table_is_said_at_once(office: Office, content: bytes, sentence: str) -> None:
    """As 400, and on the job; another file may follow."""
    job = await office.job(mapping=MAPPING, goal="run")
    answer = await office.send(job, content)
    assert answer.status_code == 400
    assert sentence in answer.json()["message"]
    found = await office.read(job)
    assert (found["status"], await left(office)) == ("failed", (0, 0))
    assert sentence in found["errorLog"]
    assert (await office.send(job, table(2))).status_code == 200
    found = await office.done(job)
    assert (found["status"], outcome(found), "errorLog" in found) == ("succeeded", (2, 0, 0, 0), False)


@pytest.mark.parametrize(("content", "options", "sentence"), [
    (b"no,name\n" + bytes(range(128, 256)) * 40, {"encoding": "ascii"}, "is not ascii"),
    (b"\xff\xfe\x00\xd8no", {}, "encoding"),
    (b"name,name\n1,2\n", {}, "more than once"),
    ((",".join(f"c{n}" for n in range(1001)) + "\n").encode(), {}, "at most 1,000"),
    (b"no,title\n1,x\n", {"mapping": MAPPING}, "columns that the file does not have: 'created', 'name'"),
    (b"{}\n", {}, "No line of the file holds"),
])  # fmt: skip
async def test_what_cannot_be_read_ends_the_job_with_a_sentence(
    office: Office, content: bytes, options: dict[str, object], sentence: str
) -> None:
    """Nothing is written, and the reason stands on the job."""
    job = await office.job(**options, goal="run")
    await office.send(job, content)
    job = await office.done(job)
    assert job["status"] == "failed", job
    assert sentence in job["errorLog"]
    assert await office.documents() == []


@pytest.mark.parametrize("options", [
    {"encoding": "klingon"},
    {"mapping": {"source": "x"}},
    {"mapping": MAPPING, "resource": "salesOpportunity"},
    {"batch": 5001},
    {"goal": "someday"},
])  # fmt: skip
async def test_options_that_cannot_be_used_are_refused(office: Office, options: dict[str, object]) -> None:
    """Before any file is sent."""
    answer = await office.api.post(f"{OWN}/importJob", json={"resource": "salesLead", **options})
    assert answer.status_code == 400, answer.text


async def test_only_the_server_moves_a_job_where_the_server_moves_it(office: Office) -> None:
    """And a job takes no other file or mapping once rows were written."""
    job = await office.job(mapping=MAPPING, goal="mapping")
    for state in ("reading", "succeeded", "running"):
        assert (await office.ask(job, status=state)).status_code in {400, 409}
    await office.send(job, table(2))
    await office.done(job)
    assert (await office.ask(job, status="checked")).status_code in {400, 409}
    assert (await office.ask(job, status="running")).status_code == 200
    assert (await office.api.delete(f"{OWN}/importJob/{job['id']}")).status_code == 409
    await office.done(job)
    assert (await office.send(job, table(2))).status_code == 409
    assert (await office.ask(job, mapping={"key": ["name"]})).status_code == 400


async def test_a_new_mapping_asks_for_a_new_dry_run(office: Office) -> None:
    """Counts of another mapping are not shown."""
    job = await office.imported(table(5), mapping=MAPPING, goal="check")
    assert job["expected"]["created"] == 5
    answer = await office.ask(job, mapping={"key": ["state"]})
    assert answer.json()["status"] == "ready", answer.text
    assert "expected" not in answer.json()
    await office.ask(job, status="checking")
    assert outcome(await office.done(job), "expected") == (1, 0, 4, 0)


async def test_a_spreadsheet_is_read_as_it_shows_itself(office: Office) -> None:
    """Numbers, dates, yes and no; blank rows are none; another sheet by its name."""
    rows: list[list[object]] = [["no", "name", "value"], [1, "Ann", 10.5], [], [2, "=1+1", 3]]
    attributes = {"name": "name", "estimatedRevenue.value": {"column": "value", "number": True}}
    mapping = {"source": "x", "resource": "salesLead", "key": "no", "attributes": attributes}
    job = await office.imported(book({"first": [["a"]], "leads": rows}), mapping=mapping, sheet="leads")
    assert (job["status"], job["format"]) == ("succeeded", "xlsx"), job
    assert outcome(job) == (2, 0, 0, 0)
    assert [each["name"] for each in await office.documents()] == ["Ann", "=1+1"]
    job = await office.imported(book({"first": rows}), mapping=mapping, sheet="other")
    assert "no sheet 'other'" in job["errorLog"]


async def test_lines_of_objects_are_rows(office: Office) -> None:
    """Nested names are columns; a line that is no object is refused alone."""
    content = '{"no": "1", "who": {"name": "Ann"}}\nnot json\n[1]\n{"no": "2", "who": {"name": "Ben"}, "more": [1]}\n'
    mapping = {"source": "x", "resource": "salesLead", "key": "no", "attributes": {"name": "who.name"}}
    job = await office.imported(content, mapping=mapping)
    assert (job["format"], job["column"]) == ("jsonlines", ["no", "who.name", "more"])
    assert outcome(job) == (2, 0, 0, 2)
    assert "The line holds no JSON object." in await office.errors(job)


async def test_documents_come_in_as_they_went_out(office: Office) -> None:
    """Without a mapping; their ids name them."""
    content = b'{"id": "7", "name": "Ann", "status": "accepted"}\n{"id": "8", "status": "nowhere"}\n'
    job = await office.imported(content, format="document", fileName="backup")
    assert (job["status"], outcome(job)) == ("succeeded", (1, 0, 0, 1)), job
    (found,) = await office.documents()
    assert (found["name"], found["status"]) == ("Ann", "accepted")


def test_a_spreadsheet_that_unfolds_is_told_by_its_directory() -> None:
    """A part that grows a thousand times, too many parts, too much in all."""
    with zipfile.ZipFile(io.BytesIO(forged({"xl/sharedStrings.xml": b"a" * 40_000_000}))) as archive:
        members = archive.infolist()
    with pytest.raises(UnreadableTable, match="more than 300 times"):
        sheets.check_members(members)
    with pytest.raises(UnreadableTable, match="400 MB"):
        sheets.check_members(members * 11)
    with pytest.raises(UnreadableTable, match="400 MB"):
        sheets.check_members(members[:0] + [zipfile.ZipInfo(str(number)) for number in range(10_001)])


async def test_a_spreadsheet_bomb_is_refused_when_it_is_sent(office: Office) -> None:
    """With 400, the reason on the job, and nothing kept."""
    job = await office.job(mapping=MAPPING)
    answer = await office.send(job, forged({"xl/worksheets/sheet1.xml": b" " * 60_000_000}))
    assert answer.status_code == 400
    assert "grows more than 300 times" in answer.json()["message"]
    assert (await office.read(job))["status"] == "failed"
    assert await left(office) == (0, 0)
