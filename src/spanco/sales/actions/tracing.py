"""Find what is about a person: documents, what was deleted or merged with them, opportunities that grew from them."""

from collections.abc import Iterable

from spanco.kernel.wire import Document, Json, decode_document
from spanco.sales.rules import erasure
from spanco.sales.rules.erasure import KINDS, LEAD, OPPORTUNITY
from spanco.sales.rules.persons import Person
from spanco.sales.rules.places import Place
from spanco.sales.rules.treatment import About, Key, near_to
from spanco.store import accounts, privacy, traces
from spanco.store.privacy import Task
from spanco.store.traces import Hunt, Table
from spanco.work import Work

_DOCUMENTS = Table("resource", ("document",), ("kind", "id"))
_HISTORY = Table("event", ("before", "after"), ("kind", "resource_id"))


async def found_by(work: Work, task: Task) -> Document:
    """What is about the person of an order, and the names and texts that stand there: to be kept with the order."""
    own = await _own(work, task)
    return _noted(own, await _words(work, own))


async def found_besides(work: Work, task: Task) -> Document | None:
    """The same with what came since the order was begun; None when nothing did."""
    former = set(_keys(task.found.get("own")))
    fresh = await _own(work, task) - former
    if not fresh:
        return None
    names, texts = await _words(work, fresh)
    names |= set(_strings(task.found.get("names")))
    texts |= set(_strings(task.found.get("texts")))
    return _noted(former | fresh, (names, texts))


def _noted(own: set[Key], words: tuple[set[str], set[str]]) -> Document:
    names, texts = words
    return {"own": [list(each) for each in sorted(own)], "names": [*sorted(names)], "texts": [*sorted(texts)]}


async def _own(work: Work, task: Task) -> set[Key]:
    """All that is about the person of an order."""
    person = person_of(task)
    own = {(LEAD, id_) for id_ in _strings(task.person.get("leads"))}
    if person.pattern:
        own |= await _about(work, person)
    own |= await _of_parties(work, frozenset(_strings(task.person.get("parties"))))
    own = await _with_merged(work, own)
    return own | await _grown(work, frozenset(id_ for kind, id_ in own if kind == LEAD))


def person_of(task: Task) -> Person:
    """The person of an order."""
    return Person(tuple(_strings(task.person.get("emails"))), tuple(_strings(task.person.get("phones"))))


async def about(work: Work, task: Task) -> About:
    """What to look for, once it is known what is about the person."""
    key = await privacy.key_of(work.connection, work.actor.tenant)
    return About(
        person_of(task),
        frozenset(_keys(task.found.get("own"))),
        frozenset(_strings(task.found.get("names"))),
        frozenset(_strings(task.found.get("texts"))),
        work.now,
        lambda text: privacy.mark(key, text),
    )


def hunt(work: Work, who: About, *, near: bool = True) -> Hunt:
    """The same as the store looks for it."""
    patterns = near_to(who) if near else ()
    return Hunt(work.actor.tenant, who.person.likes, who.person.expressions, sorted(who.own), patterns)


def table(place: Place, *more: str) -> Table:
    """A place as the store searches it."""
    beside = [name for name in (place.beside, place.together) if name and name not in place.columns]
    return Table(place.table, tuple(place.columns), place.own, (*beside, *more))


async def _about(work: Work, person: Person) -> set[Key]:
    """Documents about the person, and deleted ones that were."""
    pattern, wanted = person.pattern, Hunt(work.actor.tenant, person.likes, person.expressions, ())
    assert pattern is not None
    own: set[Key] = set()
    for row in await traces.search(work.connection, _DOCUMENTS, wanted, hold=False):
        if row.key and row.key[0] in KINDS and erasure.is_about(row.key[0], _document(row.values["document"]), pattern):
            own.add(row.key)
    past: set[Key] = set()
    for row in await traces.search(work.connection, _HISTORY, wanted, hold=False):
        documents = [_document(each) for each in row.values.values() if each is not None]
        if row.key and row.key[0] in KINDS and any(erasure.is_about(row.key[0], each, pattern) for each in documents):
            past.add(row.key)
    return own | set(await accounts.missing(work.connection, work.actor.tenant, past - own))


async def _of_parties(work: Work, parties: frozenset[str]) -> set[Key]:
    """Documents about these parties of another system."""
    said: list[Document] = [{"relatedParty": [{"id": each}]} for each in parties]
    said += [{"party": {"id": each}} for each in parties]
    return {
        (kind, id_)
        for kind in KINDS
        for id_, document in await privacy.referring(work.connection, work.actor.tenant, kind, said)
        if erasure.names_party(kind, document, parties)
    }


async def _with_merged(work: Work, own: set[Key]) -> set[Key]:
    """What was merged with one of these is about the same person."""
    whole = set(own)
    for kind in {kind for kind, _ in own}:
        ids = [id_ for of, id_ in own if of == kind]
        whole |= {(kind, id_) for id_ in await privacy.merged(work.connection, work.actor.tenant, kind, ids)}
    return whole


async def _grown(work: Work, leads: frozenset[str]) -> set[Key]:
    """Opportunities that grew from these leads alone."""
    parts: list[Document] = [{"salesLead": [{"id": each}]} for each in leads]
    found = await privacy.referring(work.connection, work.actor.tenant, OPPORTUNITY, parts)
    return {(OPPORTUNITY, id_) for id_, document in found if erasure.grew_from(document, leads)}


async def _words(work: Work, own: set[Key]) -> tuple[set[str], set[str]]:
    """The names and texts that stand in what is about the person, now and in its history."""
    names: set[str] = set()
    texts: set[str] = set()
    wanted = Hunt(work.actor.tenant, (), (), sorted(own))
    for where in (_DOCUMENTS, _HISTORY):
        for row in await traces.search(work.connection, where, wanted, hold=False):
            assert row.key is not None
            for value in (each for each in row.values.values() if each is not None):
                document = _document(value)
                found = erasure.private(row.key[0], document, erasure.anonymised(row.key[0], document, work.now))
                names, texts = names | found[0], texts | found[1]
    return names, texts


def _document(value: object) -> Document:
    assert isinstance(value, bytes)
    return decode_document(value)


def _strings(value: Json) -> Iterable[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _keys(value: Json) -> Iterable[Key]:
    for each in value if isinstance(value, list) else []:
        match each:
            case [str(kind), str(id_)]:
                yield kind, id_
