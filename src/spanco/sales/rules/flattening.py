"""A document as one row of a table: the paths of its values are the columns."""

from collections.abc import Iterator, Mapping

from spanco.kernel.wire import Json

MOST_ELEMENTS = 20
"""Of a list so many elements get columns of their own; what a longer one holds beyond stays as JSON in one column."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


def flattened(document: Mapping[str, Json]) -> dict[str, Json]:
    """The values of a document by their paths, as a query or a mapping spells them: `relatedParty[0].name`."""
    return dict(_leaves(dict(document), ""))


def _leaves(value: Json, path: str) -> Iterator[tuple[str, Json]]:
    match value:
        case dict():
            for name, each in value.items():
                yield from _leaves(each, f"{path}.{name}" if path else name)
        case list() if any(isinstance(each, dict | list) for each in value):
            for place, each in enumerate(value[:MOST_ELEMENTS]):
                yield from _leaves(each, f"{path}[{place}]")
            if len(value) > MOST_ELEMENTS:
                yield f"{path}[{MOST_ELEMENTS}…]", value[MOST_ELEMENTS:]
        case None:
            return
        case _:
            yield path, value


def harmless(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
