"""One process of the floor: the records, writes, batches and commits of one service of a recorded run, and no rules.

It decodes nothing, decides nothing, checks nothing, reads nothing back: bytes in, the sampled writes, the sampled bytes out.
Run as `python -m tests.bench.floor_process ROLE SAMPLE KAFKA MONGODB`. A line `W N` on its standard input sets the mean number
of writes per dossier to those of the recorded run, and lets intake file N dossiers.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4
from zlib import crc32

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from pymongo import InsertOne, UpdateMany, UpdateOne
from tests.bench.sample import Sample, load

from dossier_shared.adapters.mongo import connect, database
from dossier_shared.contracts.topics import PARTITIONS

TOPIC = {"intake": "submitted", "review": "reviewed", "signing": "signed", "notify": "delivered"}
HEARS = {
    "intake": ("reviewed", "signed", "delivered"),
    "review": ("submitted",),
    "signing": ("reviewed",),
    "notify": ("submitted", "signed"),
}
LAST = {"intake": "delivered", "review": "submitted", "signing": "reviewed", "notify": "signed"}  # heard of a dossier
ANSWERS = {"review": "submitted", "signing": "reviewed", "notify": "signed"}  # the topic whose events make it record
LINGER = {"intake": 1.0}
FETCH = {"intake": 5000}
BATCH = 500


class FloorProcess:
    def __init__(self, role: str, sample: Sample, kafka: str, mongodb: str) -> None:
        self.role, self.kafka = role, kafka
        self.table = database(connect(mongodb), f"floor_{role}")["dossiers"]
        self.out = f"floor.{TOPIC[role]}"
        self.records = sample.records[f"dossier.{TOPIC[role]}"]
        self.document = sample.documents[role]
        self.versions: dict[str, int] = {}
        self.mean, self.owed = 1.0, 0.0
        self.plan: dict[str, int] = {}  # how often a dossier is to be written
        self.record_count, self.record_seconds, self.update_count, self.update_seconds = 0, 0.0, 0, 0.0

    async def run(self) -> None:
        self.producer = AIOKafkaProducer(
            bootstrap_servers=self.kafka, enable_idempotence=True, acks="all", max_batch_size=512 * 1024
        )
        await self.producer.start()
        hearing = asyncio.create_task(self.hear())
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            if line.strip() == b"report":
                print(
                    f"{self.record_count} {self.record_seconds} {self.update_count} {self.update_seconds}", flush=True
                )
            else:
                mean, dossiers = line.split()
                self.mean = float(mean)
                if self.role == "intake":
                    await self.begin(int(dossiers))
        hearing.cancel()

    async def begin(self, dossiers: int) -> None:
        """Intake's part: file `dossiers` of them in batches."""
        for at in range(0, dossiers, BATCH):
            ids = [str(uuid4()) for _ in range(min(BATCH, dossiers - at))]
            for id_ in ids:
                self.left(id_)
            await self.write(ids, records=True)
            await self.publish(ids)

    async def hear(self) -> None:
        consumer = AIOKafkaConsumer(
            *(f"floor.{name}" for name in HEARS[self.role]),
            bootstrap_servers=self.kafka,
            group_id=f"floor.{self.role}",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            partition_assignment_strategy=(RangePartitionAssignor,),
            max_partition_fetch_bytes=4 * 1024 * 1024,
            fetch_max_wait_ms=100,
        )
        await consumer.start()
        while not consumer.assignment():
            await asyncio.sleep(0.05)
        print("joined", flush=True)
        linger = LINGER.get(self.role, 0.0)
        last, answers, limit = f"floor.{LAST[self.role]}", self.role in ANSWERS, FETCH.get(self.role, 1000)
        while True:
            found = await consumer.getmany(timeout_ms=200, max_records=limit)
            if found and linger:
                await asyncio.sleep(linger)
                for place, more in (await consumer.getmany(timeout_ms=0, max_records=limit)).items():
                    found.setdefault(place, []).extend(more)
            if not found:
                continue
            final: dict[str, None] = {}
            between: dict[str, None] = {}
            ends = {}
            for place, records in found.items():
                batch = final if place.topic == last else between
                for record in records:
                    batch[record.key.decode()] = None
                ends[place] = records[-1].offset + 1
            early = [id_ for id_ in between if id_ not in final and self.left(id_) > 1]
            if early:
                await self.write(early, records=False)
            extra = [id_ for id_ in final if self.left(id_) > 1]
            while extra:
                await self.write(extra, records=False)
                extra = [id_ for id_ in extra if self.left(id_) > 1]
            if ids := [id_ for id_ in final if self.left(id_) > 0]:
                await self.write(ids, records=answers)
                if answers:
                    await self.publish(ids)
            await consumer.commit({TopicPartition(p.topic, p.partition): end for p, end in ends.items()})

    def left(self, id_: str) -> int:
        """How many writes a dossier still has, so that the mean becomes that of the recorded run."""
        if id_ not in self.plan:
            self.owed += self.mean
            self.plan[id_] = max(1, int(self.owed))
            self.owed -= self.plan[id_]
        return self.plan[id_] - self.versions.get(id_, 0)

    async def write(self, ids: Sequence[str], *, records: bool) -> None:
        """One guarded upsert (or insert) per dossier, one unordered bulk."""
        now = datetime.now(UTC)
        started = time.perf_counter()
        before = self.update_count
        ops = [self.op(id_, now, records) for id_ in ids]
        await self.table.bulk_write(ops, ordered=False)
        if self.update_count - before == len(ids):
            self.update_seconds += time.perf_counter() - started
        else:
            self.update_count = before

    def op(self, id_: str, now: datetime, records: bool) -> InsertOne[dict[str, Any]] | UpdateOne:
        version = self.versions.get(id_, 0)
        self.versions[id_] = version + 1
        document = self.document
        if version == 0:
            fresh = {**document, "_id": id_, "version": 1, "published": 0}
            if "code" in document["state"] and self.role == "intake":
                fresh["state"] = {**document["state"], "code": id_}
            if records:
                fresh["pending"] = now
            else:
                fresh |= {"journal": [], "seq": 0}
            return InsertOne(fresh)
        self.update_count += 1
        source, mark = next(reversed(document["heard"].items()))
        state = {**document["state"], "code": id_} if self.role == "intake" else document["state"]
        changes: dict[str, Any] = {f"heard.{source}": mark, "state": state}
        update: dict[str, Any] = {"$inc": {"version": 1}, "$set": changes}
        if records:
            changes |= {"seq": document["seq"], "pending": now}
            update["$push"] = {"journal": {"$each": document["journal"]}}
        return UpdateOne({"_id": id_, "version": version}, update, upsert=True)

    async def publish(self, ids: Sequence[str]) -> None:
        """The sampled records of each dossier, one record batch a partition; then the mark."""
        started = time.perf_counter()
        now = int(time.time() * 1000)
        batches: dict[int, list[bytes]] = {}
        for id_ in ids:
            key = id_.encode()
            batches.setdefault(crc32(key) % PARTITIONS, []).append(key)
        futures = []
        for partition, keys in batches.items():
            batch = self.producer.create_batch()
            for key in keys:
                for value, headers in self.records:
                    while batch.append(timestamp=now, key=key, value=value, headers=headers) is None:
                        futures.append(await self.producer.send_batch(batch, self.out, partition=partition))
                        batch = self.producer.create_batch()
            futures.append(await self.producer.send_batch(batch, self.out, partition=partition))
        self.record_seconds += time.perf_counter() - started
        self.record_count += len(ids) * len(self.records)
        await asyncio.gather(*futures)
        seq = self.document["seq"]
        mark = {"$set": {"published": seq}, "$unset": {"pending": ""}}
        await self.table.bulk_write([UpdateMany({"_id": {"$in": list(ids)}, "seq": seq}, mark)], ordered=False)


if __name__ == "__main__":
    uvloop.run(FloorProcess(sys.argv[1], load(Path(sys.argv[2])), sys.argv[3], sys.argv[4]).run())
