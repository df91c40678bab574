"""Notify, put together: settings -> adapters -> handlers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

from fastapi import FastAPI

from dossier_notify import metrics
from dossier_notify.alarms import RULES as ALARM_RULES
from dossier_notify.alarms import telling
from dossier_notify.api import router, runner_of
from dossier_notify.audited import AUDITED
from dossier_notify.codes import RULES as CODE_RULES
from dossier_notify.codes import CodeMessages, reading
from dossier_notify.handlers import again, failure_of, rules
from dossier_notify.http_provider import HttpProvider
from dossier_notify.noticed import Noticed
from dossier_notify.pages.hand_overs import counts, hand_overs
from dossier_notify.sending import sending
from dossier_notify.settings import Settings
from dossier_notify.store import HandOvers, UnsentMessages, alarm_messages, code_messages, ensure_indexes, failed
from dossier_notify.unpublished import unpublished
from dossier_shared.adapters.compacted import Followed
from dossier_shared.adapters.mongo import DriverError
from dossier_shared.contracts.topics import ALARM, CONSENT_CODES
from dossier_shared.http.app import create_app
from dossier_shared.http.internal import internal_router
from dossier_shared.http.internal_effects import effects_router, watch_effects
from dossier_shared.http.internal_privacy import personal_router
from dossier_shared.http.internal_resealing import resealing_router
from dossier_shared.http.sessions.routes import sign_in
from dossier_shared.pages.home import serve_pages
from dossier_shared.repair.stuck_effects import OpenEffects, StuckEffects
from dossier_shared.runtime.service import Runtime


def build(settings: Settings) -> FastAPI:
    runtime = Runtime(settings, rules(settings.texts), claim_for=settings.claim_for)
    token = settings.provider_token
    provider = HttpProvider(
        settings.provider_url,
        timeout=settings.call_timeout,
        token=token.get_secret_value() if token else None,
    )
    send = partial(
        sending,
        provider=provider,
        margin=settings.margin,
        sweep_every=settings.sweep_seconds,
        lingers=settings.margin,
        attempts=settings.attempts,
    )
    about_alarms, with_codes = alarm_messages(runtime.db), code_messages(runtime.db)
    waiting = HandOvers(runtime.dossiers)

    async def prepare() -> None:
        await about_alarms.ensure_indexes()
        await with_codes.ensure_indexes()
        await ensure_indexes(runtime.dossiers, about_alarms)
        await waiting.ensure_indexes()

    alarm_ledger = unpublished(ALARM_RULES, about_alarms, settings, runtime)
    code_ledger = unpublished(CODE_RULES, with_codes, settings, runtime)
    effects = send(runtime.ledger, runtime.dossiers.open_claims)
    alarm_effects = send(alarm_ledger, about_alarms.open_claims)
    read = reading(settings.person_key.encode(), runtime.clock, settings.max_parts)
    code_effects = send(code_ledger, with_codes.open_claims, read=read)
    codes = CodeMessages(code_ledger, with_codes, runtime.clock)
    runtime.following.also(Followed((CONSENT_CODES,), codes.take))
    runtime.follow("alarms", [ALARM.name], telling(alarm_ledger, settings.alarm_policy))
    noticed = Noticed(settings, runtime)
    unsent = UnsentMessages(runtime.dossiers, about_alarms, with_codes)

    async def watch() -> None:
        while True:
            with suppress(DriverError):
                metrics.UNSENT.set(await unsent.count())
            await asyncio.sleep(5)

    stuck = [
        StuckEffects(effects, OpenEffects(runtime.dossiers), failed(runtime.dossiers), failure_of, again),
        StuckEffects(alarm_effects, OpenEffects(about_alarms), failed(about_alarms), failure_of, again),
    ]
    runtime.add(
        prepare=prepare,
        effects=[effects, alarm_effects, code_effects],
        tasks=[watch, codes.run, codes.clean, lambda: watch_effects(stuck, runtime.clock)],
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with runtime.lifespan(app):
            yield
        await provider.aclose()
        await noticed.aclose()

    app = create_app(
        settings,
        title="Notify (thông báo, trả kết quả)",
        readiness=runtime.readiness,
        lifespan=lifespan,
        audited=AUDITED,
    )
    serve_pages(app, settings, runtime.directory, counts(waiting, runtime.directory))
    sign_in(app, settings, runtime)
    app.state.runtime = runtime
    runner = runner_of(runtime.ledger, runtime.clock, runtime.directory)
    app.include_router(router(runtime.dossiers, runtime.directory, runner))
    app.include_router(
        hand_overs(waiting, runtime.dossiers, runtime.directory, runner, settings.neighbours.get("signing"))
    )
    noticed.routes(app)
    app.include_router(internal_router(runtime))
    app.include_router(personal_router(runtime))
    app.include_router(resealing_router(runtime))
    app.include_router(effects_router(stuck))
    return app
