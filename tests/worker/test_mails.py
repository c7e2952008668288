"""Mails become leads: from a mailbox and from files, threaded, once each, and none is lost."""

import mailbox
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from spanco.app import Running
from spanco.cli.capture import BadMailFile, captured, messages
from spanco.sales.actions.capture import Counter as Desk
from spanco.sales.actions.correspondence import keep_mail
from spanco.sales.rules.mails import MOST_BYTES
from spanco.transport.mailbox import Mailbox
from spanco.worker.mailing import Postman
from tests.transport.imap import imap
from tests.worker.stage import LEADS, OWN, Virtual
from tests.worker.test_capturing import processed, submissions


def mail(number: int, *answers: int, sender: str = "", subject: str = "Fibre") -> bytes:
    """A mail with a number that answers others."""
    sender = sender or f"s{number}@example.com"
    lines = [f"Message-ID: <{number}@a>", f"From: Jana Okafor <{sender}>", f"Subject: {subject}"]
    lines += [f"References: {' '.join(f'<{each}@a>' for each in answers)}"] if answers else []
    return "\r\n".join([*lines, "", f"words {number}"]).encode()


async def leads(api: httpx.AsyncClient) -> list[dict[str, Any]]:
    """All leads, the first one first."""
    found: list[dict[str, Any]] = (await api.get(LEADS, params={"sort": "creationDate,id"})).json()
    return found


async def test_replies_join_the_lead_of_their_thread(stage: Running, api: httpx.AsyncClient) -> None:
    """Whoever writes them, whichever mail of the thread they answer; each mail ends as something."""
    desk, tenant = Desk(stage.database), stage.actor.tenant
    every = [mail(1), mail(2, 1), mail(3, 9, 2, 1), mail(4, subject="Other"), b"Subject: no sender\r\n\r\n"]
    for _ in range(2):
        for raw in every:
            await keep_mail(desk, tenant, raw, "email")
    await processed(stage)
    assert Counter(each["status"] for each in await submissions(api)) == {"created": 2, "linked": 2, "refused": 1}
    first, second = await leads(api)
    assert [each["text"] for each in first["note"]] == ["words 1", "words 2", "words 3"]
    assert (first["name"], first["leadSource"], first["touch"][0]["channel"]) == ("Fibre", "email", "email")
    assert second["name"] == "Other"


async def test_replies_follow_a_lead_that_was_merged(stage: Running, api: httpx.AsyncClient) -> None:
    """Into the survivor; and again the lead itself once it is back."""
    desk, tenant = Desk(stage.database), stage.actor.tenant
    for number in (1, 2):
        await keep_mail(desk, tenant, mail(number, subject=f"Fibre {number}"), "")
    await processed(stage)
    kept, gone = await leads(api)
    order = {"kind": "salesLead", "survivor": {"id": kept["id"]}, "loser": [{"id": gone["id"]}]}
    merge = (await api.post(f"{OWN}/merge", json=order)).json()
    await keep_mail(desk, tenant, mail(3, 2), "")
    await processed(stage)
    (survivor,) = await leads(api)
    assert [each["text"] for each in survivor["note"]] == ["words 1", "words 2", "words 3"]
    answer = await api.patch(f"{OWN}/merge/{merge['id']}", json={"status": "undone"})
    assert answer.status_code == 200, answer.text
    await keep_mail(desk, tenant, mail(4, 3), "")
    await processed(stage)
    found = {each["id"]: [note["text"] for note in each["note"]] for each in await leads(api)}
    assert found == {kept["id"]: ["words 1", "words 3"], gone["id"]: ["words 2", "words 4"]}


async def test_a_reply_waits_for_the_mail_that_it_answers(
    stage: Running, api: httpx.AsyncClient, virtual: Virtual
) -> None:
    """When both are in line and the answer is first; an answer to what nobody knows is a lead."""
    desk, tenant = Desk(stage.database), stage.actor.tenant
    await keep_mail(desk, tenant, mail(2, 1), "")
    virtual.wait(seconds=1)
    await keep_mail(desk, tenant, mail(1), "")
    await processed(stage)
    assert Counter(each["status"] for each in await submissions(api)) == {"held": 1, "created": 1}
    virtual.wait(seconds=6)
    await processed(stage)
    assert Counter(each["status"] for each in await submissions(api)) == {"linked": 1, "created": 1}
    await keep_mail(desk, tenant, mail(8, 7), "")
    await processed(stage)
    assert len(await leads(api)) == 2


