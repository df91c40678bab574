"""Signing, put together: settings -> adapters -> handlers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from fastapi import FastAPI

from dossier_shared.http.app import create_app
from dossier_shared.http.internal import internal_router
from dossier_shared.http.internal_effects import effects_router, watch_effects
from dossier_shared.http.internal_privacy import personal_router
from dossier_shared.http.internal_resealing import resealing_router
from dossier_shared.http.sessions.routes import sign_in
from dossier_shared.journal.effects import Effects
from dossier_shared.pages.home import serve_pages
from dossier_shared.repair.stuck_effects import OpenEffects, StuckEffects
from dossier_shared.runtime.service import Runtime
from dossier_signing.api import router, runner_of
from dossier_signing.audited import AUDITED
from dossier_signing.documents.outcomes import NotMade
from dossier_signing.documents.previews import Previews
from dossier_signing.documents.results import Results
from dossier_signing.documents.workers import SigningWorkers
from dossier_signing.handlers import RULES, again, failure_of, signature_made
from dossier_signing.pages.case import case_pages
from dossier_signing.pages.work_list import choices, work_list
from dossier_signing.settings import Settings
from dossier_signing.store import ResultList


def build(settings: Settings) -> FastAPI:
    runtime = Runtime(settings, RULES, claim_for=timedelta(seconds=settings.claim_seconds))
    listed = ResultList(runtime.dossiers)
    workers = SigningWorkers(settings.data, settings.workers)
    results = Results(runtime.files, workers)
    margin = timedelta(seconds=settings.claim_seconds / 4)
    effects = Effects(
        runtime.ledger,
        runtime.dossiers.open_claims,
        ask=results.ask,
        act=results.act,
        news=signature_made,
        give_up=NotMade,
        batch=100,
        margin=margin,
        attempts=settings.attempts,
    )

    stuck = [StuckEffects(effects, OpenEffects(runtime.dossiers), listed.failed, failure_of, again)]
    runtime.add(prepare=listed.ensure_indexes, effects=[effects], tasks=[lambda: watch_effects(stuck, runtime.clock)])

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with runtime.lifespan(app):
            yield
        await workers.close()

    app = create_app(settings, title="Signing (ký số)", readiness=runtime.readiness, lifespan=lifespan, audited=AUDITED)
    runner = runner_of(runtime, Previews(workers))
    tasks = choices(listed, runtime.clock, runner.world)
    serve_pages(app, settings, runtime.directory, tasks.told("leader"))
    sign_in(app, settings, runtime)
    app.state.runtime, app.state.workers = runtime, workers
    app.include_router(router(runtime, listed, runner))
    app.include_router(work_list(tasks, runner.world))
    app.include_router(case_pages(runtime.dossiers, runtime.directory, runtime.clock, runner))
    app.include_router(internal_router(runtime))
    app.include_router(personal_router(runtime))
    app.include_router(resealing_router(runtime))
    app.include_router(effects_router(stuck))
    return app
