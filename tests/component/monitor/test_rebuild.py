"""The board counted again from offset 0: by the command, and by a worker whose offsets stand for nothing."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from pymongo import AsyncMongoClient

from dossier_monitor.projection.dossier import DossierProjection
from dossier_monitor.worker import rebuild as rebuilding
from dossier_monitor.worker.publishing import GROUP
from dossier_monitor.worker.rebuild import Change
from dossier_shared.adapters.compacted import latest
from dossier_shared.contracts.envelope import Record
from dossier_shared.contracts.topics import BOARD, MARKS, PARTITIONS, REVIEWED, Topic
from dossier_shared.settings.broker import Broker

from ...unit.monitor.stories import lives  # noqa: TID252
from .conftest import Watch
from .test_monitor import Eventually, agrees, shown
from .test_workers import all_committed

pytestmark = pytest.mark.long

WORKER, REBUILD = "monitor-worker", "dossier_monitor.worker rebuild"
EVERYWHERE = range(PARTITIONS)


async def run(watch: Watch, command: str, status: int = 0) -> str:
    """What a process's own program says, with its environment, as an operator runs it."""
    module, argument = command.split()
    name = {"dossier_monitor": "monitor", "dossier_monitor.worker": WORKER}[module]
    env, pipe = {**os.environ, **watch.stack.env(name)}, asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, argument, env=env, stdout=pipe, stderr=pipe
    )
    out, err = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == status, (out, err)
    return (err if status else out.splitlines()[-1]).decode()


async def stored(watch: Watch, topic: Topic = MARKS) -> dict[bytes, bytes]:
    return await latest(watch.stack.broker, topic.name, EVERYWHERE)


async def delete(watch: Watch, keys: Iterable[bytes]) -> None:
    """Marks, one by one."""
    async with AIOKafkaProducer(bootstrap_servers=watch.stack.kafka) as producer:
        for partition in EVERYWHERE:
            found = await latest(watch.stack.broker, MARKS.name, [partition])
            for key in found.keys() & set(keys):
                await producer.send_and_wait(MARKS.name, key=key, partition=partition)


async def some(watch: Watch, eventually: Eventually, seed: int) -> None:
    """Counted, and committed: by itself no worker would read them again."""
    await watch.feed(event for story in lives(60, seed) for event in story)
    await agrees(watch, eventually)
    await eventually(lambda: all_committed(watch.stack.kafka), within=20)


@pytest.mark.timeout(300)
async def test_a_wrong_number_is_mended(watch: Watch, eventually: Eventually) -> None:
    """Also where it is one of an agency that no event names, and on the node that has it in memory."""
    await some(watch, eventually, 801)
    await watch.stack.stop(WORKER)
    wrong = []
    for key, value in list((await stored(watch)).items())[:20]:
        projection = DossierProjection.decode(value)
        projection.agency, projection.messages = "NOWHERE", 1000
        wrong.append(Record(key, projection.encode(), []))
    assert all(await watch.sender.send(MARKS.name, wrong))
    await watch.stack.start(WORKER)

    async def goes_on_wrong() -> bool:
        return shown(await watch.board()).get("NOWHERE", {}).get("messages") == 20_000

    await eventually(goes_on_wrong, within=30)
    await watch.stack.stop(WORKER)
    projections, board = len(await stored(watch)), len(await stored(watch, BOARD))
    done = json.loads(await run(watch, REBUILD))
    assert (done["service"], done["marks"], done["board"]) == (WORKER, projections, board)
    assert (await stored(watch), await stored(watch, BOARD)) == ({}, {})
    await watch.stack.start(WORKER)
    assert "NOWHERE" not in shown(await agrees(watch, eventually))
    assert len(await stored(watch)) == projections
    await watch.stack.restart("monitor")  # who reads the board from its beginning sees the same
    await agrees(watch, eventually)


@pytest.mark.timeout(180)
async def test_while_a_worker_runs_nothing_is_touched(watch: Watch, eventually: Eventually) -> None:
    await some(watch, eventually, 802)
    before = await stored(watch)
    said = await run(watch, REBUILD, 1)
    assert "stop every replica of it first" in said
    assert said.count("\n") == 1
    assert await stored(watch) == before
    await agrees(watch, eventually)
    assert (await run(watch, "dossier_monitor.worker rebiuld", 2)).startswith("usage: ")


async def test_what_is_missing_is_told_in_a_line(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rebuilding, "MARKS", replace(MARKS, name="no.marks"))
    for broker, said in (
        (watch.stack.broker, "there is no topic no.marks: provision the topics first\n"),
        (Broker("127.0.0.1:1"), "not rebuilt, run it again: 127.0.0.1:1 cannot be reached"),
    ):
        assert await asyncio.to_thread(rebuilding.command, broker, ["rebuild"]) == 1
        err = capsys.readouterr().err
        assert err.startswith(said)
        assert err.count("\n") == 1


