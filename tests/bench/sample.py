"""What one dossier of a recorded run left behind: its records and its documents. The floor repeats them, byte for byte."""

from __future__ import annotations

import pickle
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from pymongo import MongoClient
from tests.bench.pipeline import SERVICES

from dossier_local.stack import Stack
from dossier_shared.contracts.topics import DOSSIER_TOPICS, PARTITIONS


class Sample(NamedTuple):
    records: dict[str, list[tuple[bytes, list[tuple[str, bytes]]]]]  # by topic: value and headers, in order
    documents: dict[str, dict[str, Any]]  # by service
    indexes: dict[str, list[dict[str, Any]]]  # by service, as `list_indexes` tells


async def take(stack: Stack) -> Sample:
    """Of the newest delivered dossier; the databases are read directly."""
    with MongoClient[dict[str, Any]](stack.mongodb) as client:
        tables = {name: client[f"dossier_{name}"]["dossiers"] for name in SERVICES}
        newest = tables["intake"].find_one(
            {"state.status": "delivered", "version": {"$gte": 2}}, sort=[("$natural", -1)]
        )
        if newest is None:
            raise RuntimeError("no delivered dossier to sample")
        dossier = newest["_id"]
        documents = {name: table.find_one({"_id": dossier}) or {} for name, table in tables.items()}
        indexes = {name: [dict(one) for one in table.list_indexes()] for name, table in tables.items()}
    return Sample(await _records(stack.kafka, dossier.encode()), documents, indexes)


def writes(stack: Stack, dossiers: int) -> dict[str, float]:
    """Mean number of writes per dossier in each service, of the newest `dossiers`."""
    with MongoClient[dict[str, Any]](stack.mongodb) as client:
        newest = {
            name: client[f"dossier_{name}"]["dossiers"].find({}, {"version": 1}).sort("$natural", -1).limit(dossiers)
            for name in SERVICES
        }
        return {name: fmean(document["version"] for document in found) for name, found in newest.items()}


async def _records(bootstrap: str, key: bytes) -> dict[str, list[tuple[bytes, list[tuple[str, bytes]]]]]:
    found: dict[str, list[tuple[bytes, list[tuple[str, bytes]]]]] = {topic.name: [] for topic in DOSSIER_TOPICS}
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    try:
        places = [TopicPartition(topic.name, n) for topic in DOSSIER_TOPICS for n in range(PARTITIONS)]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        left = {place for place, end in ends.items() if end > 0}
        while left:
            for place, records in (await consumer.getmany(timeout_ms=1000)).items():
                for record in records:
                    if record.key == key:
                        found[place.topic].append((record.value, list(record.headers)))
                if records and records[-1].offset + 1 >= ends[place]:
                    left.discard(place)
    finally:
        await consumer.stop()
    return found


def save(sample: Sample, path: Path) -> None:
    path.write_bytes(pickle.dumps(tuple(sample)))


def load(path: Path) -> Sample:
    return Sample(*pickle.loads(path.read_bytes()))
