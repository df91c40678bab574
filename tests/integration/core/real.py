"""The scenarios' world on the real broker and the real database.

The topics are everybody's: a scenario begins at their ends, with dossiers of its own, in a database of its own.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, TopicPartition

from dossier_shared.adapters.kafka import KafkaSender, KafkaSource
from dossier_shared.adapters.mongo import Client, DossierCollection, WaitingTable, connect, database
from dossier_shared.contracts.envelope import RawRecord, Record
from dossier_shared.contracts.topics import BY_NAME, dead_letter, resend_request
from dossier_shared.journal.consumer import WaitingRoom
from dossier_shared.journal.hearing import Position
from dossier_shared.journal.publisher import Sender
from dossier_shared.settings.broker import Broker

from ...unit.core.toy import SOURCE, TOPIC  # noqa: TID252
from ...unit.core.world import HEARD, Rejoining, Store, World  # noqa: TID252


class Connections:
    """What all scenarios share: joining a group and starting a producer take longer than a scenario."""

    def __init__(self, kafka: str, mongodb: str) -> None:
        self.kafka, self.mongodb = kafka, mongodb
        self.sender = KafkaSender(Broker(kafka), client_id="scenarios", timeout=5)
        self.source = KafkaSource(Broker(kafka), HEARD, group=f"scenarios-{uuid4().hex}", member="scenarios-1")
        self.reader = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
        self.client: Client = connect(mongodb)

    async def start(self) -> None:
        await self.reader.start()

    async def stop(self) -> None:
        await self.source.stop()
        await self.sender.stop()
        await self.reader.stop()
        self.client.close()

    async def ends(self, *topics: str) -> dict[Position, int]:
        places = [TopicPartition(topic, n) for topic in topics for n in range(BY_NAME[topic].partitions)]
        return {Position(*place): end for place, end in (await self.reader.end_offsets(places)).items()}

    async def read(self, begin: dict[Position, int], end: dict[Position, int]) -> list[RawRecord]:
        wanted = {TopicPartition(*place): offset for place, offset in end.items() if offset > begin[place]}
        if not wanted:
            return []
        self.reader.assign(list(wanted))
        for place in wanted:
            self.reader.seek(place, begin[Position(*place)])
        records: list[RawRecord] = []
        while any([await self.reader.position(place) < offset for place, offset in wanted.items()]):
            for batch in (await self.reader.getmany(timeout_ms=200)).values():
                records += batch
        return sorted(records, key=lambda record: (record.partition, record.offset))


class RealWorld(World):
    def __init__(self, connections: Connections) -> None:
        super().__init__()
        self.to = connections
        self.name = f"scenario_{uuid4().hex}"
        self.db = database(connections.client, self.name)
        self.begin: dict[Position, int] = {}

    async def open(self) -> None:
        await DossierCollection(self.db, SOURCE).ensure_indexes()
        await WaitingTable(self.db).ensure_indexes()
        await self.to.source.fetch(1)
        self.begin = await self.to.ends(*HEARD, TOPIC, dead_letter(SOURCE), resend_request(SOURCE))
        await self.to.source.commit({place: end for place, end in self.begin.items() if place.topic in HEARD})

    async def close(self) -> None:
        await self.to.client.drop_database(self.name)

    def _store(self) -> Store:
        return DossierCollection(self.db, SOURCE)

    def _sender(self) -> Sender:
        return self.to.sender

    def _source(self) -> Rejoining:
        return self.to.source

    def _waiting(self) -> WaitingRoom:
        return WaitingTable(self.db)

    async def document(self, dossier: str) -> dict[str, Any]:
        found = await self.db["dossiers"].find_one({"_id": dossier})
        assert found is not None, "nothing is written of it"
        return found

    async def records(self, topic: str) -> list[RawRecord]:
        return await self.to.read(self.begin, await self.to.ends(topic))

    async def put_raw(self, topic: str, *records: Record) -> None:
        if not all(await self.to.sender.send(topic, list(records))):
            raise RuntimeError("the broker did not take it")
        ends = await self.to.ends(*HEARD)
        self.ends = {place: end for place, end in ends.items() if end > self.begin[place]}
