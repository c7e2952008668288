"""Files that were made to hurt: each ends as rows with reasons, or as a job with a sentence, in little memory."""

import asyncio
import io
import resource
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from spanco.app import Running
from spanco.sales.actions.sources import open_source
from spanco.sales.actions.surveys import surveyed
from spanco.sales.actions.tables import Broken, Row, UnreadableTable
from spanco.sales.rules.jobs import Wish
from tests.jobs.sheets import book
from tests.jobs.stage import HEADER, MAPPING, OWN, Office, office_of, outcome, table

LONG = 1 << 27
"""Bytes of one line; by hand a gigabyte was tried, which takes as little memory and half a minute."""
MEGABYTE = 1 << 20


@pytest.fixture
async def office(system: Running) -> AsyncIterator[Office]:
    """A tenant of its own."""
    found = office_of(system)
    async with found.api:
        yield found


@pytest.mark.parametrize(("content", "outcomes", "sentence"), [
    (table(2).encode() + b"7,A\0B,1,new,\n", (2, 0, 0, 1), "NUL byte"),
    (table(2).encode() + b'7,"A,1,new,\n8,B,1,new,\n', (3, 0, 0, 1), "never closed"),
    (table(2).encode() + b"7,A,1\n8,B,1,new,,,\n", (2, 0, 0, 2), "The row has 3 cells, the header has 5."),
    (table(2).encode() + b"7,=HYPERLINK(1),x,new,\n", (2, 0, 0, 1), "'=HYPERLINK(1)"),
    (table(2).encode() + b"9," + b"a" * 1_100_000 + b",1,new,\n8,B,1,new,\n", (3, 0, 0, 1), "1,000,000 characters"),
    (HEADER.encode() + b"1,M\xfcller,1,new,\n2,B\xf6hm,1,new,\n", (2, 0, 0, 0), ""),
    (table(400).encode() + b"x,\xff\xfe\x00broken,1,new,\n", (400, 0, 0, 1), "NUL byte"),
    (b"\xef\xbb\xbf" + table(2).encode(), (2, 0, 0, 0), ""),
    (table(2).encode("utf-16"), (2, 0, 0, 0), ""),
    (table(3).replace("\n", "\r\n").encode(), (3, 0, 0, 0), ""),
])  # fmt: skip
async def test_a_bad_row_costs_itself_alone(
    office: Office, content: bytes, outcomes: tuple[int, int, int, int], sentence: str
) -> None:
    """And the sum of the outcomes is the rows."""
    job = await office.imported(content, mapping=MAPPING)
    assert (job["status"], outcome(job)) == ("succeeded", outcomes), job
    assert sum(job["outcome"].values()) == job["rows"] == sum(outcomes)
    assert sentence in await office.errors(job)


@pytest.mark.parametrize(("content", "sentence"), [
    (b"", "empty"),
    (b"\n\n\n", "no header"),
    (b"no,name,no\n1,2,3\n", "more than once"),
    (b"no,,name\n1,2,3\n", "Column 2 of the header has no name"),
    ((",".join(f"c{number}" for number in range(100_000)) + "\n1\n").encode(), "100,000 columns; at most 1,000"),
    (b'"no,name\n1,2\n', "The header cannot be read"),
    (b"no,name\n" + bytes(range(1, 256)) * 50, ""),
])  # fmt: skip
async def test_a_file_that_is_no_table_is_refused_as_a_whole(office: Office, content: bytes, sentence: str) -> None:
    """With a sentence, and nothing half done."""
    job = await office.job(goal="run")
    await office.send(job, content)
    job = await office.done(job)
    assert job["status"] in ({"failed"} if sentence else {"failed", "succeeded"}), job
    assert sentence in job.get("errorLog", sentence)
    assert sum(job.get("outcome", {}).values()) == job.get("rows", 0)


async def test_a_wrong_content_type_is_no_matter(office: Office) -> None:
    """What a file is, is told by its bytes; a sheet that is none is refused, an encoding of the body is not taken."""
    job = await office.job(mapping=MAPPING, goal="run")
    assert (await office.send(job, table(2), **{"content-type": "image/png"})).status_code == 200
    assert outcome(await office.done(job)) == (2, 0, 0, 0)
    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    other = await office.job(mapping=MAPPING)
    answer = await office.send(other, table(2), **{"content-type": sheet})
    assert (answer.status_code, "sent as one" in answer.json()["message"]) == (400, True)
    answer = await office.send(other, table(2), **{"content-encoding": "gzip"})
    assert answer.status_code == 415
    rows: list[list[object]] = [[*HEADER.strip().split(",")], [1, "Ann", 2, "new", ""]]
    assert (await office.send(other, book({"x": rows}), **{"content-type": "text/csv"})).status_code == 200
    assert (await office.done(other))["format"] == "xlsx"


