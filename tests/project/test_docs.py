"""What is public is documented: modules, tests, settings, commands, errors, and the map in the README."""

import ast
import re
from collections.abc import Iterator

import pytest
import typer

from spanco.cli.commands import app
from spanco.settings import Settings
from tests.project.exceptions import problems
from tests.project.source import PACKAGE, ROOT, Check, Module, findings, modules, read, snippet

SETTINGS_AT_MOST = 60


def page(name: str) -> str:
    """The text of a page of the documentation."""
    return (ROOT / name).read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """The part of a page below the heading that contains these words."""
    found = re.search(rf"^#+ [^\n]*{heading}[^\n]*\n(.*?)(?=^#+ |\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def silent_modules(module: Module) -> Iterator[str]:
    """Modules that do not open with one sentence."""
    if not re.fullmatch(r"[A-Z`].*\.", module.docstring):
        yield f"{module.path} does not open with a sentence"


def silent_tests(module: Module) -> Iterator[str]:
    """Tests that do not say in one line what they hold."""
    for node in module.functions:
        if node.name.startswith("test_"):
            words = (ast.get_docstring(node) or "").split("\n\n")[0]
            if not words or "\n" in words:
                yield f"{module.path}::{node.name} has no docstring of one line"


def strata() -> list[tuple[str, str]]:
    """Every top-level module and package, with the sentence that it opens with."""
    files = [path for path in PACKAGE.glob("*.py") if not path.name.startswith("_")]
    packages = sorted(PACKAGE.glob("*/__init__.py"))
    return [(path.stem, read(path).sentence) for path in sorted(files)] + [
        (path.parent.name, read(path).sentence) for path in packages
    ]


def commands() -> list[str]:
    """Every command of `spanco`, with its parents: `import leads`."""
    return list(leaves(typer.main.get_command(app), ""))


def leaves(command: object, name: str) -> Iterator[str]:
    """The names of the commands below a command that have none below themselves."""
    children = getattr(command, "commands", {})
    for each, child in children.items():
        yield from leaves(child, f"{name} {each}".strip())
    if not children:
        yield name


@pytest.mark.parametrize("check", [silent_modules, silent_tests])
def test_every_module_and_every_test_says_what_it_is_for(check: Check) -> None:
    """Principle 2.10; the map of the code is made of these sentences."""
    assert findings(check, "src", "tests", "bench") == []


@pytest.mark.parametrize(("name", "sentence"), strata(), ids=[name for name, _ in strata()])
def test_the_map_in_the_readme_is_the_code(name: str, sentence: str) -> None:
    """One line per top-level module: its name and exactly the sentence that it opens with."""
    lines = [line for line in page("README.md").splitlines() if re.search(rf"\b{name}\b", line)]
    assert sentence
    assert any(sentence in line for line in lines), f"the map in README.md lacks `{name}`: {sentence}"


def test_every_place_where_something_is_decided_exists() -> None:
    """The table "Where is … decided?" leads to files that are there."""
    table = section(page("README.md"), "Where is .* decided")
    paths = re.findall(r"`([\w.-]+(?:/[\w.-]*)+|[\w-]+\.\w+)`", table)
    assert len(paths) >= 10
    assert [path for path in paths if not ((ROOT / path).exists() or (PACKAGE / path).exists())] == []


def test_every_setting_is_documented() -> None:
    """And nothing is documented that is no setting."""
    named = set(re.findall(r"`(SPANCO_[A-Z0-9_]+)`", page("docs/settings.md")))
    assert named == {f"SPANCO_{name.upper()}" for name in Settings.model_fields}
    assert len(named) <= SETTINGS_AT_MOST


def test_every_command_is_documented() -> None:
    """In the README or in docs/commands.md, the way a person types it."""
    text = "".join(page(name) for name in ("README.md", "docs/commands.md") if (ROOT / name).exists())
    assert [name for name in commands() if not re.search(rf"spanco {name}\b", text)] == []


def test_there_are_commands_to_document() -> None:
    """A check over nothing would pass for ever."""
    assert {"serve", "doctor", "demo", "import leads", "import opportunities"} <= set(commands())


def test_every_problem_is_documented() -> None:
    """What a caller may be told stands in docs/errors.md."""
    text = page("docs/errors.md")
    assert [problem.__name__ for problem in problems() if f"`{problem.__name__}`" not in text] == []


def test_the_changelog_has_an_entry_for_what_comes_next() -> None:
    """Whoever changes what users see says so there."""
    assert section(page("CHANGELOG.md"), "Unreleased") or "## [Unreleased]" in page("CHANGELOG.md")


def test_every_promise_of_delivery_names_the_test_that_proves_it() -> None:
    """Each sentence of the list ends with a test, and the test exists."""
    promises = re.findall(r"^\* (.*)$", section(page("docs/delivery.md"), "What is promised"), re.MULTILINE)
    assert len(promises) > 15
    for promise in promises:
        named = re.search(r"\(`(tests/[\w/]+\.py)::(test_\w+)`\)$", promise)
        assert named, promise
        assert f"def {named[2]}(" in (ROOT / named[1]).read_text(encoding="utf-8"), promise


def test_every_decision_names_what_enforces_it() -> None:
    """A record ends with a line "Enforced by", and the tests named there exist."""
    records = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert len(records) > 10
    for record in records:
        enforced = re.search(
            r"^\*\*Enforced by:\*\* (.+?)(?=\n\n|\Z)", record.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
        )
        assert enforced, record.name
        assert [path for path in re.findall(r"`(tests/[\w./]+)`", enforced[1]) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("text", ["", "import json\n", '"""no sentence"""\n', '"""A title without an end"""\n'])
def test_a_module_without_a_sentence_is_caught(text: str) -> None:
    """Missing, lower case, or not ended."""
    assert list(silent_modules(snippet(text)))


@pytest.mark.parametrize("body", ["assert True", "'''Two\n    lines.'''", "''''''"])
def test_a_test_without_a_line_is_caught(body: str) -> None:
    """Missing, wrapped, or empty."""
    assert list(silent_tests(snippet(f"def test_x():\n    {body}\n")))


def test_there_are_modules_to_document() -> None:
    """A check over nothing would pass for ever."""
    assert {"kernel", "operations", "store", "rest"} <= {name for name, _ in strata()}
    assert len(modules("bench", "tests")) > 5
    assert section("# A\n\n## Where is it decided?\n\nhere\n\n## B\n", "Where is .* decided").strip() == "here"
