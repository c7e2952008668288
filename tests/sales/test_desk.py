"""Copies of files on the disk of a worker go with it, however it ends."""

import tempfile
from pathlib import Path

import pytest

from spanco.sales.actions import desk


def test_a_folder_goes_in_the_end_and_that_of_a_killed_process_with_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not that of one who is at work, and not what is somebody else's."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    killed, other = tmp_path / "spanco-job-x", tmp_path / "else"
    for folder in (killed, other):
        folder.mkdir()
        (folder / "content").write_text("somebody")
        (folder / ".held").touch()
    with desk.scratch() as first:
        assert not killed.exists()
        with desk.scratch() as second:
            assert Path(first).is_dir()
            assert Path(second) != Path(first)
        assert not Path(second).exists()
    assert [each.name for each in tmp_path.iterdir()] == ["else"]
