"""Which of many conditions a document fulfils: those that want one text at one place are looked up by it, not asked."""

from collections.abc import Iterator, Mapping, Sequence

from spanco.kernel.query.address import resolve
from spanco.kernel.query.ast import AllOf, AnyOf, Compare, Condition, Op, Path
from spanco.kernel.query.match import fulfils, texts_at


class Sieve:
    """Conditions, made ready once for many documents. Raises `BadParameter` as `matches` does."""

    def __init__(self, conditions: Sequence[Condition]) -> None:
        self._conditions = [resolve(condition) for condition in conditions]
        self._to_ask: list[int] = []
        self._by_text: dict[Path, dict[str, list[int]]] = {}
        for number, condition in enumerate(self._conditions):
            wanted = _wanted(condition)
            if wanted is None:
                self._to_ask.append(number)
            else:
                path, texts = wanted
                for text in texts:
                    self._by_text.setdefault(path, {}).setdefault(text, []).append(number)

    def fulfilled(self, document: Mapping[str, object]) -> set[int]:
        """The places, in what was given, of the conditions that the document fulfils."""
        return {number for number in self._candidates(document) if fulfils(self._conditions[number], document)}

    def _candidates(self, document: Mapping[str, object]) -> Iterator[int]:
        yield from self._to_ask
        for path, numbers in self._by_text.items():
            for text in texts_at(path, document):
                yield from numbers.get(text, ())


def equality(condition: Condition) -> tuple[Path, frozenset[str]] | None:
    """The place and the texts of a condition that wants one of them there; None for any other condition."""
    match condition:
        case Compare(path, Op.EQ, str(value)):
            return path, frozenset({value})
        case AnyOf(parts) if parts:
            found = [equality(part) for part in parts]
            paths = {each[0] if each else None for each in found}
            if len(paths) == 1 and None not in paths:
                first = found[0]
                assert first is not None
                return first[0], frozenset[str]().union(*(each[1] for each in found if each))
    return None


def _wanted(condition: Condition) -> tuple[Path, frozenset[str]] | None:
    """The first equality without which the condition is not fulfilled."""
    parts = condition.parts if isinstance(condition, AllOf) else (condition,)
    return next((found for found in map(equality, parts) if found), None)
