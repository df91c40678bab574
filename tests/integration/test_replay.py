"""`dossier replay`: the permit log where it is at hand, a made register of the same columns elsewhere, judged from the file."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from dossier_local.reconciliation.stored_source import read_clients
from dossier_local.simulation.made_register import make_register

from .register_figures import board, figures, quantile

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "data" / "permit-receipt-log.csv.gz"


@pytest.fixture
def register(tmp_path: Path) -> Path:
    if REAL.exists():
        return REAL
    made = tmp_path / "register.csv"
    make_register(made, 150)
    return made


@pytest.mark.timeout(900)
def test_a_register_runs_whole_and_ends_as_the_file_says(register: Path, tmp_path: Path) -> None:
    folder, told = tmp_path / "replay", tmp_path / "replay.json"
    command = [".venv/bin/dossier", "replay", str(register), "--free-ports", "--rate", "40"]  # the README's
    run = subprocess.run(
        [*command, "--folder", str(folder), "--json", str(told)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
    found: dict[str, Any] = json.loads(told.read_text())
    expected = figures(register)

    case_of = {
        ack.dossier: ack.key.removeprefix("replay-").removesuffix(":file")
        for ack in read_clients(folder / "clients.jsonl")
        if ack.action == "file"
    }
    assert set(case_of.values()) == expected["cases"]
    assert {case_of[id_] for id_ in found["late_ids"]} == expected["late"]
    still_open = {case_of[id_] for id_ in found["open_ids"]}
    assert still_open == expected["cases"] - expected["granted"]
    assert expected["single"] <= still_open

    granted = len(expected["granted"])
    assert (found["filed"], found["accepted"], found["refused"]) == (len(case_of), len(case_of), 0)
    assert (found["approved"], found["signed"], found["delivered"]) == (granted, granted, granted)
    assert found["on_time"] == len(expected["granted"] - expected["late"])
    assert found["channels"] == expected["channels"]
    assert (found["lost"], found["doubled"], found["reconciled"]) == (0, 0, True)
    for stage in ("appraisal", "decision"):
        mine, theirs = found["stages"][stage], expected[stage]
        assert mine["n"] == len(theirs)
        assert mine["p50"] == pytest.approx(quantile(theirs, 0.5), abs=0.001)
        assert mine["p99"] == pytest.approx(quantile(theirs, 0.99), abs=0.001)

    now = datetime.fromisoformat(found["board"]["now"])
    for channel, shown in board(register, now).items():
        mine = found["board"]["channels"][channel]
        kept = {name: n for name, n in mine.items() if name in ("filed", "due:late", "ended_late", "on_time")}
        took = {n: c for n, c in mine.items() if n.startswith(("took:appraisal", "took:approval"))}
        assert {**kept, **took} == {name: n for name, n in shown.items() if n}, channel
    if register == REAL:
        assert (len(expected["cases"]), len(expected["late"]), len(expected["single"])) == (956, 57, 72)


def test_a_file_that_is_no_register_is_refused_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    command = [sys.executable, "-m", "dossier_local.cli", "replay", str(tmp_path / "other.csv")]
    run = subprocess.run([*command, "--folder", str(tmp_path / "f")], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "no column case" in run.stderr
    assert not (tmp_path / "f").exists()
