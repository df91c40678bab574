"""`make bench-compose`: from nothing but images to the first delivered dossier, and what every container takes when idle.

Writes build/start.json; exit status 1 where the first delivered dossier took longer than allowed. The first is one of those that
rules decide: filed through the one origin, then accepted, approved, signed and delivered by the services alone.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import datetime

from .stack import PROCESSES, ROOT, Stack
from .test_whole import idle

FIRST = (
    "import os, pymongo; d = pymongo.MongoClient(open('/run/secrets/mongodb_url').read().strip()).dossier_notify.dossiers;"
    "print(min(e['recorded'] for x in d.find({}, {'journal': 1}) for e in x['journal'] if e['type'] == 'delivered'))"
)
ALLOWED = 30.0  # seconds


def main() -> int:
    stack = Stack("dossier-measure")
    stack.down()
    try:
        began = time.time()
        stack.up()
        up = time.time() - began
        stack.compose("run", "--rm", "--no-deps", "dossier", "demo", "--dossiers", "60", "--rate", "60", within=600)
        said = stack.compose("run", "--rm", "--no-deps", "--entrypoint", "python", "dossier", "-c", FIRST).stdout
        first = datetime.fromisoformat(said.strip()).timestamp() - began
        stack.down()
        began = time.time()
        stack.up()
        stack.well(PROCESSES)
        ready = time.time() - began
        time.sleep(20)
        found = {
            "up_s": round(up, 1), "first_delivered_s": round(first, 1), "allowed_s": ALLOWED, "ready_s": round(ready, 1),
            "idle_mib": idle(stack),
        }  # fmt: skip
    finally:
        stack.down()
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build/start.json").write_text(json.dumps(found, indent=1) + "\n")
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    return 0 if first <= ALLOWED else 1


if __name__ == "__main__":
    sys.exit(main())
