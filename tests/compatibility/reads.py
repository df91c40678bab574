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
from provenance import demand, shared  # type: ignore[import-not-found]

demand("dossier_shared", "dossier_intake", "dossier_review", "dossier_signing", "dossier_notify", "dossier_monitor")

dead_letters = shared("journal.dead_letters", "dead_letters")
envelope = shared("contracts.envelope", "envelope")
events = shared("contracts.events", "events")
topics = shared("contracts.topics", "topics")
journal = shared("journal.dossier", "journal")
clock = shared("clock", "clock")

NOW = datetime(2025, 7, 2, tzinfo=UTC)


def record_of(example: dict[str, Any]) -> Any:
    headers = [(name, value.encode()) for name, value in example["headers"].items()]
    return dead_letters.StoredRecord(
        example["topic"], 0, 0, example["key"].encode(), example["value"].encode(), headers
    )


def read(example: dict[str, Any]) -> Any:
    event = envelope.decode(record_of(example))
    events.check_data(event.type, event.data)
    sealed = events.MODELS[event.type].sealed
    if event.sealed is not None and sealed is not None:
        sealed.model_validate_json(event.sealed)
    return envelope.from_entry(event.dossier, event.source, envelope.to_entry(event))


def hear_all(service: str, heard: list[Any]) -> None:
    """As its consumer would apply them; what it decides itself is among the events, so that its handlers add nothing."""
    app = import_module(f"dossier_{service}.app").build(import_module(f"dossier_{service}.settings").Settings())
    rules = app.state.runtime.rules
    causal = "causal_sources" if hasattr(rules, "causal_sources") else "listens"  # as 0.1.0 calls them
    bare = journal.Rules(source=rules.source, evolve=rules.evolve, **{causal: getattr(rules, causal)})
    sources = {topic.source for topic in topics.heard_by(service)}
    dossiers: dict[str, Any] = {}
    for event in heard:
        dossier = dossiers.setdefault(event.dossier, journal.Dossier(event.dossier))
        if event.source in sources:
            journal.hear(bare, dossier, event, NOW, clock.instant(NOW))
        elif event.source == service:
            dossier.state = rules.evolve(dossier.state, event)


def faults(examples: list[dict[str, Any]]) -> list[str]:
    found: list[str] = []
    read_ones: list[Any] = []
    for example in examples:
        try:
            read_ones.append(read(example))
        except Exception as error:  # whatever it is, it is the answer
            found.append(f"{example['headers']['ce_type']}: {type(error).__name__}: {error}")
    chains: dict[tuple[str, str], list[Any]] = {}
    for event in read_ones:
        chains.setdefault((event.dossier, event.source), []).append(event)
    found += [f"{key}: {fault}" for key, batch in chains.items() if (fault := envelope.verify_chain(batch))]
    if not found:
        for service in topics.SERVICES:
            try:
                hear_all(service, [event for event in read_ones if event.source != "monitor"])
            except Exception as error:
                found.append(f"{service}: {type(error).__name__}: {error}")
    return found


if __name__ == "__main__":
    json.dump(faults(json.load(sys.stdin)), sys.stdout)
