"""`python -m dossier_monitor.worker rebuild`: has the board counted again from offset 0, while no worker runs.

The order is such that a worker started after this ended anywhere counts right, and this can simply be run again:

1. The group is moved back to the beginning; the broker refuses it while the group has members. With all marks still there a
   worker drops what it reads as known. The other way round it would go on behind events whose marks are gone.
2. The marks are deleted. Events of those that are gone count anew, events of the others are known.
3. The board is deleted. A worker publishes it anew at every start, from its marks.
4. The group is moved back once more: a worker that came and went meanwhile went on, and had marks deleted behind it.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterable, Sequence
from time import monotonic
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from dossier_monitor.projection.records import read
from dossier_monitor.worker.app import SESSION, unread
from dossier_monitor.worker.publishing import GROUP
from dossier_shared.adapters.compacted import Follower, latest
from dossier_shared.contracts.topics import BOARD, MARKS, Topic
from dossier_shared.repair.topics import StillRunning, rewind
from dossier_shared.settings.broker import Broker

PATIENCE = SESSION * 1.5 + 3  # seconds: a worker stopped or killed counts as a member for a session
AT_ONCE = 5000  # keys

Change = tuple[bytes, bytes | None]  # key and value; None deletes


class MissingTopics(Exception):
    """The message says which."""


async def rebuild(broker: Broker) -> dict[str, Any]:
    """What it did. Raises StillRunning where a worker runs, MissingTopics."""
    began, deployments = monotonic(), unread()
    await Follower(broker, deployments.followed).once()
    heard = deployments.registry.topics()
    producer = AIOKafkaProducer(**broker.client(), acks="all", enable_idempotence=True)
    try:
        await producer.start()
        there = (await producer.client.fetch_all_metadata()).topics()
        missing = [topic for topic in (*heard, MARKS.name, BOARD.name) if topic not in there]
        if missing:
            raise MissingTopics(f"there is no topic {', '.join(missing)}: provision the topics first")
        await rewind(broker, GROUP, heard, patience=PATIENCE)
        projections = await _delete(producer, broker, MARKS)
        board = await _delete(producer, broker, BOARD)
        await rewind(broker, GROUP, heard, patience=PATIENCE)
    finally:
        await producer.stop()
    return {"service": GROUP, "marks": projections, "board": board, "seconds": round(monotonic() - began, 1)}


async def _delete(producer: AIOKafkaProducer, broker: Broker, topic: Topic) -> int:
    """Every key that has a value, in the partition in which it has it; how many."""
    deleted = 0
    for partition in range(topic.partitions):
        found = list((await latest(broker, topic.name, [partition])).items())
        for first in range(0, len(found), AT_ONCE):
            batch = found[first : first + AT_ONCE]
            emptied = ((key, value) for key, before in batch if (value := _emptied(before)) is not None)
            await _send(producer, topic, partition, [*emptied, *((key, None) for key, _ in batch)])
        deleted += len(found)
    return deleted


def _emptied(value: bytes) -> bytes | None:
    """Of a cell of the board: nodes that read along add cells up, and take no notice of a deletion."""
    body = read(value)
    return orjson.dumps({**body, "counts": {}}) if body is not None and "counts" in body else None


async def _send(producer: AIOKafkaProducer, topic: Topic, partition: int, changes: Iterable[Change]) -> None:
    sent = [await producer.send(topic.name, key=key, value=value, partition=partition) for key, value in changes]
    await asyncio.gather(*sent)


async def _told(broker: Broker) -> int:
    try:
        done = await rebuild(broker)
    except (StillRunning, MissingTopics) as why:
        return _refused(str(why), 1)
    except (KafkaError, OSError) as error:
        return _refused(f"not rebuilt, run it again: {await broker.trouble() or repr(error)[:300]}", 1)
    sys.stdout.write(json.dumps(done) + "\n")
    return 0


def command(broker: Broker, arguments: Sequence[str]) -> int:
    """The exit status: 0 when workers may be started."""
    if list(arguments) != ["rebuild"]:
        return _refused("usage: python -m dossier_monitor.worker [rebuild]", 2)
    return asyncio.run(_told(broker))


def _refused(why: str, status: int) -> int:
    sys.stderr.write(f"{why}\n")
    return status
