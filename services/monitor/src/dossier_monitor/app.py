"""Monitor's web process, put together. The board needs only Kafka; timelines need MongoDB too, and never hold the board up."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI

from dossier_monitor.alarms.alarms import Alarms
from dossier_monitor.alarms.api import alarms_router
from dossier_monitor.alarms.pages import alarm_pages
from dossier_monitor.audit.api import Audits, audit_api
from dossier_monitor.audit.looks import Look, told
from dossier_monitor.audit.pages import audit_pages
from dossier_monitor.audit.reading import GROUP, AuditReader, audit_topics
from dossier_monitor.audit.store import AuditStore
from dossier_monitor.audited import AUDITED
from dossier_monitor.board.api import board_router
from dossier_monitor.board.board import Board
from dossier_monitor.board.streaming import Hub
from dossier_monitor.delegations.routes import Lent, delegations_router
from dossier_monitor.deployments.routes import Overview, deployments_router
from dossier_monitor.emergencies.routes import Taken, emergencies_router
from dossier_monitor.history.api import router as history_router
from dossier_monitor.history.store import History
from dossier_monitor.indicators.api import router as indicators_router
from dossier_monitor.indicators.definitions import targets
from dossier_monitor.indicators.store import Figures
from dossier_monitor.lists.api import lists_api
from dossier_monitor.lists.pages import lists_pages
from dossier_monitor.lists.reader import Reader
from dossier_monitor.lists.store import Lists
from dossier_monitor.open_data.api import OpenData
from dossier_monitor.open_data.api import router as open_data_router
from dossier_monitor.pages.board_files import files_router
from dossier_monitor.pages.live import live_router
from dossier_monitor.pages.timeline import pages_router
from dossier_monitor.recount.api import Counting, recount_router
from dossier_monitor.recount.store import Recounts
from dossier_monitor.search.routes import Search, search_router
from dossier_monitor.settings import Settings
from dossier_monitor.tail.lines import line_of
from dossier_monitor.tail.routes import stream_router
from dossier_monitor.tail.tail import Tail
from dossier_monitor.timelines.api import timelines_router
from dossier_monitor.timelines.handlers import rules
from dossier_monitor.timelines.store import Timelines
from dossier_monitor.timelines.tree import Tree
from dossier_shared.adapters.compacted import SELDOM, Followed, Follower
from dossier_shared.adapters.kafka import KafkaSource
from dossier_shared.clock import SystemClock
from dossier_shared.contracts.topics import BOARD
from dossier_shared.http.app import create_app
from dossier_shared.http.internal import internal_router
from dossier_shared.http.internal_privacy import personal_router
from dossier_shared.http.internal_resealing import resealing_router
from dossier_shared.http.sessions.routes import sign_in
from dossier_shared.pages.home import serve_pages
from dossier_shared.runtime.directory import Directory
from dossier_shared.runtime.service import Runtime
from dossier_shared.telemetry import vitals

FETCH = 20_000  # records: what happens to a dossier within a moment becomes one write


def build(settings: Settings) -> FastAPI:
    directory = Directory()
    runtime = Runtime(settings, rules(directory.above), linger=settings.linger, fetch=FETCH, directory=directory)
    timelines = Timelines(runtime.dossiers, directory)
    figures = Figures(runtime.dossiers.table, directory)
    history = History(runtime.dossiers.table, runtime.db)
    board = Board(SystemClock().now, settings.frozen_after, BOARD.partitions, directory)
    alarms = Alarms(
        runtime, board, rules=settings.alarm_rules, services=settings.services, every=settings.alarm_seconds
    )
    reader = Reader(Lists(runtime.dossiers, directory), board, settings.neighbours)
    cells = Followed((BOARD,), lambda records: board.take([record.value for record in records]))
    feed = Follower(settings.broker, cells)
    hub = Hub(board, caught_up=lambda: cells.caught_up)
    counting = Counting(Recounts(runtime.db, runtime.clock), runtime.clock, settings.recount_hour)
    registry = runtime.registry
    tail = Tail(
        settings.broker,
        lambda record, number: line_of(record, number, board, runtime.keys.ring, registry),
        registry.topics,
    )
    audit = AuditStore(runtime.db, settings.audit_days)
    audits = Audits(audit, board)
    source = KafkaSource(
        settings.broker,
        audit_topics(),
        group=GROUP,
        member=f"{settings.member_id}-audit",
        wait=SELDOM,
    )
    registry.on_change.append(lambda: source.listen(audit_topics(registry.entries)))
    once_ready = False

    async def prepare() -> None:
        await timelines.ensure_indexes()
        await alarms.store.ensure_indexes()
        await reader.lists.ensure_indexes()
        await figures.ensure_indexes()
        await history.ensure_indexes()
        await audit.ensure_indexes()

    taken = Taken(runtime, board)

    async def looks(names: Sequence[str], but: str) -> Sequence[Look]:
        return told(await audit.looks(names, but))

    tree = Tree(runtime.dossiers.table, runtime.db, directory)
    runtime.add(
        prepare=prepare,
        on_heard=[history.heard],
        tasks=[counting.nights, tree.run, AuditReader(source, audit).run, source.watch_lag],
    )

    async def readiness() -> dict[str, bool | str]:
        """All must have been there once; after that only the board counts: a node without MongoDB still shows it."""
        nonlocal once_ready
        shown: dict[str, bool | str] = {"board": cells.caught_up}
        if not once_ready:
            shown |= await runtime.readiness()
            once_ready = vitals.good(shown)
        return shown | runtime.notes()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        runtime.spawn(feed.run())
        runtime.spawn(hub.run())
        try:
            async with runtime.lifespan(app):
                yield
        finally:
            await alarms.aclose()
            await tail.stop()

    app = create_app(
        settings,
        title="Monitor (giám sát)",
        readiness=readiness,
        lifespan=lifespan,
        compress_json=True,
        audited=AUDITED,
    )
    serve_pages(app, settings, directory)
    sign_in(app, settings, runtime)
    app.state.runtime, app.state.raised_alarms = runtime, alarms.tally
    app.include_router(board_router(hub))
    app.include_router(timelines_router(timelines, board))
    app.include_router(alarms_router(alarms))
    app.include_router(alarm_pages(alarms))
    app.include_router(pages_router(hub, timelines, settings.neighbours, looks, taken.of))
    app.include_router(audit_api(audits))
    app.include_router(audit_pages(audits))
    app.include_router(lists_api(reader))
    app.include_router(lists_pages(reader))
    app.include_router(history_router(board, history))
    app.include_router(indicators_router(board, figures, targets(settings.targets), reader.lists.procedure_names))
    app.include_router(open_data_router(OpenData(figures, board, reader.lists.procedure_names)))
    app.include_router(live_router(hub))
    app.include_router(files_router(hub))
    app.include_router(recount_router(counting))
    app.include_router(delegations_router(Lent(runtime, board)))
    app.include_router(emergencies_router(taken))
    app.include_router(deployments_router(Overview(runtime, board, alarms.offsets)))
    app.include_router(search_router(Search(reader.lists, board)))
    app.include_router(stream_router(tail, timelines, board, os.urandom(4).hex()))
    app.include_router(internal_router(runtime))
    app.include_router(personal_router(runtime))
    app.include_router(resealing_router(runtime))
    return app