async def test_of_two_uploads_at_once_one_is_taken(office: Office) -> None:
    """The other one is told so, and leaves nothing."""
    job = await office.job(mapping=MAPPING)
    both = await asyncio.gather(office.send(job, table(30_000)), office.send(job, table(30_001)))
    assert sorted(answer.status_code for answer in both) == [200, 409]
    (won,) = [answer.json() for answer in both if answer.status_code == 200]
    assert await office.counted("file") == 1
    job = await office.done(job)
    assert (job["status"], job["size"]) == ("ready", won["size"])


def _long(path: Path, head: bytes) -> Path:
    """A file with one very long line; a hole of the file system, so it takes no room."""
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + LONG)
        file.seek(0, io.SEEK_END)
        file.write(b"\n8,B,1,new,\n")
    return path


@pytest.fixture
def little_memory() -> Iterator[None]:
    """Fails a test that takes more than a third of the file."""
    tracemalloc.start()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 * MEGABYTE
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024


@pytest.mark.usefixtures("little_memory")
@pytest.mark.parametrize("form", ["jsonlines", "csv"])
def test_a_very_long_line_is_one_bad_row(tmp_path: Path, form: str) -> None:
    """It is passed over in pieces; the rows around it are read."""
    head = b'{"no": "7", "name": "A"}\n' if form == "jsonlines" else HEADER.encode() + b"7,A,1,new,\n9,"
    path = _long(tmp_path / "long", head)
    wish = Wish("salesLead", "x", form, "utf-8", ",", "", 250, "run", "create", None)
    with open_source(path, wish) as found:
        rows = list(found.rows())
    good = [row for row in rows if isinstance(row, Row)]
    bad = [row for row in rows if isinstance(row, Broken)]
    assert len(rows) == 3
    assert len(bad) == (2 if form == "jsonlines" else 1)
    assert good[0].cells["name"] == "A"
    assert any("longer than 1,000,000" in row.reason for row in bad)


def test_a_survey_of_very_many_words_is_bounded(tmp_path: Path) -> None:
    """A column with ever new words is given up; the first rows are what is looked at."""
    path = tmp_path / "many.csv"
    path.write_text("no,word\n" + "".join(f"{number},w{number}\n" for number in range(5_000)))
    wish = Wish("salesLead", "x", "csv", "", "", "", 250, "run", "create", None)
    with open_source(path, wish) as found:
        (_, words) = surveyed(found)
    assert (len(words.cells), words.more) == (2_000, ())


@pytest.mark.parametrize("mark", ["=", "+", "-", "@", "\t", "\r"])
async def test_no_spreadsheet_computes_what_comes_out(office: Office, mark: str) -> None:
    """Neither in an export nor in a file of errors; mended, the cell comes in as it was."""
    text = f"{mark}1+1"
    rows = f'no,name,value,state,created\n1,"{text}",1,new,\n2,"{text}",x,new,\n'
    job = await office.imported(rows, mapping=MAPPING)
    errors = await office.errors(job)
    assert f"'{text}" in errors
    again = await office.imported(errors.replace(",x,", ",2,"), mapping=MAPPING)
    assert again["outcome"]["created"] == 1, again
    names = {str(each["name"]) for each in await office.documents()}
    assert names == {text.strip()}
    order = (await office.api.post(f"{OWN}/exportJob", json={"resource": "salesLead"})).json()
    await office.work(order["id"])
    content = (await office.api.get(f"{OWN}/exportJob/{order['id']}/content")).text
    assert not text.strip().startswith(("=", "+", "-", "@")) or f"'{text.strip()}" in content


def test_an_unknown_encoding_is_said(tmp_path: Path) -> None:
    """With what to do about it."""
    path = tmp_path / "x.csv"
    path.write_bytes(b"no,name\n1,\xff\xfe\xfd\n")
    wish = Wish("salesLead", "x", "csv", "klingon", "", "", 250, "run", "create", None)
    with pytest.raises(UnreadableTable, match="no encoding"):
        open_source(path, wish)
