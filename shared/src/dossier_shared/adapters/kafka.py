"""The only module that speaks to Kafka's client: a sender of whole batches, and a source with explicit offsets.

The producer is idempotent with acks=all. After any failure a new one is made, since the old one's later batches would be refused.
The consumer is a static member (`group_instance_id`): killed and started again, it has its partitions back at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from time import monotonic, time
from typing import Literal
from zlib import crc32

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError, KafkaTimeoutError

from dossier_shared.adapters.lag import LOOK_EVERY, Lag
from dossier_shared.contracts.envelope import RawRecord, Record, partition_of
from dossier_shared.contracts.topics import topic_of
from dossier_shared.journal.hearing import Position
from dossier_shared.settings.broker import Broker
from dossier_shared.telemetry import metrics
from dossier_shared.telemetry.metrics_registry import Sample

log = structlog.get_logger()
_BATCH_BYTES = 512 * 1024
_LOOKS_FOR_TOPICS_MS = 30_000  # how long a topic that is made later stays unheard
_REJOIN_AFTER = 60.0  # seconds; a member that lost its group silently (aiokafka issue 625)
_End = Literal["sent", "refused", "away"]


class KafkaSender:
    """Sends records and answers for each whether it was acknowledged. Never raises for an outage: the caller keeps the rest."""

    def __init__(self, broker: Broker, *, client_id: str, timeout: float = 10.0) -> None:
        self.broker, self.client_id, self.timeout = broker, client_id, timeout
        self._producer: AIOKafkaProducer | None = None
        self._lock = asyncio.Lock()

    async def _ready(self) -> AIOKafkaProducer:
        async with self._lock:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    **self.broker.client(),
                    client_id=self.client_id,
                    enable_idempotence=True,
                    acks="all",
                    max_batch_size=_BATCH_BYTES,
                    request_timeout_ms=int(self.timeout * 1000),
                    retry_backoff_ms=50,
                )
                try:
                    await asyncio.wait_for(producer.start(), self.timeout)
                except BaseException:
                    with suppress(Exception):
                        await producer.stop()
                    raise
                self._producer = producer
            return self._producer

    async def available(self) -> bool:
        try:
            await self._ready()
        except (KafkaError, TimeoutError, OSError):
            return False
        return True

    async def reachable(self) -> bool:
        """Asks the broker now."""
        with suppress(KafkaError, TimeoutError, OSError):
            return bool(await (await self._ready()).client.force_metadata_update())
        return False

    async def missing(self, topics: Sequence[str]) -> list[str]:
        """The topics the broker does not have, or does not show to who has no right to them. Asks it now."""
        with suppress(KafkaError, TimeoutError, OSError):
            found = (await (await self._ready()).client.fetch_all_metadata()).topics()
            return [topic for topic in topics if topic not in found]
        return []

    async def send(self, topic: str, records: Sequence[Record]) -> list[bool]:
        acked = [False] * len(records)
        try:
            producer = await self._ready()
        except (KafkaError, TimeoutError, OSError) as error:
            log.warning("broker away", error=repr(error)[:200])
            return acked
        partitions = found.partitions if (found := topic_of(topic)) is not None else 1
        by_partition: dict[int, list[int]] = {}
        for index, record in enumerate(records):
            by_partition.setdefault(partition_of(record.key.decode("utf-8", "replace"), partitions), []).append(index)
        jobs = [
            self._send_partition(producer, topic, partition, records, indexes, acked)
            for partition, indexes in by_partition.items()
        ]
        ends = await asyncio.gather(*jobs)
        if any(end != "sent" for end in ends):
            await self._recreate(producer)
            refused = [indexes for indexes, end in zip(by_partition.values(), ends, strict=True) if end == "refused"]
            await self._send_singly(topic, partitions, records, refused, acked)
        return acked

    async def _send_partition(
        self,
        producer: AIOKafkaProducer,
        topic: str,
        partition: int,
        records: Sequence[Record],
        indexes: Sequence[int],
        acked: list[bool],
    ) -> _End:
        """All records of one partition, in order, in as few batches as fit; stops at the first batch that fails."""
        now = int(time() * 1000)
        position = 0
        while position < len(indexes):
            batch = producer.create_batch()
            first = position
            while position < len(indexes):
                end = _run_end(records, indexes, position)
                run = [records[index] for index in indexes[position:end]]
                if position > first and batch.size() + sum(map(_size, run)) > _BATCH_BYTES:
                    break
                for record in run:
                    if (
                        batch.append(timestamp=now, key=record.key, value=record.value or None, headers=record.headers)
                        is None
                    ):
                        log.error("more than a batch holds", topic=topic)
                        return "refused"
                position = end
            batch.close()
            try:
                future = await producer.send_batch(batch, topic, partition=partition)
                await asyncio.wait_for(future, self.timeout + 5)
            except (KafkaError, TimeoutError, OSError) as error:
                log.warning("batch not acknowledged", topic=topic, partition=partition, error=repr(error)[:200])
                final = (
                    isinstance(error, KafkaError) and not error.retriable and not isinstance(error, KafkaTimeoutError)
                )
                return "refused" if final else "away"
            for index in indexes[first:position]:
                acked[index] = True
        return "sent"

    async def _send_singly(
        self,
        topic: str,
        partitions: int,
        records: Sequence[Record],
        by_partition: Sequence[Sequence[int]],
        acked: list[bool],
    ) -> None:
        """One bad record must not hold back those that shared its batch; records already acknowledged are left alone."""
        for indexes in by_partition:
            position = 0
            while position < len(indexes):
                end = _run_end(records, indexes, position)
                run, position = indexes[position:end], end
                if acked[run[0]]:
                    continue
                try:
                    producer = await self._ready()
                except (KafkaError, TimeoutError, OSError):
                    return
                partition = partition_of(records[run[0]].key.decode("utf-8", "replace"), partitions)
                how = await self._send_partition(producer, topic, partition, records, run, acked)
                if how != "sent":
                    await self._recreate(producer)
                if how == "away":
                    return

    async def _recreate(self, failed: AIOKafkaProducer) -> None:
        async with self._lock:
            if self._producer is failed:
                self._producer = None
        await _abandon(failed)

    async def stop(self) -> None:
        if self._producer is not None:
            with suppress(Exception):
                await asyncio.wait_for(self._producer.stop(), 5)
            self._producer = None


def _run_end(records: Sequence[Record], indexes: Sequence[int], start: int) -> int:
    """Where the neighbours with the same key end: they share a record batch, so that all are appended or none.

    What fits in no batch is no run (dead letters may be of any size; a publisher keeps its tails far below).
    """
    end, key = start + 1, records[indexes[start]].key
    size = _size(records[indexes[start]])
    while end < len(indexes) and records[indexes[end]].key == key:
        size += _size(records[indexes[end]])
        if size > _BATCH_BYTES - 100:
            break
        end += 1
    return end


def _size(record: Record) -> int:
    """At least what it takes in a batch."""
    return len(record.key) + len(record.value) + sum(len(name) + len(value) + 8 for name, value in record.headers) + 64


async def _abandon(producer: AIOKafkaProducer) -> None:
    """Stops it; where it will not be flushed in time, cuts it off, so that it neither lingers nor sends later."""
    try:
        await asyncio.wait_for(producer.stop(), 2)
    except Exception:
        with suppress(Exception, asyncio.CancelledError):
            await asyncio.wait_for(producer._sender.close(), 1)
        with suppress(Exception):
            await asyncio.wait_for(producer.client.close(), 1)


# Seconds between a fetch of few records and the next: what comes alone is served at once, a thin stream makes batches worth their
# write, and a thick one is not held up.
PACE, FEW = 0.1, 200
_WORTHWHILE = 256 * 1024  # bytes the broker collects for who lingers anyway
# Who lingers does so the longer the more came last, up to three times as long as at rest: on a busy machine a dossier's events
# lie further apart, and one write of it instead of three leaves the time to others.
MANY, MOST = 1000, 3.0


def static_member(member: str, topics: Iterable[str]) -> str:
    """A name for `group.instance.id`, another for other topics: a broker gives back to a member that returns in time what it had,
    without a look at what it subscribes to by now; a release that reads one more topic would never be given it."""
    return f"{member}-{crc32(','.join(sorted(topics)).encode()):08x}"


class KafkaSource:
    """Fetches records of one consumer group; waits `linger` seconds at least for more: a dossier's events come together.

    `wait`: seconds the broker holds a fetch open while there are no records. What comes is handed on at once, but for what comes
    to a partition whose records have just been handed on: it may wait as long.
    """

    def __init__(
        self,
        broker: Broker,
        topics: Sequence[str],
        *,
        group: str,
        member: str,
        linger: float = 0.0,
        wait: float = 0.1,
        session_timeout_ms: int = 10_000,
    ) -> None:
        self.broker, self.topics, self.group, self.member = broker, tuple(topics), group, member
        self.linger, self._wait, self.session_timeout_ms = linger, wait, session_timeout_ms
        self._consumer: AIOKafkaConsumer | None = None
        self._assigned_at = self._next_at = monotonic()
        self._last, self._elsewhere = 0, False  # records given last; its topics are not those it has subscribed to
        self._lag = Lag(group)
        metrics.CONSUMER_LAG.reads(self, KafkaSource.lags)

    async def _ready(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            consumer = AIOKafkaConsumer(
                **self.broker.client(),
                group_id=self.group,
                group_instance_id=static_member(self.member, self.topics),
                client_id=self.member,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                metadata_max_age_ms=_LOOKS_FOR_TOPICS_MS,
                partition_assignment_strategy=(RangePartitionAssignor,),
                session_timeout_ms=self.session_timeout_ms,
                heartbeat_interval_ms=max(self.session_timeout_ms // 4, 500),
                max_partition_fetch_bytes=1024 * 1024,
                fetch_min_bytes=_WORTHWHILE if self.linger else 1,
                fetch_max_wait_ms=int((min(self.linger / 2, 0.5) if self.linger else self._wait) * 1000),
            )
            self._subscribe(consumer)
            try:
                await consumer.start()
            except BaseException:
                with suppress(Exception):
                    await consumer.stop()
                raise
            self._consumer = consumer
        return self._consumer

    def listen(self, topics: Sequence[str]) -> None:
        """To these topics from the next fetch on, under the same name: a member that is there is given the new ones at once."""
        self._elsewhere, self.topics = self._elsewhere or set(topics) != set(self.topics), tuple(topics)

    def _subscribe(self, consumer: AIOKafkaConsumer) -> None:
        self._elsewhere = False
        consumer.subscribe(self.topics, listener=_Moving(self._lag))

    def lags(self) -> Iterable[Sample]:
        """The lag by group, topic and partition, without those it does not know."""
        return self._lag.samples(self._consumer)

    async def watch_lag(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            if self._consumer is not None:
                with suppress(Exception):
                    await asyncio.wait_for(self._lag.look(self._consumer), LOOK_EVERY)

    @property
    def joined(self) -> bool:
        return self._consumer is not None and bool(self._consumer.assignment())

    async def fetch(self, limit: int) -> list[RawRecord]:
        consumer = await self._ready()
        if self._elsewhere:
            log.info("subscribing to other topics", group=self.group, topics=self.topics)
            self._subscribe(consumer)
        paced = self._next_at - monotonic()
        await asyncio.sleep(paced)  # negative: at once
        found = await consumer.getmany(timeout_ms=200, max_records=limit)
        if consumer.assignment():
            self._assigned_at = monotonic()
        elif monotonic() - self._assigned_at > _REJOIN_AFTER:
            log.warning("no partitions for long: joining anew")
            self._assigned_at = monotonic()
            await self.reset()
            return []
        self._lag.handed_out(found)
        records: list[RawRecord] = [record for batch in found.values() for record in batch]
        if records and len(records) < limit and (self.linger or paced > 0):
            await asyncio.sleep(self.linger * min(max(self._last / MANY, 1.0), MOST))
            # While we waited the client held what came at the beginning of that time; the broker holds what came since.
            patience = 100 if self.linger else 10  # ms
            with suppress(KafkaError):  # those in hand must not be dropped with it: they would be skipped
                more = FEW
                while more >= FEW and len(records) < limit:
                    found = await consumer.getmany(timeout_ms=patience, max_records=limit - len(records))
                    self._lag.handed_out(found)
                    more = sum(map(len, found.values()))
                    records += [record for batch in found.values() for record in batch]
        self._last = len(records)
        self._next_at = monotonic() + (PACE if 0 < len(records) < FEW else 0.0)
        return records

    async def commit(self, offsets: Mapping[Position, int]) -> bool:
        consumer = await self._ready()
        places = {TopicPartition(*position): offset for position, offset in offsets.items()}
        try:
            await consumer.commit(places)
        except (CommitFailedError, IllegalStateError) as error:
            log.warning("commit refused: reading again from the committed offset", error=repr(error)[:200])
            await self.reset()
            return False
        self._lag.committed(places)
        return True

    async def rewind(self, offsets: Mapping[Position, int]) -> None:
        consumer = await self._ready()
        for position, offset in offsets.items():
            with suppress(IllegalStateError):
                consumer.seek(TopicPartition(*position), offset)

    async def reset(self) -> None:
        """Forgets everything in memory and joins the group anew."""
        consumer, self._consumer = self._consumer, None
        self._lag.forget()
        if consumer is not None:
            with suppress(Exception):
                await asyncio.wait_for(consumer.stop(), 5)

    stop = reset


class _Moving(ConsumerRebalanceListener):  # type: ignore[misc]
    """Tells when partitions come and go."""

    def __init__(self, lag: Lag) -> None:
        self._lag = lag

    def on_partitions_revoked(self, revoked: object) -> None:
        self._lag.forget()

    def on_partitions_assigned(self, assigned: object) -> None:
        self._lag.forget()


async def read_record(broker: Broker, topic: str, partition: int, offset: int) -> RawRecord | None:
    """One record by topic, partition and offset, outside any consumer group."""
    consumer = AIOKafkaConsumer(**broker.client(), enable_auto_commit=False)
    await consumer.start()
    try:
        place = TopicPartition(topic, partition)
        consumer.assign([place])
        ends = await consumer.end_offsets([place])
        if not 0 <= offset < ends[place]:
            return None
        consumer.seek(place, offset)
        found = await consumer.getmany(place, timeout_ms=5000, max_records=1)
        records: Sequence[RawRecord] = [record for batch in found.values() for record in batch]
        return records[0] if records and records[0].offset == offset else None
    finally:
        await consumer.stop()
