"""Mails as they come: the few things that a lead needs of a message, read from whatever bytes there are."""

import email
import email.policy
import hashlib
import re
from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import parseaddr
from html.parser import HTMLParser

from spanco.kernel.wire import Document, Json
from spanco.sales.rules.forms import Origin
from spanco.sales.rules.touches import touch_of

MOST_BYTES = 25_000_000
"""A larger mail is not read."""

_LONGEST_SUBJECT, _LONGEST_TEXT, _LONGEST_ID, _LONGEST_ADDRESS = 300, 20_000, 250, 320
_LONGEST_HEADER, _LONGEST_REFERENCES = 1_000, 8_000
"""The parser of the standard library takes a time that grows with the square of a header; anybody may send one."""
_MOST_REFERENCES = 50
_MOST_PARTS = 200
_MULTIPART, _MOST_MULTIPARTS = re.compile(rb"multipart", re.IGNORECASE), 40
"""Each line of a mail is held against the borders of all the parts around it."""
_MESSAGE_ID = re.compile(r"<([^<>\s\x00-\x1f\x7f\ud800-\udfff]{1,250})>")
_UNSPEAKABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_ADDRESS = re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}")
_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
_DAEMONS = frozenset({"mailer-daemon", "postmaster"})
_MOST_HOPS = 50
_YEARS = range(1990, 2100)
_REPLY = re.compile(r"^\s*((re|aw|fwd?|wg|odp)\s*:\s*)+", re.IGNORECASE)


