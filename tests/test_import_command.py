"""`spanco import` as a person types it: what it prints and with which code it ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from spanco.cli.imports import app

MAPPING = 'source = "s"\nresource = "salesLead"\nkey = "no"\n[attributes]\nname = "name"\n'


def typed(*words: str) -> Result:
    """The end of a command that cannot be carried out, so needs no database."""
    return CliRunner().invoke(app, list(words), env={"COLUMNS": "200"})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A small table."""
    file = tmp_path / "leads.csv"
    file.write_text("no,name\n1,Ann\n2,\n")
    return file


def test_without_a_mapping_one_is_proposed(path: Path, tmp_path: Path) -> None:
    """A skeleton for a table that nobody knows, the example for one that we know; the code is 2."""
    result = typed("leads", str(path))
    assert result.exit_code == 2
    assert 'source = "leads.csv"' in result.output, "the name that the API gives it, so that a row is one row"
    assert 'key = "no"' in result.output
    assert 'name = "name"' in result.output
    known = tmp_path / "crm.csv"
    known.write_text("opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n")
    result = typed("opportunities", str(known))
    assert result.exit_code == 2
    assert "crm-pipeline.toml" in result.output


@pytest.mark.parametrize(
    ("mapping", "options", "sentence"),
    [
        (MAPPING.replace("salesLead", "salesOpportunity"), (), "is for salesOpportunity, not for salesLead"),
        (MAPPING.replace('"name"', '"surname"'), (), "columns that the file does not have: 'surname'"),
        ("=", (), "The mapping is not TOML"),
        (MAPPING, ("--delimiter", "xy"), "'xy' cannot stand between cells"),
        (MAPPING, ("--encoding", "klingon"), "'klingon' is no encoding"),
    ],
)
def test_what_cannot_be_used_is_said(path: Path, mapping: str, options: tuple[str, ...], sentence: str) -> None:
    """A sentence, no stack, and 2 as the code."""
    file = path.with_suffix(".toml")
    file.write_text(mapping)
    result = typed("leads", str(path), "--mapping", str(file), *options)
    assert result.exit_code == 2
    assert sentence in result.output


def test_a_mapping_that_is_not_there_is_said(path: Path) -> None:
    """So is a table that is not there."""
    assert "cannot be read" in typed("leads", str(path), "--mapping", "nowhere.toml").output
    assert "cannot be read" in typed("leads", "nowhere.csv").output


def test_an_import_ends_with_counts(path: Path, tmp_path: Path) -> None:
    """Refused rows are no failure of the import: the code is 0, and their file is named. A second run adds nothing."""
    file = path.with_suffix(".toml")
    file.write_text(MAPPING)
    words = ["import", "leads", str(path), "--mapping", str(file), "--delimiter", ",", "--source", "other"]
    environment = {**os.environ, "SPANCO_DATA_DIR": str(tmp_path / "data"), "COLUMNS": "120"}
    ends = [
        subprocess.run(  # noqa: S603  our own command
            [sys.executable, "-m", "spanco", *words], env=environment, capture_output=True, text=True, check=False
        )
        for _ in range(2)
    ]
    assert [end.returncode for end in ends] == [0, 0], ends[0].stderr
    rows = [[cell.strip() for cell in end.stdout.split("all", 1)[1].split("\n")[0].split("│")] for end in ends]
    assert rows[0][1:6] == ["1", "0", "0", "1", "2"]
    assert rows[1][1:6] == ["0", "1", "0", "1", "2"]
    assert "leads.csv.refused.csv" in ends[0].stdout
