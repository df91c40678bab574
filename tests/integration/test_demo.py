"""`make demo`, the README's first command; a service killed in the midst and started again changes no count."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dossier_intake.catalogue.catalogue import Catalogue as Packaged
from dossier_intake.schemas import procedure_view
from dossier_local import state
from dossier_local.simulation.plan import Story
from dossier_local.simulation.week import Catalogue, plan_week

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
DOSSIERS, SEED = 60, 3
CLI = [sys.executable, "-m", "dossier_local.cli"]


def planned() -> dict[str, int]:
    """What must come out, from the plan alone."""
    packaged = Packaged.load_packaged()
    procedures = [procedure_view(v[0], packaged.agencies_of(v[0])) for v in packaged.procedures.values()]
    catalogue = Catalogue.of(procedures, [a.model_dump(mode="json") for a in packaged.agencies.values()])
    stories = plan_week(catalogue, DOSSIERS, date(2026, 6, 1), 1, SEED)
    did = Counter(action for story in stories for action in _standing(story))
    by_rule = sum(story.by_rule for story in stories)
    signed = did["sign"] + by_rule
    delivered = signed - sum(story.waits_at_the_end for story in stories)
    withdrawn = did["withdraw"] + did["grant-withdrawal"]
    return {
        "filed": DOSSIERS,
        "accepted": did["accept"] + by_rule,
        "refused": did["refuse"],
        "withdrawn": withdrawn,
        "open": DOSSIERS - did["refuse"] - withdrawn - delivered,
        "approved": did["approve"] + by_rule,
        "rejected": did["reject"],
        "signed": signed,
        "delivered": delivered,
    }


def _standing(story: Story) -> list[str]:
    """What it did, without the decision that was sent back."""
    actions = [step.action for step in story.steps]
    if "send-back" in actions:
        before = actions[: actions.index("send-back")]
        return [a for a in before if a not in ("approve", "reject")] + actions[len(before) :]
    return actions


def tell(action: str, service: str, folder: Path) -> None:
    done = subprocess.run([*CLI, action, service, "--folder", str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.timeout(600)
def test_killing_a_service_in_the_midst_changes_no_count(tmp_path: Path) -> None:
    folder, told = tmp_path / "demo", tmp_path / "demo.json"
    options = ["--dossiers", str(DOSSIERS), "--rate", "2", "--seed", str(SEED), "--free-ports", "--json", str(told)]
    log = tmp_path / "demo.log"
    with log.open("wb") as output:
        command = ["make", "demo", f"ARGS={shlex.join([*options, '--folder', str(folder)])}"]
        demo = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
        try:
            for service, after in (("review", 8), ("intake", 25)):
                wait_for(lambda after=after: acknowledged(folder) >= after, demo, log)
                tell("kill", service, folder)
                time.sleep(1)
                tell("restart", service, folder)
            status = demo.wait(timeout=400)
        finally:
            demo.terminate()
            demo.wait(timeout=120)
    assert status == 0, log.read_text()[-6000:]
    found: dict[str, Any] = json.loads(told.read_text())
    expected = planned()
    assert {name: found[name] for name in expected} == expected
    assert (found["lost"], found["doubled"], found["reconciled"], found["trouble"]) == (0, 0, True, [])
    assert found["sources"]["board"]["delivered"] == expected["delivered"]
    assert "/login/" in log.read_text()
    assert not state.load(folder).processes  # everything is stopped


def acknowledged(folder: Path) -> int:
    path = folder / "clients.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def wait_for(what: Any, demo: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 300
    while not what():
        assert demo.poll() is None, log.read_text()[-6000:]
        assert time.monotonic() < deadline, log.read_text()[-6000:]
        time.sleep(0.1)
