"""Events as CloudEvents 1.0 in JSON (structured mode), and the subjects under which a broker takes them."""

import re
from collections.abc import Mapping
from dataclasses import replace

from spanco.kernel.envelope import Happening, Teller
from spanco.kernel.moments import spell
from spanco.kernel.wire import encode

_SPECIAL = re.compile(r"[^A-Za-z0-9_-]|_(?=[0-9A-F]{2})")
_EMPTY = "_00"  # the one character that no stored text has


class Producer:
    """Writes what a teller tells as CloudEvents."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller

    def body(self, tenant: str, happening: Happening, room: int) -> bytes:
        """The CloudEvent, at most `room` bytes long if it can be: what does not fit is told thin, never cut.

        Thin is the event with no more of its resource than `id` and `href`, from where the rest can be read.
        """
        head = self._head(tenant, happening)
        whole = _joined(head, self._teller.told(happening))
        if len(whole) <= room:
            return whole
        outline = replace(happening, document=b"{}", changed=())
        return _joined(head | {"thin": True}, self._teller.told(outline))

    def _head(self, tenant: str, happening: Happening) -> dict[str, str | bool]:
        source, subject = self._teller.place(happening)
        head: dict[str, str | bool] = {
            "specversion": "1.0",
            "id": happening.event_id,
            "source": source,
            "type": happening.type,
            "subject": subject,
            "time": spell(happening.occurred_at),
            "datacontenttype": "application/json",
            "tenant": tenant,
        }
        if happening.correlation:
            head["correlationid"] = happening.correlation
        return head


def subject(tenant: str, happening: Happening) -> str:
    """Where a broker takes an event: `spanco.<tenant>.<api>.<event type>`, e.g. for all of a tenant `spanco.acme.>`."""
    api = happening.kind.partition(".")[0]
    return ".".join(("spanco", token(tenant), token(api), token(happening.type)))


def token(name: str) -> str:
    """A name as one token of a subject: whatever is special, or could be taken for this spelling, as `_XX` per byte.

    So no name reaches beyond its place with `.`, `*` or `>`, and no two names are spelled alike.
    """
    return _SPECIAL.sub(_bytes_of, name) or _EMPTY


def _bytes_of(found: re.Match[str]) -> str:
    return "".join(f"_{byte:02X}" for byte in found[0].encode())


def _joined(head: Mapping[str, str | bool], told: bytes) -> bytes:
    return b'%b,"data":%b}' % (encode(head)[:-1], told)
