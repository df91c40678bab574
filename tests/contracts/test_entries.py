"""The directory's records as others build against them: what was ever sent is read, and is of its schema."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from dossier_shared.contracts.audit import AuditEntry
from dossier_shared.contracts.deployments import Filed
from dossier_shared.contracts.entries import ENTRIES, AnyEntry, ConsentCodeEntry
from dossier_shared.contracts.keys import EventKey
from dossier_shared.contracts.person_keys import PersonKey
from dossier_shared.contracts.topics import (
    CONSENT_CODES,
    DELEGATIONS,
    DEPLOYMENTS,
    DIRECTORY_TOPICS,
    EMERGENCIES,
    KEYS,
    OFFICERS,
    PERSON_KEYS,
)
from dossier_shared.journal.dead_letters import StoredRecord
from dossier_shared.journal.keyring import Keyring
from dossier_shared.journal.registry import Registry
from dossier_shared.runtime.directory import Directory

ENTRIES_OF = Path(__file__).parents[2] / "shared/contracts/entries"
TOPICS = sorted(ENTRIES)
BEFORE, THEN = "2026-11-30T23:59:59.999999Z", "2027-01-01T00:00:00.000000Z"


def golden(topic: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ENTRIES_OF / f"examples/{topic}.v1.json").read_text("utf-8"))
    return found


def taken(topic: str, key: str, value: bytes) -> AnyEntry:
    """As a service has it after reading."""
    directory, record = Directory(), StoredRecord(topic, 0, 0, key.encode(), value, [])
    if topic == OFFICERS.name:
        directory.officers.take([record])
        at = datetime(2026, 6, 1, tzinfo=UTC)
        [officer] = directory.officers.of("H19.1", at)
        assert officer.subject == key
        return officer
    if topic == DELEGATIONS.name:
        directory.delegations.take([record])
        [delegation] = directory.delegations.of(("H19.1",))
        assert delegation.id == key
        return delegation
    if topic == EMERGENCIES.name:
        directory.emergencies.take([record])
        [emergency] = directory.emergencies.where(lambda _: True)
        assert emergency.id == key
        return emergency
    if topic == CONSENT_CODES.name:  # passed over by now
        return ConsentCodeEntry.model_validate_json(value)
    directory.take([record])
    entry = directory.agencies.get(key) or directory.procedures[key]
    assert directory.version == entry.catalogue
    return entry


def test_every_topic_of_the_directory_has_its_schema_and_its_golden_record() -> None:
    assert {topic.name for topic in (*DIRECTORY_TOPICS, OFFICERS, DELEGATIONS, EMERGENCIES, CONSENT_CODES)} == set(
        ENTRIES
    )
    topics = (*ENTRIES, KEYS.name, DEPLOYMENTS.name, PERSON_KEYS.name)
    for folder in (ENTRIES_OF, ENTRIES_OF / "examples"):
        assert {path.name for path in folder.glob("*.json")} == {f"{topic}.v1.json" for topic in topics}


def test_the_golden_record_of_keys_is_of_its_schema_and_read_by_todays_code() -> None:
    record = golden(KEYS.name)
    schema = json.loads((ENTRIES_OF / f"{KEYS.name}.v1.json").read_text("utf-8"))
    tomorrows = json.dumps({**json.loads(record["value"]), "of_tomorrow": 1})
    for value in (record["value"], tomorrows):
        Draft202012Validator(schema).validate(json.loads(value))
        ring = Keyring()
        ring.take([StoredRecord(KEYS.name, 0, 0, record["key"].encode(), value.encode(), [])])
        assert ring.demanded("signing")
        keys = json.loads(record["value"])["keys"]
        assert [ring.key("signing", key["id"]) for key in keys] == [EventKey(**key) for key in keys]


def test_the_golden_deployment_is_of_its_schema_and_read_by_todays_code() -> None:
    record = golden(DEPLOYMENTS.name)
    schema = json.loads((ENTRIES_OF / f"{DEPLOYMENTS.name}.v1.json").read_text("utf-8"))
    tomorrows = json.dumps({**json.loads(record["value"]), "of_tomorrow": 1})
    for value in (record["value"], tomorrows):
        Draft202012Validator(schema).validate(json.loads(value))
        registry = Registry("monitor")
        registry.take([StoredRecord(DEPLOYMENTS.name, 0, 0, record["key"].encode(), value.encode(), [])])
        [entry] = registry.entries
        assert json.loads(entry.model_dump_json()) == json.loads(record["value"])
        whose = [
            registry.owner("review", Filed(*filed)) for filed in (("H19.1", BEFORE), ("H19.1", THEN), ("H19.2", THEN))
        ]
        assert whose == ["", "long-khanh", "long-khanh"]


def test_the_golden_record_of_a_person_s_key_is_of_its_schema_and_read_by_todays_code() -> None:
    record = golden(PERSON_KEYS.name)
    schema = json.loads((ENTRIES_OF / f"{PERSON_KEYS.name}.v1.json").read_text("utf-8"))
    tomorrows = json.dumps({**json.loads(record["value"]), "of_tomorrow": 1})
    for value in (record["value"], tomorrows):
        Draft202012Validator(schema).validate(json.loads(value))
        found = PersonKey.model_validate_json(value)
        assert (found.holder, [*found.wrappings]) == (record["key"], ["review"])
        assert json.loads(found.model_dump_json()) == json.loads(record["value"])


def test_the_golden_audit_entry_is_of_its_schema_and_read_by_todays_code() -> None:
    folder = ENTRIES_OF.parent / "audit"
    value = json.loads((folder / "examples/audit-entry.v1.json").read_text("utf-8"))["value"]
    Draft202012Validator(json.loads((folder / "audit-entry.v1.json").read_text("utf-8"))).validate(json.loads(value))
    tomorrow = {**json.loads(value), "of_tomorrow": 1}
    assert json.loads(AuditEntry.model_validate(tomorrow).model_dump_json()) == json.loads(value)


@pytest.mark.parametrize("topic", TOPICS)
def test_a_golden_entry_is_of_its_schema_and_read_by_todays_code(topic: str) -> None:
    record = golden(topic)
    assert record["topic"] == topic
    schema = json.loads((ENTRIES_OF / f"{topic}.v1.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(json.loads(record["value"]))
    entry = taken(topic, record["key"], record["value"].encode())
    assert json.loads(entry.model_dump_json()) == json.loads(record["value"])


@pytest.mark.parametrize("topic", TOPICS)
def test_an_entry_of_a_later_version_is_read(topic: str) -> None:
    record = golden(topic)
    value = json.dumps({**json.loads(record["value"]), "of_tomorrow": {"a": 1}}).encode()
    assert taken(topic, record["key"], value)
