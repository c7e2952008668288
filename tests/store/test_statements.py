"""Statements are found by their names, so no two files may use one."""

import re
from collections import Counter
from importlib.resources import files


def test_a_name_stands_for_one_statement() -> None:
    """Else which of them is meant would depend on the order in which the files are read."""
    found = [
        entry.read_text(encoding="utf-8") for entry in files("spanco.store").iterdir() if entry.name.endswith(".sql")
    ]
    names = Counter(name for text in found for name in re.findall(r"^-- name: (\w+)$", text, re.MULTILINE))
    assert len(names) > 100
    assert [name for name, count in names.items() if count > 1] == []
