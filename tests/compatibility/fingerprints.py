"""What an item of a batch is recognised by, as JSON, on whatever code it is run.

Standard input: service → item's class → body. A release that has no such class takes the item by its key and dossier alone.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parent))
from provenance import demand, shared  # type: ignore[import-not-found]

demand("dossier_shared", "dossier_intake", "dossier_review", "dossier_signing", "dossier_notify", "dossier_monitor")

commands = shared("http.commands", "commands")


def item_of(service: str, name: str) -> Any:
    schemas = import_module(f"dossier_{service}.schemas")
    if hasattr(schemas, name):
        return getattr(schemas, name)
    body = getattr(schemas, name.removesuffix("Item"), None)
    return commands.batch_of(body)[1] if body and hasattr(commands, "batch_of") else commands.BatchItem


if __name__ == "__main__":
    answer = {
        f"{service} {name}": item_of(service, name)
        .model_validate({"key": "k", "dossier": "d", **body})
        .model_dump(mode="json")
        for service, items in json.load(sys.stdin).items()
        for name, body in items.items()
    }
    json.dump(answer, sys.stdout)
