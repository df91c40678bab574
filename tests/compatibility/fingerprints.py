"""What an item of a batch is recognised by, as JSON, on whatever code it is run.

Standard input: service → item's class → body. A release that has no such class takes the item by its key and dossier alone.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
from provenance import demand, shared  # type: ignore[import-not-found]

demand("dossier_shared", "dossier_intake", "dossier_review", "dossier_signing", "dossier_notify", "dossier_monitor")

BatchItem = shared("http.commands", "commands").BatchItem

if __name__ == "__main__":
    answer = {
        f"{service} {name}": getattr(import_module(f"dossier_{service}.schemas"), name, BatchItem)
        .model_validate({"key": "k", "dossier": "d", **body})
        .model_dump(mode="json")
        for service, items in json.load(sys.stdin).items()
        for name, body in items.items()
    }
    json.dump(answer, sys.stdout)
