"""The worker, put together: Faust brings records and the table, `Aggregates` folds, `Publishing` tells the board."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

import faust
import structlog
from aiokafka.admin import AIOKafkaAdminClient
from faust.types import TP

from dossier_monitor.feed import Feed
from dossier_monitor.records import read
from dossier_monitor.settings import WorkerSettings
from dossier_monitor.worker.aggregates import Aggregates
from dossier_monitor.worker.publishing import Publishing
from dossier_shared.kafka import KafkaSender
from dossier_shared.topics import DOSSIER_TOPICS, MARKS, PARTITIONS

log = structlog.get_logger()
BATCH, WITHIN = 1000, 0.05
_RAW: dict[str, Any] = {
    "key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw", "allow_empty": True,
}  # fmt: skip
STORE_WITHIN = 8.0  # seconds a batch in hand has to be stored when the worker is told to stop


class Worker:
    def __init__(self, settings: WorkerSettings) -> None:
        self.settings = settings
        self.sender = KafkaSender(settings.kafka_bootstrap_servers, client_id=settings.member_id)
        self.aggregates = Aggregates(
            self.sender, by_events=settings.judged_by == "events", wall=lambda: time.time_ns() // 1000
        )
        self.publishing = Publishing(self.aggregates, self.sender, self._ends, settings.member_id)
        self.topics_there = False
        self.app = _faust_app(settings)
        self._publisher: asyncio.Task[None] | None = None
        self._source = self.app.topic(*(topic.name for topic in DOSSIER_TOPICS), **_RAW)
        self._table = self.app.Table(
            "marks",
            key_type=bytes,
            value_type=bytes,
            partitions=PARTITIONS,
            use_partitioner=True,
            changelog_topic=self.app.topic(MARKS.name, partitions=PARTITIONS, compacting=True, **_RAW),
            on_recover=self._recovered,
        )
        self.app.agent(self._source, name="fold")(self._fold)
        self.app.task(self._publish)
        self.app.on_partitions_revoked.connect(self._revoked, weak=False)

    def checks(self) -> dict[str, bool | str]:
        return {"topics": self.topics_there, "recovered": bool(self.publishing.owned)}

    async def _fold(self, stream: Any) -> None:
        async for events in stream.take_events(BATCH, within=WITHIN):
            work = asyncio.ensure_future(self.aggregates.take([event.message for event in events]))
            try:
                await asyncio.shield(work)
            except asyncio.CancelledError:
                await asyncio.wait([work], timeout=STORE_WITHIN)
                self._demand_stored(work)
                raise
            except Exception:
                self._demand_stored(work)

    def _demand_stored(self, work: asyncio.Future[None]) -> None:
        """Leaving the loop acknowledges the batch, whatever became of it: better to die, and read it again."""
        if not work.done() or work.cancelled() or work.exception() is not None:
            log.critical("batch not stored: ending at once", exc_info=work.exception() if work.done() else None)
            os._exit(1)

    async def _publish(self) -> None:
        self._publisher = asyncio.current_task()
        await self.publishing.run()

    async def _recovered(self) -> None:
        """The table is back, after a start or a rebalance; nothing is read before this returns."""
        pause = 0.1
        while True:
            try:
                await self._take_over()
                return
            except Exception as error:
                log.warning("cannot take over yet", error=repr(error)[:300])
                await asyncio.sleep(pause)
                pause = min(pause * 2, 3.0)

    async def _take_over(self) -> None:
        published: list[dict[str, Any]] = []
        feed = Feed(
            self.settings.kafka_bootstrap_servers,
            lambda values: published.extend(body for body in map(read, values) if body is not None),
        )
        await feed.once()
        names = {topic.name for topic in DOSSIER_TOPICS}
        owned = frozenset(tp.partition for tp in self.app.consumer.assignment() if tp.topic in names)
        committed = await self._committed(owned)
        self.aggregates.recovered(self._table.data.data, owned, committed, published)
        self.publishing.owned = owned
        log.info("ready", partitions=sorted(owned), dossiers=len(self.aggregates.table))

    async def _revoked(self, *_: object, **__: object) -> None:
        self.publishing.owned = frozenset()

    async def _committed(self, owned: frozenset[int]) -> dict[tuple[str, int], int]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.settings.kafka_bootstrap_servers)
        await admin.start()
        try:
            found = await admin.list_consumer_group_offsets(self.app.conf.id)
        finally:
            await admin.close()
        return {
            (tp.topic, tp.partition): at.offset for tp, at in found.items() if tp.partition in owned and at.offset >= 0
        }

    async def _ends(self, owned: frozenset[int]) -> dict[tuple[str, int], int]:
        places = [TP(topic.name, partition) for topic in DOSSIER_TOPICS for partition in owned]
        found = await self.app.consumer.highwaters(*places)
        return {(tp.topic, tp.partition): end or 0 for tp, end in found.items()}

    async def stop(self) -> None:
        if self._publisher is not None:
            self._publisher.cancel()
        await self.sender.stop()


def _faust_app(settings: WorkerSettings) -> Any:
    brokers = ";".join(f"kafka://{server.strip()}" for server in settings.kafka_bootstrap_servers.split(","))
    app = faust.App(
        "monitor-worker",
        broker=brokers,
        store="memory://",
        datadir=settings.data,
        web_enabled=False,
        topic_partitions=PARTITIONS,
        topic_disable_leader=True,
        consumer_group_instance_id=settings.member_id,  # killed and started again, it is back at once
        consumer_max_fetch_size=4 * 1024 * 1024,
        broker_client_id=settings.member_id,
        broker_session_timeout=10.0,
        broker_heartbeat_interval=2.5,
        broker_commit_interval=1.0,
        stream_wait_empty=False,
        worker_redirect_stdouts=False,
    )
    app.finalize()
    return app
