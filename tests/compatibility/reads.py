"""Reads records with whatever code it is run on: each decoded, its data and seal checked, and heard by every service.

Standard input: a list of golden records. Answer: what could not be read, in words.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parent))
from provenance import demand  # type: ignore[import-not-found]

demand("dossier_shared", "dossier_intake", "dossier_review", "dossier_signing", "dossier_notify", "dossier_monitor")

from dossier_shared.clock import instant  # noqa: E402
from dossier_shared.dead_letters import StoredRecord  # noqa: E402
from dossier_shared.envelope import Event, decode, from_entry, to_entry, verify_chain  # noqa: E402
from dossier_shared.events import MODELS, check_data  # noqa: E402
from dossier_shared.journal import Dossier, Rules, hear  # noqa: E402
from dossier_shared.topics import SERVICES, heard_by  # noqa: E402

NOW = datetime(2025, 7, 2, tzinfo=UTC)


def record_of(example: dict[str, Any]) -> StoredRecord:
    headers = [(name, value.encode()) for name, value in example["headers"].items()]
    return StoredRecord(example["topic"], 0, 0, example["key"].encode(), example["value"].encode(), headers)


def read(example: dict[str, Any]) -> Event:
    event = decode(record_of(example))
    check_data(event.type, event.data)
    sealed = MODELS[event.type].sealed
    if event.sealed is not None and sealed is not None:
        sealed.model_validate_json(event.sealed)
    return from_entry(event.dossier, event.source, to_entry(event))


def hear_all(service: str, events: list[Event]) -> None:
    """As its consumer would apply them; what it decides itself is among the events, so that its handlers add nothing."""
    app = import_module(f"dossier_{service}.app").build(import_module(f"dossier_{service}.settings").Settings())
    rules: Rules = app.state.runtime.rules
    bare = Rules(source=rules.source, evolve=rules.evolve, listens=rules.listens)
    sources = {topic.source for topic in heard_by(service)}
    dossiers: dict[str, Dossier] = {}
    for event in events:
        dossier = dossiers.setdefault(event.dossier, Dossier(event.dossier))
        if event.source in sources:
            hear(bare, dossier, event, NOW, instant(NOW))
        elif event.source == service:
            dossier.state = rules.evolve(dossier.state, event)


def faults(examples: list[dict[str, Any]]) -> list[str]:
    found: list[str] = []
    events: list[Event] = []
    for example in examples:
        try:
            events.append(read(example))
        except Exception as error:  # whatever it is, it is the answer
            found.append(f"{example['headers']['ce_type']}: {type(error).__name__}: {error}")
    chains: dict[tuple[str, str], list[Event]] = {}
    for event in events:
        chains.setdefault((event.dossier, event.source), []).append(event)
    found += [f"{key}: {fault}" for key, lot in chains.items() if (fault := verify_chain(lot))]
    if not found:
        for service in SERVICES:
            try:
                hear_all(service, [event for event in events if event.source != "monitor"])
            except Exception as error:
                found.append(f"{service}: {type(error).__name__}: {error}")
    return found


if __name__ == "__main__":
    json.dump(faults(json.load(sys.stdin)), sys.stdout)
