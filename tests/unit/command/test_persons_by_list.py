"""`dossier privacy erase --file` and `grant --file`: each line by itself, a bar, and no number in what is printed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dossier_local import personal_data, privacy_cli
from dossier_local.errors import StackError

NUMBERS = ("001099012345", "001099012346", "001099012347")
RUNNER = CliRunner()
ERASE = ["erase", "--ground", "Luật 91/2025/QH15", "--file"]


@pytest.fixture(autouse=True)
def service(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Keeps the second of the three; grants what another account asked for."""
    done: list[tuple[str, str]] = []

    async def ask(_: Any, person: str, ground: str, account: str) -> dict[str, Any]:
        if person == NUMBERS[1]:
            raise StackError("must-be-kept")
        done.append((person, account))
        return {"erasure": f"{len(done):016x}", "person": f"p-{len(done)}"}

    async def grant(_: Any, erasure: str, account: str) -> dict[str, Any]:
        done.append((erasure, account))
        return {"person": "p-1"}

    monkeypatch.setattr(personal_data, "ask_erasure", ask)
    monkeypatch.setattr(personal_data, "grant_erasure", grant)
    monkeypatch.setattr("dossier_local.addresses.find", lambda _: None)
    return done


def test_who_must_be_kept_is_told_by_line_and_the_others_are_asked_for(
    tmp_path: Path, service: list[tuple[str, str]]
) -> None:
    persons, requests = tmp_path / "persons", tmp_path / "requests"
    persons.write_text(f"# người đề nghị\n{NUMBERS[0]} bà A\n\n{NUMBERS[1]}\n{NUMBERS[2]}\n", "utf-8")
    result = RUNNER.invoke(privacy_cli.app, [*ERASE, str(persons), "--requests", str(requests), "--as", "admin-1"])
    assert result.exit_code == 1, result.output
    assert "line 4: must-be-kept" in result.output
    assert "2 of 3" in result.output
    assert not [number for number in NUMBERS if number in result.output]
    assert requests.stat().st_mode & 0o777 == 0o600
    asked = [line.split()[0] for line in requests.read_text().splitlines()]
    assert len(asked) == 2
    granted = RUNNER.invoke(privacy_cli.app, ["grant", "--file", str(requests), "--as", "admin-2"])
    assert granted.exit_code == 0, granted.output
    assert sorted(service[2:]) == sorted((one, "admin-2") for one in asked)


@pytest.mark.parametrize(
    "words",
    [
        ["erase", "--ground", "Luật 91"],
        ["erase", NUMBERS[0]],
        ["erase", NUMBERS[0], "--ground", "Luật 91", "--file", "persons"],
        ["erase", "--ground", "Luật 91", "--file", "persons"],
        ["grant"],
        ["grant", "1" * 16, "--file", "requests"],
    ],
)
def test_one_or_a_file_and_a_ground(words: list[str], service: list[tuple[str, str]]) -> None:
    assert RUNNER.invoke(privacy_cli.app, words).exit_code == 2
    assert service == []


def test_nothing_is_written_over_and_nobody_is_asked_for_then(tmp_path: Path, service: list[tuple[str, str]]) -> None:
    persons, requests = tmp_path / "persons", tmp_path / "requests"
    persons.write_text(NUMBERS[0])
    requests.write_text("of before")
    assert RUNNER.invoke(privacy_cli.app, [*ERASE, str(persons), "--requests", str(requests)]).exit_code == 2
    assert requests.read_text() == "of before"
    assert service == []


@pytest.mark.parametrize("content", [b"", b"# nobody\n\n", b"\xff\xfe"])
def test_a_file_that_names_nobody_is_said_so(tmp_path: Path, content: bytes) -> None:
    persons = tmp_path / "persons"
    persons.write_bytes(content)
    result = RUNNER.invoke(privacy_cli.app, [*ERASE, str(persons), "--requests", str(tmp_path / "requests")])
    assert result.exit_code == 1
    assert str(persons) in result.output.replace("\n", "")
    assert not (tmp_path / "requests").exists()
