"""The worker, put together: Faust shares out partitions and brings records, `Aggregates` folds, `Publishing` tells the board."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any

import faust
import structlog
from aiokafka.admin import AIOKafkaAdminClient
from faust.types import TP

from dossier_monitor.projection.records import read
from dossier_monitor.settings import WorkerSettings
from dossier_monitor.worker.aggregates import Aggregates
from dossier_monitor.worker.assignor import Assignor
from dossier_monitor.worker.batches import Transport
from dossier_monitor.worker.publishing import GROUP, Publishing
from dossier_shared.adapters.compacted import SELDOM, Follower, latest
from dossier_shared.adapters.kafka import KafkaSender, static_member
from dossier_shared.contracts.envelope import partition_of
from dossier_shared.contracts.topics import BOARD, DOSSIER_TOPICS, MARKS, PARTITIONS
from dossier_shared.runtime.deployments import Deployments
from dossier_shared.runtime.keys import Keys
from dossier_shared.settings.broker import Broker
from dossier_shared.telemetry import vitals

log = structlog.get_logger()
BATCHES, WITHIN = 24, 0.02  # a batch: all topics' partitions once, or what came within so many seconds
RECORDS = 2000  # of one fetch, at most
COMMIT_EVERY = 1.0  # seconds
SESSION = 10.0  # seconds a silent worker still counts as a member of the group
STORE_WITHIN = 8.0  # seconds a batch in hand has to be stored when the worker is told to stop


class Worker:
    """While partitions move, nothing is folded: what is in hand is stored first, what is buffered is dropped and read again.

    Offsets are committed after what they stand for is stored.
    """

    def __init__(self, settings: WorkerSettings, deployments: Deployments | None = None) -> None:
        """`deployments`: read to the end already. Faust subscribes once: where there are topics that were not there then, the
        process begins anew in its own place (`anew`)."""
        self.settings, deployments = settings, deployments or unread()
        self.registry, self.heard = deployments.registry, deployments.registry.topics()
        self.registry.on_change.append(self._compare)
        self.anew = False
        self.sender = KafkaSender(settings.broker, client_id=settings.member_id)
        self.keys = Keys([topic.name for topic in DOSSIER_TOPICS], settings.event_signatures)
        self.aggregates = Aggregates(
            self.sender,
            by_events=settings.judged_by == "events",
            wall=lambda: time.time_ns() // 1000,
            keys=self.keys.ring,
            registry=self.registry,
        )
        self.publishing = Publishing(self.aggregates, self.sender, self._ends, settings.member_id, self.heard)
        self.app = _faust_app(settings, self.heard)
        self._settled = asyncio.Event()  # the marks of what is assigned are in memory
        self._folding = asyncio.Lock()
        self._next: dict[tuple[str, int], int] = {}  # offset to come, per topic and partition
        self._given = asyncio.Event()  # partitions are assigned, and not being moved
        self._moves = 0
        self._source = self.app.topic(*self.heard, key_serializer="raw", value_serializer="raw", acks=False)
        self.app.agent(self._source, name="fold")(self._fold)
        self.app.task(self.publishing.run)
        self.app.task(self._commit)
        self.app.task(self._watch)
        self.app.task(Follower(settings.broker, self.keys.followed, deployments.followed, rest=SELDOM).run)
        self.app.task(vitals.watch_loop)
        self.app.on_partitions_revoked.connect(self._revoked, weak=False)
        self.app.on_partitions_assigned.connect(self._assigned, weak=False)
        self.app.on_rebalance_complete.connect(self._settle, weak=False)

    def checks(self) -> dict[str, bool | str]:
        return {"topics": True, "recovered": self._settled.is_set()}

    def _compare(self) -> None:
        """As if it had been killed and started again by who looks after it: what is not stored is read again."""
        if set(self.registry.topics()) <= set(self.heard) or self.anew:
            return
        log.warning("there are deployments that were not there: beginning anew", topics=self.registry.topics())
        self.anew = True
        self._beginning = asyncio.ensure_future(self._begin_anew())

    async def _begin_anew(self) -> None:
        """Between two batches, where there is a pause within the time of one."""
        with suppress(TimeoutError):
            async with asyncio.timeout(STORE_WITHIN):
                await self._folding.acquire()
        os.execv(sys.executable, [sys.executable, "-m", "dossier_monitor.worker"])  # noqa: S606 - as it was started

    async def _watch(self) -> None:
        await vitals.watch_stack(self.sender.reachable, None)

    async def _fold(self, stream: Any) -> None:
        async for events in stream.take_events(BATCHES, within=WITHIN):
            work = asyncio.ensure_future(self._take([event.message for event in events]))
            try:
                await asyncio.shield(work)
            except asyncio.CancelledError:
                if self._folding.locked():
                    await asyncio.wait([work], timeout=STORE_WITHIN)
                    self._demand_stored(work)
                work.cancel()
                raise
            except Exception:
                self._demand_stored(work)

    async def _take(self, batches: Sequence[Any]) -> None:
        """Lots of an earlier assignment are dropped: they are read again from the committed offset, by whoever it is now."""
        await self.keys.ring.known()
        await self.registry.current()
        await self._settled.wait()
        async with self._folding:
            generation = self.app.consumer_generation_id if self._settled.is_set() else None
            records = [record for batch in batches if batch.generation_id == generation for record in batch.value]
            self._demand_whole(records)
            await self.aggregates.take(records)

    def _demand_whole(self, records: Sequence[Any]) -> None:
        """What is committed covers all before it, so nothing may be missing between two batches of a partition."""
        for record in records:
            place = (record.topic, record.partition)
            if record.offset > self._next[place]:
                raise RuntimeError(f"{place}: {record.offset} came, {self._next[place]} has not")
            self._next[place] = record.offset + 1

    async def _commit(self) -> None:
        """The aggregates' positions stand for what is stored, whenever they are looked at."""
        done: dict[TP, int] = {}
        while True:
            await asyncio.sleep(COMMIT_EVERY)
            positions = {TP(*place): offset for place, offset in self.aggregates.positions.items()}
            if self._settled.is_set() and positions and positions != done and await self.app.consumer.store(positions):
                done = positions

    def _demand_stored(self, work: asyncio.Future[None]) -> None:
        """Leaving the loop acknowledges the batch, whatever became of it: better to die, and read it again."""
        if not work.done() or work.cancelled() or work.exception() is not None:
            log.critical("batch not stored: ending at once", exc_info=work.exception() if work.done() else None)
            os._exit(1)

    async def _revoked(self, *_: object, **__: object) -> None:
        """Answers only when the batch in hand is stored: after that the marks may be another worker's."""
        self._moves += 1
        self._given.clear()
        self._settled.clear()
        self.publishing.owned = frozenset()
        try:
            async with asyncio.timeout(STORE_WITHIN), self._folding:
                pass
        except TimeoutError:
            log.critical("batch not stored before its partitions move: ending at once")
            os._exit(1)

    async def _assigned(self, *_: object, **__: object) -> None:
        self._given.set()

    async def _settle(self, *_: object, **__: object) -> None:
        """After a start or a rebalance; Faust hands out no record before this returns."""
        pause = 0.1
        while not self._settled.is_set():
            try:
                await self._take_over()
            except Exception as error:
                log.warning("cannot take over yet", error=repr(error)[:300])
                await asyncio.sleep(pause)
                pause = min(pause * 2, 3.0)

    async def _take_over(self) -> None:
        """Reads the marks with a consumer of its own: a Faust table takes record by record, minutes where this takes seconds."""
        await self._given.wait()  # while they move, the client still tells of those it had
        began, broker, moves = monotonic(), self.settings.broker, self._moves
        owned = self._partitions()
        published = await latest(broker, BOARD.name, range(BOARD.partitions))
        projections = await latest(broker, MARKS.name, owned)
        committed = await self._committed(owned)
        places = [TP(name, partition) for name in self.heard for partition in owned]
        begin = await self.app.consumer.earliest_offsets(*places)
        committed |= await self._begin_again(projections, committed, {place: begin.get(place) or 0 for place in places})
        if moves != self._moves:  # they moved again meanwhile
            return
        self.aggregates.recovered(projections, committed, owned, filter(None, map(read, published.values())))
        self.publishing.owned = owned
        self._next = {
            (topic, partition): max(begin.get(TP(topic, partition)) or 0, committed.get((topic, partition), 0))
            for topic, partition in places
        }
        self._settled.set()
        log.info("ready", partitions=sorted(owned), dossiers=len(projections), seconds=round(monotonic() - began, 1))

    async def _begin_again(
        self, projections: Iterable[bytes], committed: Mapping[tuple[str, int], int], begin: Mapping[TP, int]
    ) -> dict[tuple[str, int], int]:
        """Moves back the offsets that stand for nothing: no mark of their partition is left, or their topic ends before them.

        It never does harm, only takes time: what had been taken up is dropped as known, and what could not be read is
        skipped again.
        """
        marked = {partition_of(id_.decode(), MARKS.partitions) for id_ in projections}
        ends = await self._ends(frozenset(place.partition for place in begin))
        moved: dict[tuple[str, int], int] = {
            place: first
            for place, first in begin.items()
            if first < (reached := committed.get(place, 0)) and (place.partition not in marked or ends[place] < reached)
        }
        if moved:
            log.warning("offsets that no mark stands behind: from the beginning again", places=sorted(moved))
            if not await self.app.consumer.store(moved):
                raise RuntimeError("the broker refused the new offsets")
        return moved

    def _partitions(self) -> frozenset[int]:
        return frozenset(place.partition for place in self.app.consumer.assignment() if place.topic in self.heard)

    async def _committed(self, owned: frozenset[int]) -> dict[tuple[str, int], int]:
        admin = AIOKafkaAdminClient(**self.settings.broker.client())
        await admin.start()
        try:
            found = await admin.list_consumer_group_offsets(self.app.conf.id)
        finally:
            await admin.close()
        return {
            (tp.topic, tp.partition): at.offset for tp, at in found.items() if tp.partition in owned and at.offset >= 0
        }

    async def _ends(self, owned: frozenset[int]) -> dict[tuple[str, int], int]:
        places = [TP(name, partition) for name in self.heard for partition in owned]
        found = await self.app.consumer.highwaters(*places)
        return {(tp.topic, tp.partition): end or 0 for tp, end in found.items()}


