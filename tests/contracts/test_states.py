"""Keys of a state that mypy lets pass: `state.get("…")` and `"…" in state` may name any."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

SERVICES = Path(__file__).parents[2] / "services"
DECLARED = {  # where a state is read, and where it is declared
    "intake/src/dossier_intake": "dossier_intake.state",
    "review/src/dossier_review": "dossier_review.state",
    "signing/src/dossier_signing": "dossier_signing.state",
    "notify/src/dossier_notify": "dossier_notify.state",
    "monitor/src/dossier_monitor/timelines": "dossier_monitor.timelines.state",
    "monitor/src/dossier_monitor/alarms": "dossier_monitor.alarms.recording",
}
READ = re.compile(r'\bstate\.get\(\s*"(\w+)"|"(\w+)" (?:not )?in (?:\w+\.)*state\b')


def keys_read(folder: str) -> Iterator[str]:
    for path in sorted((SERVICES / folder).rglob("*.py")):
        for found in READ.finditer(path.read_text("utf-8")):
            yield found[1] or found[2]


@pytest.mark.parametrize("folder", DECLARED)
def test_what_is_asked_of_a_state_is_a_key_of_it(folder: str) -> None:
    read = set(keys_read(folder))
    assert read
    assert read <= set(import_module(DECLARED[folder]).State.__annotations__)
