"""Files that settings of the monitor name: one that cannot be used is told in one line, with what is wrong in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dossier_monitor.indicators.definitions import TargetsRefused, targets
from dossier_monitor.settings import Settings
from dossier_shared.settings import reading as configuration

TARGET = {"value": 0.9, "source": "Kế hoạch 12/KH-UBND", "grade": "A"}


def refused(capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        configuration.read(Settings)
    assert ended.value.code == 78
    (line,) = capsys.readouterr().err.splitlines()
    return line


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*configuration.names(Settings).values(), "SECRETS_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DEVELOPMENT", "true")


def test_targets_of_an_agency_s_own_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "targets.json"
    path.write_text(json.dumps({"on_time": TARGET, "time_saved": TARGET, "satisfaction": {**TARGET, "note": "x"}}))
    assert targets(path)["on_time"].value == 0.9
    monkeypatch.setenv("MONITOR_TARGETS", str(path))
    assert configuration.read(Settings).targets == path


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "cannot be read: Line 1: not readable"),
        ('{"on_time": {}, "on_time": {}}', "cannot be read: 'on_time' is given twice, on lines 1 and 1."),
        ({"on_time": {**TARGET, "value": "0.9"}}, "on_time, value: Input should be a valid number"),
        ("[]", "the whole file: Input should be a valid dictionary"),
        ({"on_tme": TARGET}, "there is no indicator on_tme: there are on_time, online, "),
        ({"on_time": 0.9}, "on_time: Input should be "),
        ({"on_time": {"value": 0.9, "source": "x"}}, "on_time, grade: Field required"),
        ({"on_time": {**TARGET, "value": 90}}, "on_time, value: Input should be less than or equal to 1"),
        ({"on_time": {**TARGET, "grade": "B"}}, "on_time, grade: Input should be 'V', 'S' or 'A'"),
    ],
)
def test_targets_that_cannot_be_used_say_where(
    content: Any, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "targets.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(TargetsRefused):
        targets(path)
    monkeypatch.setenv("MONITOR_TARGETS", str(path))
    assert refused(capsys).startswith(f"monitor: MONITOR_TARGETS: {path}: {says}")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("- id: late", "rule late, `kind`: Field required; rule late, `name`: Field required; "),
        ("- [", "cannot be read: Line 1: not readable"),
        ("mongodb://u:hunter2@mongo", "the whole file: Input should be a valid list"),
        ("a: mongodb://u:hunter2@mongo: x", "cannot be read: Line 1: not readable"),
    ],
)
def test_alarm_rules_that_cannot_be_used_say_where(
    content: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(content)
    monkeypatch.setenv("MONITOR_ALARM_RULES", str(path))
    line = refused(capsys)
    assert line.startswith(f"monitor: MONITOR_ALARM_RULES: {path}: {says}")
    assert "hunter2" not in line
