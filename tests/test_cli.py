"""What people type, and what they read when it goes wrong."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from spanco.cli.commands import app, main
from spanco.cli.serve import hand_down
from spanco.settings import Settings, is_loopback

run = CliRunner().invoke


pytestmark = pytest.mark.usefixtures("logging_as_it_was")


def test_help_reads_like_a_page() -> None:
    """Every command with a sentence."""
    text = run(app, ["--help"]).output
    for command in ("serve", "demo", "migrate", "doctor", "import"):
        assert command in text
    assert "--api" in run(app, ["serve", "--help"]).output


HOSTS = {"127.0.0.1": True, "::1": True, "localhost": True, "0.0.0.0": False, "::": False, "a.b": False}  # noqa: S104


@pytest.mark.parametrize(("host", "loopback"), HOSTS.items())
def test_only_loopback_needs_no_lock(host: str, loopback: bool) -> None:
    """Names other than localhost are not trusted to be this machine."""
    assert is_loopback(host) is loopback


def ended(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The exit code of a command that ends."""
    monkeypatch.setattr("sys.argv", ["spanco", *words])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert isinstance(stopped.value.code, int)
    return stopped.value.code


def test_an_open_door_without_a_lock_is_refused(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """With a sentence that says what to do."""
    assert ended(monkeypatch, "serve", "--host", "0.0.0.0") == 1  # noqa: S104
    assert "--allow-open" in " ".join(capfd.readouterr().err.split())


def test_a_setting_that_cannot_be_understood_is_named(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """By its variable."""
    monkeypatch.setenv("SPANCO_PORT", "many")
    assert ended(monkeypatch, "serve") == 2
    assert "SPANCO_PORT" in capfd.readouterr().err


def test_a_bad_api_file_is_named(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path, database_url: str
) -> None:
    """Before anything is started."""
    monkeypatch.setenv("SPANCO_DATABASE_URL", database_url)
    monkeypatch.setenv("SPANCO_API", f'["{tmp_path}/none.json"]')
    assert ended(monkeypatch, "migrate") == 1
    assert "none.json" in capfd.readouterr().err.replace("\n", "")
    assert ended(monkeypatch, "doctor") == 1


def test_the_doctor_says_what_is_here(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], database_url: str
) -> None:
    """Python, the APIs, the database and its schema."""
    monkeypatch.setenv("SPANCO_DATABASE_URL", database_url)
    assert ended(monkeypatch, "migrate") == 0
    assert ended(monkeypatch, "doctor") == 0
    text = capfd.readouterr().err
    for word in ("python", "TMF699", "PostgreSQL", "migrations applied"):
        assert word in text


def test_settings_reach_the_server_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through their environment, every one of them."""
    monkeypatch.setattr("os.environ", {})
    settings = Settings(port=1234, api=(Path("a.json"),), public_url="https://sales.example")
    hand_down(settings, "postgresql://x/y")
    again = Settings()
    assert again.model_copy(update={"database_url": None}) == settings
    assert again.database_url == "postgresql://x/y"
