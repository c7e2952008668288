"""JSON Pointer, RFC 6901: finding and changing one place of a value, by copying the way to it."""

import re
from collections.abc import Callable
from typing import TypeAlias

from spanco.kernel.wire import MAX_DEPTH, Json

Pointer: TypeAlias = tuple[str, ...]
_Act: TypeAlias = Callable[[Json, str], Json]

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
_BAD_ESCAPE = re.compile("~(?![01])")
_SHOWN = 100


class Unreachable(Exception):
    """An operation cannot be done on this document; the text says why, as a clause."""


def parse(text: str) -> Pointer:
    """The unescaped steps; raises ValueError with the reason."""
    if text and not text.startswith("/"):
        raise ValueError("a JSON Pointer is empty or begins with '/'")
    if text.count("/") > MAX_DEPTH:
        raise ValueError(f"it has more than {MAX_DEPTH} steps")
    return tuple(map(unescape, text.split("/")[1:]))


def unescape(step: str) -> str:
    """RFC 6901 section 4; raises ValueError when `~` is followed by something else than 0 or 1."""
    if "~" not in step:
        return step
    if _BAD_ESCAPE.search(step):
        raise ValueError("'~' is written '~0', and '/' within a name '~1'")
    return step.replace("~1", "/").replace("~0", "~")


def spell(pointer: Pointer) -> str:
    """The pointer as text, cut to what fits in a message."""
    return shown("".join("/" + each.replace("~", "~0").replace("/", "~1") for each in pointer))


def shown(text: str) -> str:
    """A text of the client, cut to what fits in a message."""
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def position(step: str) -> int | None:
    """The index that a step names (RFC 6901: digits without leading zeros), or None."""
    return int(step) if _INDEX.fullmatch(step) else None


def find(value: Json, pointer: Pointer) -> Json:
    """What stands there; raises `Unreachable`."""
    for depth, step in enumerate(pointer):
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list):
            value = value[_existing(value, step)]
        else:
            raise Unreachable(f"nothing stands at '{spell(pointer[: depth + 1])}'")
    return value


def add(value: Json, pointer: Pointer, new: Json) -> Json:
    """RFC 6902 section 4.1: set a member, or insert an element before the one there (`-`: at the end)."""

    def act(container: Json, step: str) -> Json:
        if isinstance(container, list):
            index = len(container) if step == "-" else position(step)
            if index is None or index > len(container):
                raise Unreachable(f"'{shown(step)}' is no place to insert at in an array of {len(container)}")
            return [*container[:index], new, *container[index:]]
        return {**_members(container), step: new}

    return _changed(value, pointer, act) if pointer else new


def replace(value: Json, pointer: Pointer, new: Json) -> Json:
    """RFC 6902 section 4.3: the place must exist."""

    def act(container: Json, step: str) -> Json:
        if isinstance(container, list):
            index = _existing(container, step)
            return [*container[:index], new, *container[index + 1 :]]
        return {**_members(container, step), step: new}

    return _changed(value, pointer, act) if pointer else new


def remove(value: Json, pointer: Pointer) -> Json:
    """RFC 6902 section 4.2: the place must exist."""

    def act(container: Json, step: str) -> Json:
        if isinstance(container, list):
            index = _existing(container, step)
            return container[:index] + container[index + 1 :]
        members = _members(container, step)
        return {name: each for name, each in members.items() if name != step}

    if not pointer:
        raise Unreachable("the resource itself cannot be removed by a patch")
    return _changed(value, pointer, act)


def _changed(value: Json, pointer: Pointer, act: _Act) -> Json:
    """The value with `act` done to the container of the pointer's last step; only the way there is copied."""
    step, rest = pointer[0], pointer[1:]
    if not rest:
        return act(value, step)
    if isinstance(value, list):
        index = _existing(value, step)
        return [*value[:index], _changed(value[index], rest, act), *value[index + 1 :]]
    members = _members(value, step)
    return {**members, step: _changed(members[step], rest, act)}


def _existing(elements: list[Json], step: str) -> int:
    index = position(step)
    if index is None or index >= len(elements):
        raise Unreachable(f"'{shown(step)}' is no element of an array of {len(elements)}")
    return index


def _members(value: Json, step: str | None = None) -> dict[str, Json]:
    """The value as an object, which has this member if one is named."""
    if not isinstance(value, dict):
        raise Unreachable("the path leads into a value that is neither an object nor an array")
    if step is not None and step not in value:
        raise Unreachable(f"there is no attribute '{shown(step)}'")
    return value
