"""Every place where a person could stand in clear, read whole: topics, databases, files, logs, metrics."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from pymongo import AsyncMongoClient

from dossier_local.stack import Stack
from dossier_shared.contracts.topics import SERVICES

from .flock import Flock, Found

Places = dict[str, set[Found]]
"""Where somebody was seen: topic, `database.collection.field`, path."""
OWN_FILES: Final = ("mongod", "kafka", "provider")  # read through database and broker; what a provider has is outside


class Sighting:
    """What is looked at, and who was seen where."""

    def __init__(self, flock: Flock) -> None:
        self.flock, self.places, self.looked, self.size = flock, defaultdict[str, set[Found]](set), 0, 0

    def look(self, place: str, content: bytes) -> None:
        self.looked += 1
        self.size += len(content)
        if found := self.flock.found(content):
            self.places[place] |= found


async def on_topics(stack: Stack, sighting: Sighting) -> dict[str, int]:
    """All topics there are, Faust's own and the dead letters too: keys, headers and values; how many records each had."""
    counted: dict[str, int] = defaultdict(int)
    async for topic, parts in _records(stack.kafka):
        counted[topic] += 1
        for part in parts:
            sighting.look(f"topic {topic}", part)
    return counted


async def _records(kafka: str) -> AsyncIterator[tuple[str, list[bytes]]]:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        names = [name for name in await admin.list_topics() if not name.startswith("__")]
        found = await admin.describe_topics(names)
    finally:
        await admin.close()
    places = [TopicPartition(one["topic"], part["partition"]) for one in found for part in one["partitions"]]
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False, max_poll_records=5000)
    await consumer.start()
    try:
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        left = {place: end for place, end in (await consumer.end_offsets(places)).items() if end}
        while left:
            for batch in (await consumer.getmany(timeout_ms=500)).values():
                for record in batch:
                    headers = [part for name, value in record.headers for part in (name.encode(), value or b"")]
                    yield record.topic, [record.key or b"", record.value or b"", *headers]
            left = {place: end for place, end in left.items() if await consumer.position(place) < end}
    finally:
        await consumer.stop()


async def in_databases(mongo: AsyncMongoClient[dict[str, Any]], sighting: Sighting) -> None:
    """Every collection of every service, field by field; of a dossier's state down to the last name (`[]`: in each of a list)."""
    for service in SERVICES:
        db = mongo[f"dossier_{service}"]
        for name in await db.list_collection_names():
            fields: dict[str, list[bytes]] = defaultdict(list)
            async for document in db[name].find(batch_size=1000):
                for field, content in _leaves(document):
                    fields[field].append(content)
            for field, contents in fields.items():
                sighting.look(f"{service}.{name}.{field}", b"\n".join(contents))


def _leaves(value: Any, at: str = "") -> Iterator[tuple[str, bytes]]:
    """By where they stand; names of fields, too: somebody may be one."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield f"{at}.(names)", str(name).encode()
            yield from _leaves(one, f"{at}.{name}" if at else str(name))
    elif isinstance(value, list):
        for one in value:
            yield from _leaves(one, f"{at}[]")
    elif isinstance(value, bytes):
        yield at, value
    elif isinstance(value, str):
        yield at, value.encode()
    elif value is not None:
        yield at, str(value).encode()


def on_disk(stack: Stack, sighting: Sighting) -> None:
    """Logs of every process, and what services and broker keep beside the database."""
    for path in sorted(one for one in stack.folder.rglob("*") if one.is_file()):
        if path.relative_to(stack.folder).parts[0] not in OWN_FILES:
            for content in _plain(path.read_bytes()):
                sighting.look(str(path.relative_to(stack.folder)), content)


def _plain(content: bytes) -> Iterator[bytes]:
    """Itself, and what is packed in it."""
    yield content
    if content.startswith(b"PK\x03\x04"):
        with ZipFile(BytesIO(content)) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    if content.startswith(b"%PDF"):
        yield from _streams(content)


def _streams(pdf: bytes) -> Iterator[bytes]:
    for part in pdf.split(b"stream\n")[1:]:
        unpacked = zlib.decompressobj()
        try:
            yield unpacked.decompress(part)
        except zlib.error:
            continue


async def in_metrics(stack: Stack, http: httpx.AsyncClient, sighting: Sighting) -> None:
    for service in (*SERVICES, "monitor-worker"):
        answer = await http.get(f"{stack.url(service)}/metrics")
        assert answer.is_success, answer.text
        sighting.look(f"{service} /metrics", answer.content)


def in_answer(place: str, answer: httpx.Response, sighting: Sighting) -> None:
    """Its headers and its body; an export of spreadsheets and PDFs unpacked."""
    sighting.look(place, "\n".join(f"{name}: {value}" for name, value in answer.headers.items()).encode())
    for content in _plain(answer.content):
        sighting.look(place, content)


def listed(path: Path) -> dict[str, set[str]]:
    """By service: the fields of a dossier's state in which it keeps in clear what was sealed."""
    found: dict[str, set[str]] = defaultdict(set)
    for line in path.read_text("utf-8").splitlines():
        if words := line.partition("#")[0].split():
            found[words[0]].add(words[1])
    return found
