"""docs/asyncapi.json says what the registry says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dossier_local.contracts.entries import MESSAGES
from dossier_shared.contracts.events import MODELS
from dossier_shared.contracts.topics import AUDIT_TOPICS, DIRECTORY_TOPICS, EVENT_TOPICS, TOPICS

DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parents[2] / "docs/asyncapi.json").read_text("utf-8"))


def test_channels_are_the_topics() -> None:
    assert set(DOCUMENT["channels"]) == {topic.name for topic in TOPICS}
    for topic in TOPICS:
        binding = DOCUMENT["channels"][topic.name]["bindings"]["kafka"]
        assert (binding["topic"], binding["partitions"]) == (topic.name, topic.partitions)


def test_every_topic_has_one_writer_and_its_readers() -> None:
    said: dict[tuple[str, str], int] = {}
    for operation in DOCUMENT["operations"].values():
        topic = operation["channel"]["$ref"].removeprefix("#/channels/")
        said[topic, operation["action"]] = said.get((topic, operation["action"]), 0) + 1
    for topic in TOPICS:
        assert said[topic.name, "send"] == 1
        assert said.get((topic.name, "receive"), 0) == len(topic.readers)


def test_messages_are_the_events() -> None:
    assert set(DOCUMENT["components"]["messages"]) == {*MODELS, *MESSAGES.values()}
    for topic in EVENT_TOPICS:
        assert set(DOCUMENT["channels"][topic.name]["messages"]) == set(topic.events)


def test_the_directorys_and_the_audits_topics_carry_their_entries() -> None:
    for topic in (*DIRECTORY_TOPICS, *AUDIT_TOPICS):
        assert set(DOCUMENT["channels"][topic.name]["messages"]) == {MESSAGES[topic.name]}


def test_a_trace_may_be_there_and_need_not() -> None:
    for name in MODELS:
        message = DOCUMENT["components"]["messages"][name]
        assert "ce_traceparent" in message["headers"]["properties"]
        assert "ce_traceparent" not in message["headers"]["required"]
        assert "ce_hash" in message["headers"]["required"]


def test_every_reference_leads_somewhere() -> None:
    references = list(_references(DOCUMENT))
    assert references
    for reference in references:
        place: Any = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [reference for item in value.values() for reference in _references(item)]
    if isinstance(value, list):
        return [reference for item in value for reference in _references(item)]
    return []
