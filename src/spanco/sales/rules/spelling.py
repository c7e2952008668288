"""A mapping as people read and mend it: data spelled as TOML."""

import re
from collections.abc import Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def as_toml(told: Mapping[str, Any]) -> str:
    """The mapping, its tables last, as TOML wants it."""
    plain = [f"{_name(name)} = {_value(each)}" for name, each in told.items() if name not in {"attributes", "state"}]
    lines = [*plain, "", "[attributes]"]
    lines += [f"{_name(name)} = {_value(each)}" for name, each in told["attributes"].items()]
    if "state" in told:
        lines += ["", "[state]", *(f"{_name(name)} = {_value(each)}" for name, each in told["state"].items())]
    return "\n".join(lines) + "\n"


def _name(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case list() | tuple():
            return f"[{', '.join(map(_value, value))}]" if len(value) != 1 else _value(value[0])
        case Mapping():
            return f"{{ {', '.join(f'{_name(name)} = {_value(each)}' for name, each in value.items())} }}"
        case _:
            return _text(str(value))


def _text(text: str) -> str:
    marks = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return '"' + "".join(marks.get(mark, mark) for mark in text) + '"'
