"""E-mail addresses in one spelling, and what tells a person's mailbox from one that a company shares."""

import re
from dataclasses import dataclass
from functools import lru_cache

import idna

from spanco.sales.rules.cleaning.text import fold, listed

_LONGEST = 254  # RFC 5321; what is longer cannot be delivered
_MEMORY = 10_000
_IN_BRACKETS = re.compile(r"<([^<>]*)>")
_LOCAL = re.compile(r"[^\s@<>()\[\],;:\"\\]{1,64}")
_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
_DOTLESS = frozenset({"gmail.com", "googlemail.com"})
SHARED_MAILBOXES = listed(
    """
    admin administration accounts accounting ahoj bestellung billing buchhaltung buero contact contacto contatti
    hello help helpdesk hi info information inquiries invoice invoices jobs kancelar kontakt kundenservice mail
    marketing noreply no-reply objednavky obchod office orders post postmaster reception recepce rechnung sales
    secretary sekretariat service shop support team ufficio uctarna verkauf vertrieb webmaster welcome zentrale
    """
)


@dataclass(frozen=True, slots=True)
class Email:
    """An address as it is kept; `mailbox` as it is compared: without tags, and without dots where they mean nothing."""

    address: str
    mailbox: str
    domain: str

    @property
    def local(self) -> str:
        """What stands before the @, for comparing."""
        return self.mailbox.rpartition("@")[0]

    @property
    def is_shared(self) -> bool:
        """Whether several people of a company read it, as its name says."""
        return self.local in SHARED_MAILBOXES


@lru_cache(maxsize=_MEMORY)
def email(text: str) -> Email | None:
    """The address in a text such as `Jana <Jana.Okafor@Example.COM>`; None when there is not exactly one.

    What can be delivered only the mail server of the domain knows: this looks at the form alone (RFC 5321, 4.1.2).
    """
    text = text[: 2 * _LONGEST].strip()
    bracketed = _IN_BRACKETS.search(text)
    text = (bracketed[1] if bracketed else text).strip().lower().removeprefix("mailto:").strip(" .;,\t")
    local, at, host = text.rpartition("@")
    domain = ascii_host(host)
    if not at or domain is None or not _LOCAL.fullmatch(local) or len(local) + len(domain) >= _LONGEST:
        return None
    if local.endswith(".") or ".." in local:
        return None
    return Email(f"{local}@{domain}", _mailbox(local, domain), domain)


def ascii_host(host: str) -> str | None:
    """A host name as the domain name system has it, or None when it is none: `MÜLLER.de.` is `xn--mller-kva.de`."""
    host = host[:_LONGEST].strip().lower().rstrip(".")
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True, transitional=False).decode("ascii")
        except (UnicodeError, ValueError, IndexError):
            return None
    return host if _HOST.fullmatch(host) and len(host) < _LONGEST else None


def local_words(local: str) -> tuple[str, ...]:
    """The words of a mailbox name, digits left out: `jan.novak84` is `jan novak`."""
    return tuple(re.sub(r"\d+", " ", fold(local)).split())


def _mailbox(local: str, domain: str) -> str:
    plain = local.partition("+")[0] or local
    if domain in _DOTLESS:
        return f"{plain.replace('.', '') or plain}@gmail.com"
    return f"{plain}@{domain}"
