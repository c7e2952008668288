"""Mails: whatever bytes come, each is read as far as it goes, or refused with a reason."""

from email.message import EmailMessage
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanco.kernel.wire import decode, encode
from spanco.sales.rules import mails
from spanco.sales.rules.forms import Origin
from spanco.sales.rules.mails import lead_of_mail, note_of, read_mail, references

PLAIN = (
    b"Message-ID: <1@a.example>\r\nFrom: =?utf-8?q?J=C3=A4na?= <Jana@Example.com>\r\nTo: sales@b.example\r\n"
    b"Subject: Re: AW: Fibre\r\nDate: Tue, 03 Mar 2026 09:15:00 +0100\r\nIn-Reply-To: <0@b.example>\r\n"
    b"References: <x@b.example>\r\n <0@b.example>\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\n"
    b"Gr\xfc\xdfe\r\nJ\x00\x07\r\n"
)


def read(raw: bytes) -> Any:
    """What is kept of a mail."""
    return read_mail(raw)[1]


def test_a_mail_is_read() -> None:
    """Who wrote it, about what, when, in answer to which."""
    id_, mail, refused = read_mail(PLAIN)
    assert (id_, refused) == ("1@a.example", "")
    assert mail == {
        "messageId": "1@a.example",
        "references": ["0@b.example", "x@b.example"],
        "from": "jana@example.com",
        "fromName": "Jäna",
        "subject": "Fibre",
        "text": "Grüße\nJ",
        "attachments": 0,
        "date": "2026-03-03T09:15:00+01:00",
    }
    assert references(mail) == ["0@b.example", "x@b.example"]
    assert references({}) == []


def test_files_are_counted_and_not_kept() -> None:
    """And words in HTML are read where there are no plain ones."""
    message = EmailMessage()
    message["From"] = "a@b.example"
    message.set_content("<style>p{}</style><p>Hello<br>you &amp; me</p></style>", subtype="html")
    message.add_attachment(b"%PDF secret", maintype="application", subtype="pdf", filename="a.pdf")
    message.add_attachment("more", filename="b.txt")
    mail = read(message.as_bytes())
    assert (mail["attachments"], mail["text"]) == (2, "Hello\nyou & me")
    assert "[2 attached files, not kept]" in str(note_of(mail, "now", "s")["text"])
    assert "[1 attached file, not kept]" in str(note_of(mail | {"attachments": 1}, "now", "s")["text"])


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "It names no sender."),
        (b"Subject: x\n\nbody", "It names no sender."),
        (b"From: undisclosed\n\n", "It names no sender."),
        (b"From: a@b.example\nAuto-Submitted: auto-replied; x\n\n", "A program wrote it (Auto-Submitted)."),
        (b"From: a@b.example\nAuto-Submitted: auto-notified\n\n", "A program wrote it (Auto-Submitted)."),
        (b"From: a@b.example\nAuto-Submitted: no\n\n", ""),
        (b"From: a@b.example\nPrecedence: Bulk\n\n", "A program wrote it (Precedence)."),
        (b"From: a@b.example\nList-Id: <news.b.example>\n\n", "A program wrote it (List-Id)."),
        (b"From: a@b.example\nX-Autoreply: yes\n\n", "A program wrote it (X-Autoreply)."),
        (b"From: a@b.example\nX-Autorespond: away\n\n", "A program wrote it (X-Autoreply)."),
        (b"Return-Path: <>\nFrom: a@b.example\n\n", "A program wrote it (Return-Path)."),
        (b"Return-Path: <a@b.example>\nPrecedence: first-class\nFrom: a@b.example\n\n", ""),
        (b"From: MAILER-DAEMON@b.example\n\n", "It reports of another mail: a mail server wrote it."),
        (
            b"From: a@b.example\nContent-Type: multipart/report; boundary=a\n\n--a\n\nx\n--a--\n",
            "It reports of another mail: a mail server wrote it.",
        ),
        (
            b"Received: by x\n" * 51 + b"From: a@b.example\n\n",
            "It goes in circles: too many servers have handed it on.",
        ),
        (b"Received: by x\n" * 50 + b"From: a@b.example\n\n", ""),
    ],
)
def test_what_cannot_be_a_lead_is_refused_with_a_reason(raw: bytes, reason: str) -> None:
    """It is kept all the same, under an id of its own."""
    id_, _, refused = read_mail(raw)
    assert refused == reason
    assert id_.endswith("@no-message-id")
    assert read_mail(raw + b"x")[0] != id_


