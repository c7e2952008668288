"""Answers with labels: in the language that a request asks for, and as they were at a moment."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from spanco import clock
from spanco.kernel.labels import Labelled, labelled, ranges, rewound
from spanco.kernel.moments import spell
from spanco.kernel.query.ast import AllOf, Condition
from spanco.kernel.validity import taken, valid_on
from spanco.kernel.wire import decode_document, encode
from spanco.rest.responses import Answer
from spanco.rest.site import Call


@dataclass(frozen=True, slots=True)
class Spoken:
    """How the labels of a resource are told in answer to one request: in these languages, as of this moment or now."""

    how: Labelled
    wanted: tuple[str, ...]
    moment: str | None

    @property
    def mark(self) -> str:
        """What sets this representation apart from others of the same version, for its entity tag."""
        return f" {','.join(self.wanted)} {self.moment}" if self.wanted or self.moment else " "

    def told(self, bodies: Sequence[bytes]) -> tuple[list[bytes], list[str]]:
        """Documents with their labels, and the languages of these."""
        found: list[bytes] = []
        languages: dict[str, None] = {}
        for body in bodies:
            document = decode_document(body)
            if self.moment is not None:
                document = rewound(document, self.how, self.moment)
            document, language = labelled(document, self.how, self.wanted)
            found.append(encode(document))
            if language is not None:
                languages[language] = None
        return found, list(languages)


def spoken(call: Call, as_of: datetime | None) -> tuple[Spoken | None, datetime | None]:
    """How labels are told, None where there are none; and the moment that is left to be asked of the log.

    What remembers its former labels tells them itself, however far back the log is kept.
    """
    how = call.resource.label
    if how is None:
        return None, as_of
    wanted = ranges(call.request.header(b"accept-language"))
    if how.former and as_of is not None:
        return Spoken(how, wanted, spell(as_of)), None
    return Spoken(how, wanted, None), as_of


def valid(call: Call, query: bytes) -> tuple[bytes, Condition | None]:
    """A query string without the day that it asks for, and the condition that a resource is valid on it."""
    if not call.resource.validity:
        return query, None
    rest, day = taken(query, spell(clock.now())[:10])
    return rest, None if day is None else valid_on(day, call.resource.validity)


def both(condition: Condition, other: Condition | None) -> Condition:
    """Both conditions."""
    return condition if other is None else AllOf((condition, other))


def in_languages(answer: Answer, languages: Sequence[str]) -> Answer:
    """The answer, saying in which languages its labels are, and that it depends on the question (RFC 9110, 12.5.5)."""
    said = [(b"content-language", ", ".join(languages).encode())] if languages else []
    return replace(answer, headers=(*answer.headers, *said, (b"vary", b"accept-language")))