class _Bounded(email.policy.EmailPolicy):
    """Headers as the library reads them, as far as they are of a sensible length."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """The name and the text of a header."""
        name, value = super().header_source_parse(sourcelines)
        return name, value[: _LONGEST_REFERENCES if name.lower() == "references" else _LONGEST_HEADER]


def read_mail(raw: bytes) -> tuple[str, Document, str]:
    """The message id, what is kept of a mail, and why it cannot be a lead (empty when it can).

    Broken mails are read as far as they go; one without an id has one made of its bytes, so that it is told apart.
    """
    fallback = f"{hashlib.sha256(raw).hexdigest()[:40]}@no-message-id"
    if len(raw) > MOST_BYTES:
        return fallback, {}, "It is larger than this server reads."
    if sum(1 for _ in _MULTIPART.finditer(raw)) > _MOST_MULTIPARTS:
        return fallback, {}, "It has too many parts within parts."
    try:
        message = email.message_from_bytes(raw, policy=_Bounded())
        assert isinstance(message, EmailMessage)
        return _read(message, fallback)
    except (ValueError, LookupError, IndexError, AttributeError, TypeError, AssertionError, RecursionError) as error:
        # The parser of the standard library stumbles over some headers instead of noting a defect.
        return fallback, {}, f"It cannot be read ({type(error).__name__})."


def references(mail: Document) -> list[str]:
    """The ids of the mails that this one answers, the nearest first."""
    found = mail.get("references")
    return [str(each) for each in found] if isinstance(found, list) else []


def lead_of_mail(mail: Document, origin: Origin, moment: str, id_: str) -> Document:
    """The lead that a first mail becomes."""
    sender, name = str(mail.get("from", "")), str(mail.get("fromName", ""))
    subject = str(mail.get("subject", ""))
    lead: Document = {
        "name": subject or f"Mail from {name or sender}",
        "referredDate": mail.get("date") or moment,
        "prospectContact": [
            {"mediumType": "email", "preferred": True, "characteristic": {"emailAddress": sender}},
        ],
        "note": [note_of(mail, moment, id_)],
        "touch": [touch_of(origin, {}, str(mail.get("date") or moment), "email")],
    }
    if name:
        lead["relatedParty"] = [{"id": f"{id_}.1", "name": name, "role": "prospect", "@referredType": "Individual"}]
    if origin.code:
        lead["leadSource"] = origin.code
    return lead


def note_of(mail: Document, moment: str, id_: str) -> Document:
    """The remark that a mail is kept as: its words, who wrote them, how many files came with them."""
    count, text = mail.get("attachments", 0), str(mail.get("text", ""))
    files = f"\n\n[{count} attached file{'s' if count != 1 else ''}, not kept]" if count else ""
    return {"id": id_, "author": str(mail.get("from", "")), "date": mail.get("date") or moment, "text": text + files}


def _read(message: EmailMessage, fallback: str) -> tuple[str, Document, str]:
    found = _MESSAGE_ID.search(_header(message, "message-id"))
    message_id = found[1][:_LONGEST_ID] if found else fallback
    name, address = parseaddr(_header(message, "from"))
    answered = _MESSAGE_ID.findall(_header(message, "in-reply-to"))
    earlier = _MESSAGE_ID.findall(_header(message, "references"))
    known: list[Json] = [*dict.fromkeys([*answered, *reversed(earlier)])][:_MOST_REFERENCES]
    mail: Document = {
        "messageId": message_id,
        "references": known,
        "from": _clean(address)[:_LONGEST_ADDRESS].lower(),
        "fromName": _clean(name)[:_LONGEST_SUBJECT],
        "subject": _REPLY.sub("", _clean(_header(message, "subject")))[:_LONGEST_SUBJECT].strip(),
        "text": _text(message),
        "attachments": sum(1 for part in _parts(message) if _is_file(part)),
    }
    date = _date(message)
    if date:
        mail["date"] = date
    return message_id, mail, _refusal(message, str(mail["from"]))


def _refusal(message: EmailMessage, sender: str) -> str:
    if not _ADDRESS.fullmatch(sender):
        return "It names no sender."
    if sender.partition("@")[0] in _DAEMONS or message.get_content_type() == "multipart/report":
        return "It reports of another mail: a mail server wrote it."
    if sum(name.lower() == "received" for name in message.keys()) > _MOST_HOPS:  # noqa: SIM118 - names repeat
        return "It goes in circles: too many servers have handed it on."
    automatic = next((why for why, is_so in _signs(message) if is_so), "")
    return f"A program wrote it ({automatic})." if automatic else ""


def _signs(message: EmailMessage) -> Iterator[tuple[str, bool]]:
    """What shows that no person wrote a mail (RFC 3834, section 5; RFC 5321, section 4.5.5; what is usual)."""

    def told(name: str) -> str:
        return _header(message, name).strip().lower()

    yield "Auto-Submitted", told("auto-submitted").partition(";")[0].strip() not in {"", "no"}
    yield "Precedence", told("precedence") in _BULK
    yield "List-Id", bool(told("list-id"))
    yield "X-Autoreply", bool(told("x-autoreply") or told("x-autorespond"))
    yield "Return-Path", told("return-path") == "<>"


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, ""))
    except (ValueError, LookupError, IndexError, AttributeError, TypeError, AssertionError):
        raw = next((value for key, value in message.raw_items() if key.lower() == name), "")
        return str(raw)


def _date(message: EmailMessage) -> str:
    try:
        moment = email.utils.parsedate_to_datetime(_header(message, "date"))
        if moment.year not in _YEARS:
            return ""
        return moment.isoformat() if moment.tzinfo else f"{moment.isoformat()}Z"
    except (ValueError, TypeError, IndexError, OverflowError):
        return ""


def _parts(message: EmailMessage) -> Iterator[EmailMessage]:
    for count, part in enumerate(message.walk()):
        if count >= _MOST_PARTS:
            return
        if not part.is_multipart() and isinstance(part, EmailMessage):
            yield part


def _is_file(part: EmailMessage) -> bool:
    return part.get_content_disposition() == "attachment" or part.get_content_maintype() != "text"


def _text(message: EmailMessage) -> str:
    """The words of a mail: the first plain part, else the first one in HTML without its marks."""
    texts = [part for part in _parts(message) if not _is_file(part)]
    for kind, read in (("text/plain", str), ("text/html", _unmarked)):
        for part in texts:
            if part.get_content_type() == kind:
                words = _clean(read(_content(part))).strip()
                if words:
                    return words[:_LONGEST_TEXT]
    return ""


def _content(part: EmailMessage) -> str:
    body = part.get_payload(decode=True)
    raw = body if isinstance(body, bytes) else b""
    try:
        return raw.decode(part.get_content_charset() or "utf-8", "replace")
    except (LookupError, ValueError):  # a character set that nobody knows, or that is none for texts
        return raw.decode("utf-8", "replace")


def _clean(text: str) -> str:
    return _UNSPEAKABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


class _Words(HTMLParser):
    """Collects what can be read in HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._hidden += tag in {"script", "style"}
        if tag in {"p", "br", "div", "tr", "li"}:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = max(0, self._hidden - (tag in {"script", "style"}))

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)


def _unmarked(text: str) -> str:
    reader = _Words()
    reader.feed(text)
    lines = re.sub(r"\n\s*", "\n", "".join(reader.words)).split("\n")
    return "\n".join(line.rstrip(" \t") for line in lines)
