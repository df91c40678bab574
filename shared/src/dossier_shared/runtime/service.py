"""The parts every service is made of, put together once: database, ledger, publisher, sweeper, consumer, readiness.

runtime = Runtime(settings, RULES)
app = create_app(settings, title=…, readiness=runtime.readiness, lifespan=runtime.lifespan)
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from itertools import groupby
from time import time_ns
from typing import Any

import structlog
from fastapi import FastAPI

from dossier_shared import tasks
from dossier_shared.adapters.compacted import SELDOM, Follower
from dossier_shared.adapters.database_check import answers, ping
from dossier_shared.adapters.files import FileStore
from dossier_shared.adapters.hearing_store import HearingStore
from dossier_shared.adapters.kafka import KafkaSender, KafkaSource
from dossier_shared.adapters.mongo import Database, DossierCollection, WaitingTable, connect, database
from dossier_shared.clock import Clock, SystemClock
from dossier_shared.contracts.deployments import needed_topics
from dossier_shared.contracts.envelope import Event, RawRecord
from dossier_shared.contracts.topics import asked_of, heard_by
from dossier_shared.journal import crash
from dossier_shared.journal.consumer import BatchConsumer
from dossier_shared.journal.dead_letters import DeadLetters
from dossier_shared.journal.dossier import Rules
from dossier_shared.journal.effects import Effects
from dossier_shared.journal.hearing import Hearing
from dossier_shared.journal.ledger import Ledger
from dossier_shared.journal.publisher import Publisher, Silent, Sweeper
from dossier_shared.journal.segments import Segments
from dossier_shared.journal.stream import Act, EventConsumer
from dossier_shared.repair.asking import Asker
from dossier_shared.repair.guard import Guard, Owned, RecoveryDue
from dossier_shared.repair.republishing import Republishing
from dossier_shared.repair.resending import Resender
from dossier_shared.runtime.deployments import Deployments
from dossier_shared.runtime.directory import Directory
from dossier_shared.runtime.keys import Keys, signing
from dossier_shared.runtime.lease import Fenced, Lease
from dossier_shared.runtime.memory import give_back
from dossier_shared.runtime.persons import Persons
from dossier_shared.runtime.purging import Purging
from dossier_shared.settings.service import ServiceSettings
from dossier_shared.telemetry import metrics, vitals

log = structlog.get_logger()
Prepare = Callable[[], Awaitable[None]]
Long = Callable[[], Coroutine[Any, Any, None]]  # a task for as long as the service runs
Heard = Callable[[Sequence[Event]], Awaitable[None]]
LOOK_AGAIN = 2.0  # seconds between two looks at the own topic until one has been taken


class Runtime:
    """The parts of one service, and their start and stop. `linger`: seconds a batch of less than `fetch` records waits for
    more, so that several events of one dossier become one write."""

    def __init__(
        self,
        settings: ServiceSettings,
        rules: Rules,
        *,
        clock: Clock | None = None,
        linger: float = 0.0,
        fetch: int = 1000,
        claim_for: timedelta = timedelta(seconds=30),
        directory: Directory | None = None,
    ) -> None:
        crash.install(settings.crash_at)
        self.settings, self.rules, self.clock = settings, rules, clock or SystemClock()
        self.client = connect(settings.mongodb_url)
        self.db: Database = database(self.client, settings.database)
        self.dossiers = DossierCollection(self.db, rules.source)
        self.waiting = WaitingTable(self.db)
        self.files = FileStore(self.db)
        self.sender = KafkaSender(settings.broker, client_id=settings.member_id)
        topics = [topic.name for topic in (*heard_by(settings.service), *asked_of(settings.service))]
        self.keys = Keys(topics, settings.event_signatures)
        name = settings.deployed_as
        self.deployments = Deployments(settings.service, name, topics)
        self.registry = self.deployments.registry
        self.registry.on_change.append(self._listen)
        self.persons = Persons(topics, settings)
        self.dossiers.persons = self.files.persons = self.persons.keys
        self.events = signing(settings, self.sender, self.keys.ring, self.clock)
        self.publisher = (
            Publisher(rules.source, self.events, self.dossiers, self.clock, name) if rules.publishes else None
        )
        self.ledger = Ledger(
            rules,
            self.dossiers,
            self.publisher or Silent(),
            self.clock,
            claimant=f"{settings.member_id}@{time_ns():x}",
            claim_for=claim_for,
        )
        self.ledger.engine.persons = self.persons.keys
        self.segments = Segments(self.dossiers)
        self.ledger.on_written.append(self.segments.notice)
        self._topics = needed_topics(settings.service, name)
        for topic in heard_by(settings.service):
            metrics.heard_from(topic.writer)  # shown from the start
        self.source = KafkaSource(
            settings.broker,
            topics,
            group=settings.called,
            member=settings.member_id,
            linger=linger,
            session_timeout_ms=settings.kafka_session_timeout_ms,
        )
        self.directory = directory or Directory()
        metrics.DIRECTORY_AGENCIES.reads(self.directory, Directory.samples)
        self.following = Follower(
            settings.broker, *self.directory.followed(), self.keys.followed, self.deployments.followed,
            self.persons.followed, rest=SELDOM,
        )  # fmt: skip
        self.dead_letters = DeadLetters(settings.service, self.sender, name)
        self.resender = Resender(rules.source, self.events, self.dossiers, name) if rules.publishes else None
        self.kept = HearingStore(self.db, self.clock)
        self._followed: dict[str, EventConsumer] = {}  # by topic
        self.hearings = [Hearing(settings.called, settings.member_id, topics, self.kept)]  # one a consumer group
        self.consumer = BatchConsumer(
            self.ledger, self.source, self.waiting, self.dead_letters, self.resender,
            limit=fetch, hearing=self.hearings[0], keys=self.keys.ring, registry=self.registry,
            persons=self.persons.keys,
        )  # fmt: skip
        self.asker = Asker(
            self.ledger, self.consumer, self.sender,
            after=timedelta(seconds=settings.resend_after_seconds), deployment=name,
        )  # fmt: skip
        self.purging = Purging(self.db, self.dossiers, self.files, self.ledger, self.persons.keys, self.clock)
        self.guard = Guard(self.db, settings.broker, self.clock, self.keys.ring)
        if rules.publishes:
            self.guard.owned.append(Owned(rules, self.dossiers, name))
        self.republishing = Republishing(self.db, self.events, self.guard.owned, self.clock, settings.member_id)
        self._ledgers = [self.ledger]  # they take commands once the guard has looked
        self.lease = Lease(self.db, settings.service, settings.instance)
        self.ledger.holds = self.lease.holds
        self.refused: str | None = None  # why this process must not run: another has its name
        self.recovered: list[Prepare] = []
        self.effects: list[Effects] = []
        self._prepares: list[Prepare] = []
        self._prepared = False
        self._settled = False  # the guard has looked: what is recorded may be published, what the others say be heard
        self._behind: str | None = None
        self._joined_once = False
        self._tasks: list[asyncio.Task[None]] = []
        self._own_tasks: list[Long] = []

    def add(
        self,
        *,
        prepare: Prepare | None = None,
        effects: Sequence[Effects] = (),
        tasks: Sequence[Long] = (),
        recovered: Sequence[Prepare] = (),
        ledgers: Sequence[Ledger] = (),
        owned: Sequence[Owned] = (),
        hearings: Sequence[Hearing] = (),
        on_heard: Sequence[Heard] = (),
    ) -> None:
        """What a service brings with it, before it starts.

        `prepare`: indexes, what must be read before commands are taken; `effects`, `tasks`: run once the database is whole;
        `recovered`: sets right what stands besides the journals, once these are whole; `ledgers`, `owned`, `hearings`: of
        journals and consumer groups beside the dossiers' own; `on_heard`: told of each batch once it is written.
        """
        if self._tasks:
            raise RuntimeError("the service has started")
        self._prepares += [prepare] if prepare is not None else []
        self.effects += effects
        self._own_tasks += tasks
        self.recovered += recovered
        self._ledgers += ledgers
        self.guard.owned += owned
        self.hearings += hearings
        self.consumer.on_heard += on_heard

    def _listen(self) -> None:
        """To what the registry says by now."""
        self.hearings[0].topics = topics = tuple(self.registry.topics())
        self.source.listen(topics)
        self.following.also(*self.deployments.delegations(self.directory.delegations.take))

    def follow(self, name: str, topics: Sequence[str], act: Act) -> None:
        """Topics of what is no dossier, in a consumer group `<service>-<name>` of their own. Before it starts, as `add`."""
        settings, group, member = self.settings, f"{self.settings.called}-{name}", f"{self.settings.member_id}-{name}"
        timeout = settings.kafka_session_timeout_ms
        source = KafkaSource(
            settings.broker, topics, group=group, member=member, wait=SELDOM, session_timeout_ms=timeout
        )
        hearing = Hearing(group, member, topics, self.kept)
        consumer = EventConsumer(source, self.dead_letters, hearing, act, keys=self.keys.ring)
        self._followed |= dict.fromkeys(topics, consumer)

        async def run() -> None:
            try:
                await consumer.run()
            finally:
                await source.stop()

        self.add(hearings=[hearing], tasks=[source.watch_lag, run])

    async def replay(self, records: Sequence[RawRecord]) -> list[str]:
        """Dead letters, each tried again by who consumes its topic."""
        answers: list[str] = []
        for consumer, some in groupby(records, lambda raw: self._followed.get(raw.topic, self.consumer)):
            answers += await consumer.replay(list(some))
        return answers

    @asynccontextmanager
    async def lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        """Starts and stops the parts. HTTP answers at once; database and broker are waited for in the background."""
        self._close("starting")
        self.spawn(self._start())
        self.spawn(vitals.watch_stack(self.sender.reachable, lambda: answers(self.client)))
        self.spawn(self.source.watch_lag())
        self.spawn(self.following.run())
        try:
            yield
        finally:
            await self.stop()

    async def _start(self) -> None:
        pause = 0.1
        while True:
            try:
                if not self.lease.epoch:
                    await self.lease.take()
                    self.spawn(self._keep_the_lease())
                await self.prepare_database()
                break
            except Fenced as why:
                self._refuse(str(why))
                return
            except Exception as error:
                log.warning("waiting for the database", error=repr(error)[:300])
                await asyncio.sleep(pause)
                pause = min(pause * 2, 3.0)
        await self._until_whole()
        self._settled = True
        if self.publisher is not None:
            self.spawn(self.publisher.run())
            after = timedelta(seconds=self.settings.sweep_after_seconds)
            self.spawn(Sweeper(self.publisher, self.dossiers, self.clock, after=after).run())
        await self.persons.keys.known()
        self._consuming = self.spawn(self.consumer.run())
        self.spawn(self._drain_for_ever())
        self.spawn(self.asker.run())
        self.spawn(self.purging.run())
        self.spawn(self.segments.run())
        self.spawn(self._stay_whole())
        self.spawn(give_back())
        for effects in self.effects:
            self.spawn(effects.run())
        for task in self._own_tasks:
            self.spawn(task())

    async def _keep_the_lease(self) -> None:
        try:
            await self.lease.keep()
        except Fenced as why:
            self._refuse(str(why))

    def _refuse(self, why: str) -> None:
        """Stops in good order: whatever is written still is guarded, and nothing is done outside any more."""
        self.refused = why
        self._close(why)
        log.critical("another process has this instance's name: stopping", why=why)
        os.kill(os.getpid(), signal.SIGTERM)

    async def prepare_database(self) -> None:
        await self.dossiers.ensure_indexes()
        await self.waiting.ensure_indexes()
        await self.files.ensure_indexes()
        await self.prepare_own()

    async def prepare_own(self) -> None:
        for prepare in self._prepares:
            await prepare()

    async def _until_whole(self) -> None:
        """A database that was put back takes no command, and nothing is heard or sent, until it has been recovered.

        While the broker is away nobody knows whether it was: commands are taken, and nothing is heard or sent.
        """
        while not self.guard.looked or self._behind is not None:
            try:
                self._behind = await self.guard.look()
            except Exception as error:
                log.warning("waiting for the database", error=repr(error)[:300])
            else:
                if self._behind is not None:
                    log.error("a recovery is due: run `recover`, this goes on by itself then", why=self._behind)
                    if (
                        self._prepared
                    ):  # commands were taken meanwhile: the next life knows nothing of what is in memory
                        self._close(self._behind)
                        raise RecoveryDue(self._behind)
                elif not self._prepared:
                    self._prepared = True
                    self._close(None)
            if not self.guard.looked or self._behind is not None:
                await asyncio.sleep(LOOK_AGAIN)

    async def _stay_whole(self) -> None:
        try:
            await self.guard.run()
        except RecoveryDue as why:
            self._behind, self._settled = str(why), False
            self._close(self._behind)
            raise

    def _close(self, why: str | None) -> None:
        for ledger in self._ledgers:
            ledger.closed = why

    async def _drain_for_ever(self) -> None:
        while True:
            await asyncio.sleep(2.0)
            try:
                await self.consumer.drain_waiting()
            except Exception as error:
                log.warning("waiting events not drained", error=repr(error)[:300])

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        task.add_done_callback(self._ended)
        self._tasks.append(task)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A task of the service's own must not die unseen: better to stop, and be started again."""
        if not task.cancelled() and task.exception() is not None:
            log.critical("a task of the service has failed: stopping", exc_info=task.exception())
            os.kill(os.getpid(), signal.SIGTERM)

    async def readiness(self) -> dict[str, bool | str]:
        """What is ready. After the start the broker may be away (events are published later); the database may not."""
        checks: dict[str, bool | str] = {"database": await ping(self.client), "prepared": self._prepared}
        if self.refused is not None:
            checks["instance"] = self.refused
        if self._behind is not None:
            checks["recovered"] = self._behind
        if not self._joined_once:
            checks["broker"] = await self._joined()
            self._joined_once = checks["broker"] is True
        return checks | self.notes()

    def notes(self) -> dict[str, vitals.Note]:
        """Consumers that have stopped, events not signed. Reported; the service stays ready: it takes commands all the same."""
        why = [f"stopped ({hearing.group}): {hearing.stopped}" for hearing in self.hearings if hearing.stopped]
        notes = {"hearing": "; ".join(why), "signatures": self.events.trouble() or ""}
        return {name: vitals.Note(note) for name, note in notes.items() if note}

    async def _joined(self) -> bool | str:
        """Or why not, as far as it is known."""
        if not self._prepared:
            return False
        if not await self.sender.available():
            return await self.sender.broker.trouble() or False
        if missing := await self.sender.missing(self._topics):
            return f"the broker has no topic {', '.join(missing)}, or no right to it was given: provision it"
        if not self._settled:
            return self.guard.trouble or False
        if why := self.registry.trouble():
            return why
        return self.source.joined or self.consumer.stopped is not None or self.consumer.trouble or False

    async def stop(self) -> None:
        """Finishes the batch in hand, publishes what was written, leaves the consumer group.

        What is left when time is up is safe: the sweeper publishes it, and uncommitted records are read again.
        """
        self.consumer.finish()
        with suppress(Exception):
            await asyncio.wait_for(self.ledger.close(), 10)
        consuming = getattr(self, "_consuming", None)
        if consuming is not None:
            with suppress(Exception, asyncio.CancelledError):
                await asyncio.wait_for(consuming, 10)
        await self.republishing.stop()
        if self.publisher is not None and self._settled:
            await self.publisher.drain(5)
        await tasks.end(self._tasks)
        await self.source.stop()
        await self.sender.stop()
        with suppress(Exception):
            await asyncio.wait_for(self.lease.give_back(), 2)
        self.client.close()
