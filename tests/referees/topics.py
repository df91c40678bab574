"""A topic as other software reads it: librdkafka's client, CloudEvents' own SDK."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from cloudevents.kafka import KafkaMessage, from_binary
from confluent_kafka import Consumer, TopicPartition

from dossier_local.contracts.generator import schema
from dossier_shared.contracts.topics import BY_NAME

WITHIN = 60.0


def records(servers: str, topic: str) -> list[Any]:
    """Everything that is on it now. Blocks: call it in a thread."""
    consumer = Consumer(
        {"bootstrap.servers": servers, "group.id": f"others-{uuid4().hex}", "enable.auto.commit": False}
    )
    try:
        about = consumer.list_topics(topic, timeout=WITHIN).topics[topic]
        left = {}
        for number in about.partitions:
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=WITHIN)
            if high > low:
                left[number] = high
        consumer.assign([TopicPartition(topic, number, 0) for number in left])
        found, until = [], time.monotonic() + WITHIN
        while left:
            assert time.monotonic() < until, f"{topic}: not read to its end: {left}"
            for record in consumer.consume(500, timeout=1.0):
                assert record.error() is None, record.error()
                found.append(record)
                if record.offset() + 1 >= left.get(record.partition(), 0):
                    left.pop(record.partition(), None)
        return found
    finally:
        consumer.close()


def cloud_events(servers: str, topic: str) -> list[dict[str, Any]]:
    """What the SDK makes of each record; fails where it, or the published JSON Schema, does not accept one."""
    events = []
    for record in records(servers, topic):
        headers = dict(record.headers() or [])
        event = from_binary(KafkaMessage(headers, record.key().decode(), record.value()))
        assert event["specversion"] == "1.0"
        assert event["id"].startswith(f"{event['partitionkey']}:"), event["id"]
        name = event["type"].split(".")[2]
        assert name in BY_NAME[topic].events, event["type"]
        _accepted(schema(name), event.get_data())
        events.append({**event.get_attributes(), "data": event.get_data()})
    return events


def _accepted(described: Mapping[str, Any], value: Any) -> None:
    from jsonschema import Draft202012Validator

    Draft202012Validator(described).validate(value if not isinstance(value, bytes) else json.loads(value))