def unread() -> Deployments:
    return Deployments("monitor", "", [topic.name for topic in DOSSIER_TOPICS])


def member(settings: WorkerSettings, topics: Sequence[str]) -> str:
    """Of the group (decision 0038). Its plain name where it reads the topics it has always read."""
    plain = set(topics) == {topic.name for topic in DOSSIER_TOPICS}
    return settings.member_id if plain else static_member(settings.member_id, topics)


def _faust_app(settings: WorkerSettings, topics: Sequence[str]) -> Any:
    brokers = ";".join(f"kafka://{server.strip()}" for server in settings.broker.servers.split(","))
    app = faust.App(
        GROUP,
        broker=brokers,
        broker_credentials=_credentials(settings.broker),
        datadir=str(settings.data).replace("{", "{{").replace("}", "}}"),  # it is formatted once more
        web_enabled=False,
        PartitionAssignor=Assignor,
        topic_partitions=PARTITIONS,
        topic_disable_leader=True,
        consumer_group_instance_id=member(settings, topics),  # killed and started again, it is back at once
        consumer_max_fetch_size=4 * 1024 * 1024,
        broker_client_id=settings.member_id,
        broker_session_timeout=SESSION,
        broker_heartbeat_interval=2.5,
        broker_max_poll_records=RECORDS,
        stream_buffer_maxsize=BATCHES,
        table_standby_replicas=1,  # with none Faust shares out each topic by itself; a partition's topics must stay together
        stream_wait_empty=False,
        worker_redirect_stdouts=False,
    )
    app.transport = Transport(app.conf.broker_consumer, app)
    app.finalize()
    return app


def _credentials(broker: Broker) -> faust.SASLCredentials | faust.SSLCredentials | None:
    context = broker.tls_context()
    if broker.sasl:
        return faust.SASLCredentials(
            username=broker.username, password=broker.password, mechanism=broker.mechanism, ssl_context=context
        )
    return faust.SSLCredentials(context) if context is not None else None
