"""Review, put together: settings -> adapters -> handlers."""

from __future__ import annotations

from fastapi import FastAPI

from dossier_review.api import router
from dossier_review.assigning import Assigner
from dossier_review.audited import AUDITED
from dossier_review.delegations_api import Delegating, delegations_router
from dossier_review.handlers import RULES, overdue
from dossier_review.pages.case import case_pages
from dossier_review.pages.delegations import delegations_page
from dossier_review.pages.work_list import choices, work_list
from dossier_review.pages.workload import workload_page
from dossier_review.policy import POLICY
from dossier_review.printing import printing_router
from dossier_review.settings import Settings
from dossier_review.store import Cases, Desks
from dossier_shared.adapters.entry_store import EntryStore
from dossier_shared.adapters.kafka import KafkaSender
from dossier_shared.contracts.entries import DelegationEntry
from dossier_shared.contracts.topics import DELEGATIONS, deployed
from dossier_shared.http.app import create_app
from dossier_shared.http.internal import internal_router
from dossier_shared.http.internal_privacy import personal_router
from dossier_shared.http.internal_resealing import resealing_router
from dossier_shared.http.sessions.routes import sign_in
from dossier_shared.journal.limits import Limits
from dossier_shared.pages.home import serve_pages
from dossier_shared.runtime.entry_publisher import EntryPublisher
from dossier_shared.runtime.service import Runtime


def build(settings: Settings) -> FastAPI:
    runtime = Runtime(settings, RULES)
    cases = Cases(runtime.dossiers)
    assigner = Assigner(runtime, cases, Desks(runtime.db))
    runtime.add(prepare=cases.ensure_indexes, tasks=[Limits(runtime.ledger, cases.passed, overdue).run, assigner.run])
    delegations = EntryStore(runtime.db["delegations"], DelegationEntry)
    sender = KafkaSender(settings.broker, client_id=f"{settings.member_id}-delegations")
    topic = deployed(DELEGATIONS, settings.deployment).name
    runtime.add(
        prepare=delegations.ensure_indexes, tasks=[EntryPublisher(sender, topic, delegations, runtime.clock).run]
    )
    delegating = Delegating(runtime, delegations)
    app = create_app(
        settings,
        title="Review (thẩm định, phê duyệt)",
        readiness=runtime.readiness,
        lifespan=runtime.lifespan,
        audited=AUDITED,
    )
    tasks = choices(cases, runtime, settings.warn_days)
    serve_pages(app, settings, runtime.directory, tasks.told(*POLICY.roles("queue")))
    sign_in(app, settings, runtime)
    app.state.runtime = runtime
    app.include_router(router(runtime, cases, assigner, settings.warn_days))
    app.include_router(delegations_router(delegating))
    app.include_router(delegations_page(runtime, delegating))
    app.include_router(work_list(tasks))
    app.include_router(workload_page(runtime, cases, assigner))
    app.include_router(case_pages(runtime, settings.neighbours.get("intake"), settings.warn_days))
    app.include_router(printing_router(runtime))
    app.include_router(internal_router(runtime))
    app.include_router(personal_router(runtime))
    app.include_router(resealing_router(runtime))
    return app
