"""Events as others build against them: schemas follow from the code, and the code reads what it ever published."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any, get_type_hints

import orjson
import pytest
from jsonschema_rs import Draft202012Validator
from pydantic import TypeAdapter

from dossier_local.contracts import generator as contracts
from dossier_shared.clock import instant
from dossier_shared.contracts.boxes import pack
from dossier_shared.contracts.envelope import Event, chain_hash, decode, encode, from_entry, to_entry, verify_chain
from dossier_shared.contracts.events import MODELS, Part, check_data
from dossier_shared.contracts.person_keys import PersonKey
from dossier_shared.contracts.topics import SERVICES, heard_by
from dossier_shared.journal.dead_letters import StoredRecord
from dossier_shared.journal.dossier import Dossier, Rules, hear
from dossier_shared.journal.persons import PersonKeys

from .test_registry import rules_of

ROOT = Path(__file__).parents[2]
NOW = datetime(2025, 7, 2, tzinfo=UTC)
EXAMPLES = ROOT / "shared/contracts/examples"


def golden() -> dict[str, dict[str, Any]]:
    return {path.name: json.loads(path.read_text("utf-8")) for path in sorted(EXAMPLES.glob("*.v*.json"))}


def story() -> list[dict[str, Any]]:
    """All: the whole loop, an office's day, one filed by a helper, one for which registers were asked."""
    read = [
        json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))["records"]
        for name in ("story", "desk", "helped", "answered")
    ]
    return [record for records in read for record in records]


def deployed() -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = json.loads((EXAMPLES / "deployed.json").read_text("utf-8"))["records"]
    return records


def traced() -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = json.loads((EXAMPLES / "traced.json").read_text("utf-8"))["records"]
    return records


def record_of(example: dict[str, Any]) -> StoredRecord:
    headers = [(name, value.encode()) for name, value in example["headers"].items()]
    return StoredRecord(example["topic"], 0, 0, example["key"].encode(), example["value"].encode(), headers)


@pytest.mark.parametrize("name", contracts.generated())
def test_what_is_committed_is_what_is_generated(name: str) -> None:
    committed = (ROOT / name).read_text("utf-8")
    assert committed == contracts.text_of(contracts.generated()[name]), "run `make contracts`"


def test_no_schema_is_left_of_an_event_that_is_gone() -> None:
    schemas = {path.name for path in (ROOT / "shared/contracts/schemas").iterdir()}
    assert schemas == {f"{name}.v1.json" for name in MODELS}


def test_every_event_has_its_golden_record() -> None:
    assert set(golden()) == {f"{name}.v1.json" for name in MODELS}


@pytest.mark.parametrize(
    "example", [*golden().values(), *story(), *traced(), *deployed()], ids=lambda e: e["headers"]["ce_id"][-20:]
)
def test_todays_code_reads_a_golden_record_and_sends_it_the_same(example: dict[str, Any]) -> None:
    record = record_of(example)
    event = decode(record)
    check_data(event.type, event.data)
    model = MODELS[event.type]
    if event.sealed is not None:
        assert model.sealed is not None
        model.sealed.model_validate_json(event.sealed)
        assert sha256(event.sealed).hexdigest() == event.sealed_hash
    journalled = from_entry(event.dossier, event.source, to_entry(event))
    assert chain_hash(journalled) == example["headers"]["ce_hash"]
    again = encode(journalled)
    assert (again.key, again.value, list(again.headers)) == (record.key, record.value, list(record.headers))


@pytest.mark.parametrize(
    "example", [*golden().values(), *story(), *traced(), *deployed()], ids=lambda e: e["headers"]["ce_id"][-20:]
)
def test_a_golden_record_is_of_its_schema(example: dict[str, Any]) -> None:
    event = decode(record_of(example))
    schema = json.loads((ROOT / f"shared/contracts/schemas/{event.type}.v1.json").read_text("utf-8"))
    value = json.loads(example["value"])
    Draft202012Validator(schema).validate(value)
    if "sealed" in value:
        Draft202012Validator(schema["properties"]["sealed"]["contentSchema"]).validate(json.loads(value["sealed"]))