def test_a_mail_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its size is the reason."""
    monkeypatch.setattr(mails, "MOST_BYTES", 10)
    assert read_mail(PLAIN)[2] == "It is larger than this server reads."


@pytest.mark.parametrize(
    "head",
    [
        b"Date: yesterday",
        b"Date: Tue, 03 Mar 99999 09:15:00 +0100",
        b"Subject: =?unknown?q?x?=",
        b"Subject: =?utf-8?b?!!!?=",
        b"Message-ID: <<<>>>",
        b"Content-Type: text/plain; charset=klingon",
        b"Content-Type: multipart/mixed; boundary=",
        b'Content-Type: multipart/mixed; boundary="a"\n\n--a\n--a\n--a',
        b"Content-Transfer-Encoding: base64\n\n%%%",
        b'From: "a@b.example',
        b"Content-Disposition: attachment; filename*=x''%",
        b"References: " + b"<a@b>" * 500,
        b"\xff\xfe: \xff",
    ],
)  # fmt: skip
def test_broken_mails_are_read_as_far_as_they_go(head: bytes) -> None:
    """What the parser stumbles over does not stop the rest."""
    _, mail, refused = read_mail(b"From: a@b.example\n" + head + b"\n\nhello")
    assert refused or mail["from"] == "a@b.example" or head.startswith(b"From")
    assert decode(encode(mail)) == mail


@given(st.binary(max_size=400))
def test_whatever_bytes_come_something_is_kept(raw: bytes) -> None:
    """It can be stored, and is bounded."""
    for head in (b"From: a@b.example\n", b"From: a@b.example\nMessage-ID: <", b"From: a@b.example\nSubject: "):
        id_, mail, _ = read_mail(head + raw)
        stored = encode(mail).decode() + id_
        assert decode(encode(mail)) == mail
        assert "\\u0000" not in stored
        assert "\0" not in stored


@pytest.mark.parametrize("charset", ["punycode", "hex", "utf-16", "idna", "utf-7", "unicode_escape", "undefined"])
def test_words_in_odd_character_sets_are_kept(charset: str) -> None:
    """Also where the name is of none for texts, or does not fit the bytes."""
    raw = f"From: a@b.example\nContent-Type: text/plain; charset={charset}\n\n".encode() + b"hello \xff -\\ud800"
    _, mail, refused = read_mail(raw)
    assert (refused, bool(mail["text"])) == ("", True)
    assert decode(encode(mail)) == mail


@pytest.mark.parametrize("date", ["Tue, 1 Jan 1850 00:00:00 +1400", "Fri, 31 Dec 9999 23:59:59 -1200"])
def test_a_date_that_cannot_be_is_left_out(date: str) -> None:
    """The moment at which the mail came counts instead."""
    assert "date" not in read(f"From: a@b.example\nDate: {date}\n\nx".encode())


def test_many_parts_are_looked_through_only_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mail of a million parts costs no more than one of two hundred."""
    monkeypatch.setattr(mails, "_MOST_PARTS", 2)
    message = EmailMessage()
    message["From"] = "a@b.example"
    message.set_content("words")
    for _ in range(5):
        message.add_attachment(b"x", maintype="a", subtype="b")
    assert read(message.as_bytes())["attachments"] == 0


@pytest.mark.parametrize(
    "raw",
    [
        b"From: " + b"a," * 500_000 + b"\n\nx",
        b"From: a@b.example\nSubject: " + b"a " * 500_000 + b"\n\nx",
        b"From: a@b.example\n" + (b"Received: " + b"a " * 4_000 + b"\n") * 200 + b"\nx",
        b"From: a@b.example\nContent-Type: text/plain;" + b" a=b;" * 100_000 + b"\n\nx",
        b"From: a@b.example\nContent-Type: text/html\n\nx" + b" " * 1_000_000 + b"y",
        b"From: a@b.example\n"
        + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(400))
        + b"\n" * 200_000,
    ],
)
def test_no_mail_holds_up_the_others(raw: bytes) -> None:
    """What strangers send takes a time that grows with its length, not with the square of that."""
    began = perf_counter()
    read_mail(raw)
    assert perf_counter() - began < 4


def test_parts_within_parts_are_bounded() -> None:
    """A mail of more is kept as refused."""
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(41))
    assert read_mail(b"From: a@b.example\n" + nested)[2] == "It has too many parts within parts."


def test_the_parser_itself_may_stumble(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the mail is refused with what happened, and the next one is read."""

    def broken(*_: object) -> None:
        raise IndexError

    monkeypatch.setattr(mails, "_read", broken)
    assert read_mail(PLAIN)[2] == "It cannot be read (IndexError)."


def test_a_first_mail_is_a_lead() -> None:
    """Named by its subject, else by its sender; by the channel of mail."""
    mail = read(PLAIN)
    made: Any = lead_of_mail(mail, Origin(source="inbox", code="email"), "now", "s-1")
    assert (made["name"], made["leadSource"], made["referredDate"]) == ("Fibre", "email", mail["date"])
    assert made["prospectContact"][0]["characteristic"] == {"emailAddress": "jana@example.com"}
    assert made["relatedParty"][0]["name"] == "Jäna"
    assert made["touch"] == [{"time": mail["date"], "source": "inbox", "channel": "email"}]
    bare: Any = lead_of_mail({"from": "a@b.example"}, Origin(), "now", "s-1")
    assert (bare["name"], bare["referredDate"], "relatedParty" in bare) == ("Mail from a@b.example", "now", False)