@pytest.mark.timeout(180)
async def test_lost_marks_are_counted_again_without_the_command(watch: Watch, eventually: Eventually) -> None:
    await some(watch, eventually, 803)
    await watch.stack.stop(WORKER)
    projections = await stored(watch)
    await delete(watch, projections)
    await watch.stack.start(WORKER)
    await agrees(watch, eventually)
    assert (await stored(watch)).keys() == projections.keys()
    await watch.stack.kill(WORKER)  # what is left where it began again must not be lost by a second start
    await some_more(watch, 804)
    await watch.stack.start(WORKER)
    await agrees(watch, eventually)


async def some_more(watch: Watch, seed: int) -> None:
    await watch.feed(event for story in lives(60, seed) for event in story)


class Died(Exception):
    """Stands in for the end of the process."""


async def in_small_lots(watch: Watch, patch: pytest.MonkeyPatch, at: str, then: Callable[[], Awaitable[None]]) -> None:
    """Rebuilds; `then` comes once, before the first batch of the marks, after it, or in the midst of the board."""
    size, really = 2, rebuilding._send
    by_partition = [await latest(watch.stack.broker, MARKS.name, [partition]) for partition in EVERYWHERE]
    batches = sum(-(-len(found) // size) for found in by_partition)
    left = {"before": 0, "a few marks": 1, "half of the board": batches + 5}[at]

    async def send(producer: AIOKafkaProducer, topic: Topic, partition: int, changes: Iterable[Change]) -> None:
        nonlocal left
        left -= 1
        if left == -1:
            await then()
        await really(producer, topic, partition, changes)

    with patch.context() as during:
        during.setattr(rebuilding, "_send", send)
        during.setattr(rebuilding, "AT_ONCE", size)
        await rebuilding.rebuild(watch.stack.broker)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("at", ["before", "a few marks", "half of the board"])
async def test_ended_anywhere_it_leaves_what_a_worker_counts_right(
    watch: Watch, eventually: Eventually, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    await some(watch, eventually, 805)
    await watch.stack.stop(WORKER)

    async def die() -> None:
        raise Died

    with pytest.raises(Died):
        await in_small_lots(watch, monkeypatch, at, die)
    await watch.stack.start(WORKER)
    await agrees(watch, eventually)
    await watch.stack.restart(WORKER)
    await agrees(watch, eventually)


@pytest.mark.timeout(300)
async def test_a_worker_that_comes_and_goes_meanwhile_loses_nothing(
    watch: Watch, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    await some(watch, eventually, 806)
    await watch.stack.stop(WORKER)

    async def come_and_go() -> None:
        await watch.stack.start(WORKER)
        await agrees(watch, eventually)
        await eventually(lambda: all_committed(watch.stack.kafka), within=20)
        await watch.stack.kill(WORKER)

    await in_small_lots(watch, monkeypatch, "a few marks", come_and_go)
    await watch.stack.start(WORKER)
    await agrees(watch, eventually)


async def commit(watch: Watch, eventually: Eventually, offsets: dict[TopicPartition, int]) -> None:
    """Once the group is empty: a worker that was stopped counts as a member for a session."""
    async with AIOKafkaConsumer(
        bootstrap_servers=watch.stack.kafka, group_id=GROUP, enable_auto_commit=False
    ) as consumer:
        consumer.assign(list(offsets))

        async def committed() -> bool:
            try:
                await consumer.commit(offsets)
            except KafkaError as error:
                raise AssertionError from error
            return True

        await eventually(committed, within=30)


@pytest.mark.timeout(180)
async def test_offsets_beyond_the_end_of_a_topic_lose_nothing(watch: Watch, eventually: Eventually) -> None:
    """As where topics came back from a mirror, and how far each group had read from somewhere else."""
    await some(watch, eventually, 807)
    await watch.stack.stop(WORKER)
    await commit(watch, eventually, {TopicPartition(REVIEWED.name, partition): 1_000_000 for partition in EVERYWHERE})
    await watch.stack.start(WORKER)
    await some(watch, eventually, 808)


@pytest.mark.timeout(180)
async def test_timelines_are_told_again_on_an_empty_database(watch: Watch, eventually: Eventually) -> None:
    await some(watch, eventually, 811)
    await watch.stack.stop("monitor")
    async with AsyncMongoClient[dict[str, Any]](watch.stack.mongodb) as mongo:
        await mongo.drop_database("dossier_monitor")
    assert json.loads(await run(watch, "dossier_monitor recover"))["whole"]
    await watch.stack.start("monitor")
    raw = await watch.raw()
    events = [event for event in raw if event.dossier == raw[0].dossier]
    answer = await watch.client.get(f"/api/v1/timelines/{events[0].dossier}", headers=await watch.headers("admin"))
    assert len(answer.json()["entries"]) == len({(event.source, event.seq) for event in events})