def test_personal_data_is_in_sealed_only() -> None:
    persons = ("Nguyễn Văn Bình", "001099012345", "+84912345678", "12 Phố Huế", "Lê Thị Hoa", "Trần Quốc Toản")
    for example in story():
        value = json.loads(example["value"])
        value.pop("sealed", None)
        open_part = json.dumps([value, example["headers"], example["key"]], ensure_ascii=False)
        for person in persons:
            assert person not in open_part, example["headers"]["ce_type"]


def test_a_trace_is_carried_beside_the_event() -> None:
    """Who does not know the header reads the same event, and so does who gets it without."""
    events = [decode(record_of(example)) for example in traced()]
    assert verify_chain(events) is None
    for event, example in zip(events, traced(), strict=True):
        assert event.traceparent == example["headers"].pop("ce_traceparent")
        bare = decode(record_of(example))
        assert bare.traceparent is None
        assert (bare.hash, bare.data, bare.sealed) == (event.hash, event.data, event.sealed)


def test_a_journal_of_another_version_is_read() -> None:
    """One from before events carried a trace, and one of a later version that has been rolled back."""
    events = [decode(record_of(example)) for example in traced()]
    for event in events:
        entry = to_entry(event)
        del entry["traceparent"]
        assert from_entry(event.dossier, event.source, entry).traceparent is None
        later = {**to_entry(event), "of_tomorrow": 1}
        assert from_entry(event.dossier, event.source, later) == event
        assert "traceparent" not in to_entry(from_entry(event.dossier, event.source, entry))


def test_an_erased_seal_leaves_the_chain_whole() -> None:
    for example in story():
        value = json.loads(example["value"])
        if "sealed" in value:
            erased = {**example, "value": example["value"][: example["value"].rindex(',"sealed":')] + "}"}
            event = decode(record_of(erased))
            assert event.sealed is None
            assert event.hash == example["headers"]["ce_hash"]


def test_the_story_is_whole() -> None:
    for _, events in chains():
        assert verify_chain(events) is None


def barest(event: Event) -> Event:
    """With nothing in it but what its model demands, as the first version or another's program may write it."""

    def demanded(model: type[Part], found: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in found.items() if model.model_fields[name].is_required()}

    model = MODELS[event.type]
    sealed = event.sealed
    if sealed is not None and model.sealed is not None:
        sealed = orjson.dumps(demanded(model.sealed, event.open()))
    return replace(event, data=demanded(model, event.data), sealed=sealed)


def erased(event: Event) -> Event:
    """Of a person whose key is gone."""
    return (
        replace(event, sealed=pack("p-gone", b"what nobody can read any more")) if event.sealed is not None else event
    )


def taken_away(event: Event) -> Event:
    return replace(event, sealed=None)


@pytest.mark.parametrize(
    "part", [lambda event: event, barest, erased, taken_away], ids=["whole", "barest", "erased", "cut"]
)
@pytest.mark.parametrize("service", SERVICES)
def test_an_old_story_is_still_heard(service: str, part: Callable[[Event], Event]) -> None:
    """A dossier of golden records, replayed against today's rules of each service; its state is what its type says."""
    rules, topics = rules_of(service), {topic.name for topic in heard_by(service)}
    declared: TypeAdapter[Any] = TypeAdapter(get_type_hints(rules.evolve)["return"])
    dossiers: dict[str, Dossier] = {}
    bare = Rules(source=rules.source, evolve=rules.evolve, causal_sources=rules.causal_sources)
    persons = PersonKeys(service, None)
    persons.put(PersonKey(holder="p-gone", erased=instant(NOW)))
    for example in story():
        if example["topic"] in topics:
            event = part(decode(record_of(example)))
            dossier = dossiers.setdefault(event.dossier, Dossier(event.dossier, persons=persons))
            assert hear(bare, dossier, event, NOW, instant(NOW))
        elif example["headers"]["ce_source"] == service:
            event = part(decode(record_of(example)))
            dossier = dossiers.setdefault(event.dossier, Dossier(event.dossier, persons=persons))
            event.persons = persons
            dossier.state = rules.evolve(dossier.state, event)
        else:
            continue
        declared.validate_python(dossier.state, strict=True, extra="forbid")
    assert dossiers


def chains() -> Iterator[tuple[tuple[str, str], list[Any]]]:
    events = sorted((decode(record_of(example)) for example in story()), key=lambda e: (e.dossier, e.source, e.seq))
    for key, batch in groupby(events, key=lambda event: (event.dossier, event.source)):
        yield key, list(batch)
