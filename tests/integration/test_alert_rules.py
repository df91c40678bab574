"""Prometheus' own promtool: the files are valid, and the rules alert, or keep quiet, on made-up series."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from tests.missing import missing

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy/prometheus"


@pytest.fixture(scope="module")
def promtool() -> str:
    path = shutil.which("promtool") or shutil.which("promtool", path=ROOT / "build")
    if path is None:
        missing("promtool", "system-deps")
    return path


def judged(promtool: str, *words: str, folder: Path = FOLDER) -> subprocess.CompletedProcess[str]:
    return subprocess.run([promtool, *words], cwd=folder, capture_output=True, text=True, check=False)


def test_prometheus_takes_the_configuration_and_the_rules(promtool: str) -> None:
    answer = judged(promtool, "check", "config", "prometheus.yaml")
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_rules_alert_when_they_should_and_only_then(promtool: str) -> None:
    answer = judged(promtool, "test", "rules", "alerts_test.yaml")
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("dossier_pending_age_seconds > 120", "dossier_pending_age_seconds > 12000"),
        ("dossier_monitor_board_age_seconds > 30", "dossier_monitor_board_age_seconds > 0.5"),
        (" or max by (group) (dossier_monitor_group_lag_records)", ""),
        ("dossier_broker_up == 0", "dossier_broker_up == 1"),
        ('status=~"5.."', 'status=~"4.."'),
        ('{route!~".*(stream|changes)"}', ""),
        ("for: 15m", "for: 1m"),
    ],
)
def test_a_rule_that_is_wrong_is_noticed(promtool: str, tmp_path: Path, before: str, after: str) -> None:
    rules = (FOLDER / "alerts.yaml").read_text("utf-8")
    assert before in rules
    (tmp_path / "alerts.yaml").write_text(rules.replace(before, after), "utf-8")
    shutil.copy(FOLDER / "alerts_test.yaml", tmp_path)
    assert judged(promtool, "test", "rules", "alerts_test.yaml", folder=tmp_path).returncode == 1


def test_most_rules_are_tried() -> None:
    """Those left out compare one number with another, with nothing that could be got wrong but the number."""
    rules = [
        r["alert"] for g in yaml.safe_load((FOLDER / "alerts.yaml").read_text("utf-8"))["groups"] for r in g["rules"]
    ]
    tried = (FOLDER / "alerts_test.yaml").read_text("utf-8")
    assert sum(name in tried for name in rules) >= 14
