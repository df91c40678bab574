"""Crash points strike a real process, at the passage asked for, and only there."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.faults.plan import ANYWHERE, POINTS, ROUND, plan

PASSAGES = """
import sys
from dossier_shared.journal import crash
crash.install(sys.argv[1])
for _ in range(3):
    for name in ("write.before", "write.after"):
        crash.point(name)
        print(name, flush=True)
"""


@pytest.mark.parametrize(
    ("spec", "code", "passed"),
    [
        ("write.before", -signal.SIGKILL, 0),
        ("write.after", -signal.SIGKILL, 1),
        ("write.before:3", -signal.SIGKILL, 4),
        ("write.before:4", 0, 6),
        ("publish.acked", 0, 6),
        ("", 0, 6),
    ],
)
def test_killed_at_the_nth_passage(spec: str, code: int, passed: int) -> None:
    done = subprocess.run([sys.executable, "-c", PASSAGES, spec], capture_output=True, check=False, timeout=60)
    assert (done.returncode, len(done.stdout.splitlines())) == (code, passed)


ELSEWHERE = {"orphan.hidden", "orphan.dropped"}  # a week after an upload: tests/component/intake/test_orphans.py


def test_each_point_in_the_code_has_its_kills_and_no_other_is_waited_for() -> None:
    root = Path(__file__).parents[3]
    sources = [path.read_text() for top in ("shared/src", "services") for path in (root / top).rglob("*.py")]
    named = {name for source in sources for name in re.findall(r'crash\.point\("([^"]+)"\)', source)}
    planned = {kill.point for kill in plan(ROUND)[0]}
    assert planned - {ANYWHERE} == named - ELSEWHERE
    assert len(plan(ROUND)[0]) == sum(map(len, POINTS.values())) == ROUND


def test_suspended_there_until_woken() -> None:
    with subprocess.Popen([sys.executable, "-c", PASSAGES, "write.after:2:stop"], stdout=subprocess.PIPE) as process:
        try:
            _, status = os.waitpid(process.pid, os.WUNTRACED)
            assert os.WIFSTOPPED(status)
            process.send_signal(signal.SIGCONT)
            out, _ = process.communicate(timeout=60)
            assert (process.returncode, len(out.splitlines())) == (0, 6)
        finally:
            process.kill()