async def test_a_reply_to_a_lead_that_is_gone_is_a_lead(stage: Running, api: httpx.AsyncClient) -> None:
    """Nothing is lost with what was deleted."""
    desk, tenant = Desk(stage.database), stage.actor.tenant
    await keep_mail(desk, tenant, mail(1), "")
    await processed(stage)
    (lead,) = await leads(api)
    (await api.delete(f"{LEADS}/{lead['id']}")).raise_for_status()
    await keep_mail(desk, tenant, mail(2, 1), "")
    await processed(stage)
    (again,) = await leads(api)
    assert again["note"][0]["text"] == "words 2"


async def test_a_new_mail_of_a_known_sender_joins_the_lead(stage: Running, api: httpx.AsyncClient) -> None:
    """It is certainly the same prospect: a remark and a touch more."""
    desk, tenant = Desk(stage.database), stage.actor.tenant
    for number in (1, 2):
        await keep_mail(desk, tenant, mail(number, sender="same@example.com", subject=f"Wish {number}"), "")
        await processed(stage)
    (lead,) = await leads(api)
    assert ([each["text"] for each in lead["note"]], len(lead["touch"])) == (["words 1", "words 2"], 2)


async def test_a_mailbox_is_emptied_into_leads(stage: Running, api: httpx.AsyncClient) -> None:
    """What is away is looked for again later; a mail that comes twice is one."""
    async with imap(mail(1), mail(2, 1), mail(1)) as server:
        postman = Postman(Mailbox(server.url, limit=1000), Desk(stage.database), stage.actor.tenant, "email")
        assert await postman.step() == 30.0
        assert server.seen == {1, 2, 3}
    for _ in range(2):
        assert await postman.step() == 30.0
    await processed(stage)
    assert len(await leads(api)) == 1
    assert len(await submissions(api)) == 2


def folder(place: Path, *raws: bytes) -> Path:
    """A Maildir with these mails."""
    box = mailbox.Maildir(place)
    for raw in raws:
        box.add(raw)
    box.close()
    return place


def file(place: Path, *raws: bytes) -> Path:
    """An mbox file with these mails."""
    box = mailbox.mbox(place)
    for raw in raws:
        box.add(raw)
    box.close()
    return place


async def test_files_of_mails_are_read_from_the_command_line(
    stage: Running, api: httpx.AsyncClient, tmp_path: Path
) -> None:
    """An mbox file, a Maildir, one message; a second time nothing is new."""
    single = tmp_path / "one.eml"
    single.write_bytes(mail(5, subject="Single"))
    places = [file(tmp_path / "box", mail(1), mail(2, 1)), folder(tmp_path / "dir", mail(3), mail(4, 3)), single]
    for place in places:
        tally = await captured(stage, place, stage.actor.tenant, "")
        assert tally == {"created": 1} | ({} if place == single else {"linked": 1})
        again = await captured(stage, place, stage.actor.tenant, "")
        assert again == {"known": tally.total()}
    assert len(await leads(api)) == 3
    answer = await api.get(f"{OWN}/submission", params={"origin": "mail"})
    assert Counter(each["status"] for each in answer.json()) == {"created": 3, "linked": 2}


async def test_a_file_with_the_reply_first_is_one_thread(
    stage: Running, api: httpx.AsyncClient, tmp_path: Path
) -> None:
    """What is held for a moment is waited for; the counts add up to the mails of the file."""
    place = file(tmp_path / "box", mail(2, 1), b"Subject: no sender\r\n\r\n", mail(1))
    tally = await captured(stage, place, stage.actor.tenant, "")
    assert tally == {"created": 1, "linked": 1, "refused": 1}
    assert len(await leads(api)) == 1


def test_of_a_mail_that_is_too_long_no_more_is_read_than_shows_it(tmp_path: Path) -> None:
    """In a file of one, of many, in a folder."""
    long = mail(1) + b"x" * MOST_BYTES
    single = tmp_path / "one.eml"
    single.write_bytes(long)
    for place in (single, file(tmp_path / "box", long), folder(tmp_path / "dir", long)):
        (found,) = messages(place)
        assert MOST_BYTES < len(found) <= MOST_BYTES + len("From ")


def test_what_holds_no_mails_is_said(tmp_path: Path) -> None:
    """A folder of something else, and what is not there."""
    for place in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(BadMailFile):
            list(messages(place))
