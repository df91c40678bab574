"""`dossier backup`, `restore`, `recover` away from a developer's machine: secrets as files, no service's program at hand."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from pymongo.errors import OperationFailure
from typer.testing import CliRunner, Result

from dossier_local import backup, dump

URL = "mongodb://admin:secret@mongo:27017/?replicaSet=dossier&authSource=admin"
WHOLE = {
    "service": "review", "events": 3, "dossiers": 2, "seconds": 0.1, "whole": True,
    "stuck": {}, "forked": {}, "files": {}, "counts": {"stuck": 0, "forked": 0, "files": 0},
}  # fmt: skip
Command = Callable[..., Result]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs one in a container's environment: addresses are files in SECRETS_DIR, nothing runs on the folder."""
    for name in ("MONGODB_URL", "KAFKA_BOOTSTRAP_SERVERS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "mongodb_url").write_text(URL + "\n")
    (tmp_path / "secrets" / "kafka_bootstrap_servers").write_text("kafka:9092\n")
    (tmp_path / "backup").mkdir()
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path / "secrets"))
    monkeypatch.setenv("DOSSIER_FOLDER", str(tmp_path / "data"))

    def run(name: str, *arguments: object) -> Result:
        app = typer.Typer()
        app.command()(getattr(backup, name))
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return run


@pytest.fixture
def put_back(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The databases' addresses documents were put back to, twelve each time."""
    urls: list[str] = []

    def put_back(url: str, *_: Any, **__: Any) -> int:
        urls.append(url)
        return 12

    monkeypatch.setattr(dump, "put_back", put_back)
    return urls


@pytest.fixture
def tools_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "find_spec", lambda name: None)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("there is no such program"))


def test_the_database_is_named_by_a_secret(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    urls = []

    def dumped(url: str, *_: object) -> dict[str, Any]:
        urls.append(url)
        return {"services": {}}

    monkeypatch.setattr(dump, "dump", dumped)
    assert command("backup", tmp_path / "new").exit_code == 0
    monkeypatch.setenv("MONGODB_URL", "mongodb://other")
    assert command("backup", tmp_path / "new").exit_code == 0
    assert urls == [URL, "mongodb://other"]


@pytest.mark.usefixtures("tools_image")
def test_without_the_service_s_program_the_next_command_is_told(
    command: Command, put_back: list[str], tmp_path: Path
) -> None:
    done = command("restore", tmp_path / "backup", "review")
    assert (done.exit_code, put_back) == (0, [URL])
    first, *told = done.stdout.splitlines()
    assert first == "review: 12 documents are back. Do not start it yet: its own program must make it whole first."
    assert [line.split(maxsplit=2)[2] for line in told] == [
        "docker compose run --rm --no-deps review recover",
        'the chart with recover: true, or a Job of its image with args: ["recover"]',
    ]


@pytest.mark.usefixtures("tools_image")
def test_the_next_command_reads_no_more_than_was_asked(command: Command, put_back: list[str], tmp_path: Path) -> None:
    since = "2026-11-26T00:00:00Z"
    told = command("restore", tmp_path / "backup", "review", "--since", since).stdout
    assert f"review recover --since {since}\n" in told
    assert f'["recover", "--since", "{since}"]' in told


@pytest.mark.usefixtures("tools_image")
def test_json_says_that_it_is_not_whole_yet(command: Command, put_back: list[str], tmp_path: Path) -> None:
    done = command("restore", tmp_path / "backup", "review", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == {
        "service": "review",
        "documents": 12,
        "whole": False,
        "next": "docker compose run --rm --no-deps review recover",
    }


@pytest.mark.usefixtures("tools_image")
def test_recovering_there_is_one_line_and_status_1(command: Command) -> None:
    done = command("recover", "review")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "review is not installed here. Run `docker compose run --rm --no-deps review recover`, "
        'or on Kubernetes the chart with recover: true, or a Job of its image with args: ["recover"].'
    ]


def test_where_the_program_is_it_runs_at_once_with_the_secrets(
    command: Command, put_back: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: dict[str, Any] = {}

    def run(argv: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        ran.update(options["env"], argv=argv[1:])
        return subprocess.CompletedProcess(argv, 0, json.dumps(WHOLE) + "\n")

    monkeypatch.setattr(subprocess, "run", run)
    done = command("restore", tmp_path / "backup", "review")
    assert (done.exit_code, put_back) == (0, [URL])
    assert done.stdout.splitlines()[-1] == "It may be started."
    assert ran["argv"] == ["-m", "dossier_review", "recover"]
    assert (ran["MONGODB_URL"], ran["KAFKA_BOOTSTRAP_SERVERS"]) == (URL, "kafka:9092")


def test_a_place_that_cannot_be_written_is_one_line(command: Command, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = command("backup", tmp_path / "file" / "backup")
    assert done.exit_code == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert str(tmp_path / "file" / "backup") in done.stderr


def test_what_the_database_refuses_is_one_line(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> None:
        raise OperationFailure("not authorized on dossier_review to execute command", 13)

    monkeypatch.setattr(dump, "dump", refuses)
    done = command("backup", tmp_path / "new")
    assert done.exit_code == 1
    assert done.stderr.strip().splitlines() == ["The database: not authorized on dossier_review to execute command"]
