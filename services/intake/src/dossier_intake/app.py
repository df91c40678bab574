"""Intake, put together: settings -> adapters -> handlers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cache, partial

import httpx
from fastapi import FastAPI
from pydantic import SecretStr

from dossier_intake.api import router, verb_runner
from dossier_intake.audited import AUDITED
from dossier_intake.catalogue_api import catalogue_router
from dossier_intake.consents.api import consent_codes_router
from dossier_intake.consents.desk import ConsentDesk
from dossier_intake.consents.helped import HelpedCounts
from dossier_intake.consents.store import ConsentCodes
from dossier_intake.drafts.store import Drafts
from dossier_intake.emergency.api import emergency_router
from dossier_intake.emergency.desk import Bounds, EmergencyDesk
from dossier_intake.emergency.store import EmergencyStore
from dossier_intake.filing_api import FilingApi, FilingDesk
from dossier_intake.handlers import rules
from dossier_intake.hearing import limit_passed
from dossier_intake.inspection.inspectors import Inspectors
from dossier_intake.inspection.scanner import scanner
from dossier_intake.pages.answers import answers_pages
from dossier_intake.pages.case import case_pages
from dossier_intake.pages.consents import consents_page
from dossier_intake.pages.counter.routes import PATH, Counter
from dossier_intake.pages.documents import documents_page
from dossier_intake.pages.emergency import emergency_page
from dossier_intake.pages.evidence_page import evidence_page
from dossier_intake.pages.filing.desk import Writer
from dossier_intake.pages.filing.photographs import Photographs
from dossier_intake.pages.filing.prefilling import Prefilling
from dossier_intake.pages.filing.routes import PATH as FILING
from dossier_intake.pages.filing.routes import filing_pages
from dossier_intake.pages.helpers import helpers_page
from dossier_intake.pages.helping.routes import HelpingPage
from dossier_intake.pages.kiosk.layer import KioskLayer
from dossier_intake.pages.kiosk.routes import KioskPages
from dossier_intake.pages.live import Changes, live_router
from dossier_intake.pages.my_commands import BRING, MyCommands
from dossier_intake.pages.my_dossiers import my_router
from dossier_intake.pages.procedures.routes import Procedures
from dossier_intake.pages.sheet.reading import LARGEST, Reader
from dossier_intake.pages.sheet.sheet import MOST_PAPERS
from dossier_intake.pages.tracking import tracking_router
from dossier_intake.pages.vault import vault_page
from dossier_intake.pages.work_list import choices, work_list
from dossier_intake.papers.api import papers_router
from dossier_intake.papers.previews import Previews
from dossier_intake.papers.reading import Papers
from dossier_intake.papers.store import Openings, Shelf
from dossier_intake.policy import POLICY
from dossier_intake.printing.api import printing_router
from dossier_intake.privacy.api import privacy_router
from dossier_intake.privacy.api import resealing_router as filed_in_clear
from dossier_intake.privacy.erasing import Erasures
from dossier_intake.privacy.making import KeyMaker
from dossier_intake.privacy.readers import LastHeard, Readers
from dossier_intake.privacy.resealing import Holders
from dossier_intake.privacy.resealing import Papers as FiledPapers
from dossier_intake.publishing import DirectoryPublisher
from dossier_intake.registers.again import AskingAgain, Pace
from dossier_intake.registers.asking import StateData
from dossier_intake.registers.http import HttpPopulation, HttpResults, Neighbour
from dossier_intake.registers.own import OwnFacts, own_facts_router
from dossier_intake.registers.ports import POPULATION, RESULTS, PopulationDatabase, ResultsRepository
from dossier_intake.registers.questions import Questions
from dossier_intake.registers.waits import Waits
from dossier_intake.settings import Settings
from dossier_intake.store import Catalogues, Codes, Dossiers, Uses
from dossier_intake.tries import Tries
from dossier_intake.uploads.orphans import Orphans
from dossier_intake.uploads.store import UnfinishedUploads
from dossier_intake.uploads.tus import PATH as TUS
from dossier_intake.uploads.tus import tus_router
from dossier_intake.uploads.uploads import Uploads, nobody
from dossier_intake.vault.api import Vaults, shared_router, vault_router
from dossier_intake.vault.shares import Shares
from dossier_intake.vault.sharing import Sharing
from dossier_shared.adapters.clear_files import ClearFiles
from dossier_shared.adapters.kafka import KafkaSender
from dossier_shared.contracts.topics import CONSENT_CODES, EMERGENCIES
from dossier_shared.http.app import create_app
from dossier_shared.http.fast_lane import fast_lane
from dossier_shared.http.internal import internal_router
from dossier_shared.http.internal_privacy import personal_router
from dossier_shared.http.internal_resealing import resealing_router
from dossier_shared.http.sessions.routes import sign_in
from dossier_shared.journal.limits import Limits
from dossier_shared.journal.wrapping import public_of
from dossier_shared.pages.home import serve_pages
from dossier_shared.runtime.entry_publisher import EntryPublisher
from dossier_shared.runtime.service import Runtime
from dossier_shared.settings.wrapping_key import of_development as known_to_all

FETCH = 5000  # records: what the others report of a dossier within a moment becomes one write


def build(
    settings: Settings, inspectors: Inspectors | None = None, registers: httpx.AsyncBaseTransport | None = None
) -> FastAPI:
    """`inspectors`: in place of its own. `registers`: by which those of the State are asked, in place of the network."""
    own = rules(lambda: catalogues.current)
    runtime = Runtime(settings, own, linger=settings.linger, fetch=FETCH)
    dossiers, codes = Dossiers(runtime.dossiers), Codes(runtime.db)
    catalogues = Catalogues(runtime.db, runtime.clock)
    clean, limit = settings.active_content == "clean", settings.document_limit
    inspectors = inspectors or Inspectors(limit, clean=clean)
    uses, shelf, openings = Uses(runtime.db), Shelf(runtime.files), Openings(runtime.db)
    papers, previews = Papers(runtime.dossiers, catalogues, uses), Previews(shelf, inspectors)
    unfinished = UnfinishedUploads(runtime.db)
    key = settings.person_key.encode()
    tries = Tries(runtime.db, key)
    demanded = settings.helper_consent == "demanded"
    maker = key_maker(settings, runtime)
    encrypts = maker if settings.personal_data == "encrypted" else None
    kept_for = timedelta(days=settings.draft_days)
    drafts = Drafts(runtime.db, runtime.clock, kept_for, key, runtime.persons.keys, encrypts)
    orphans = Orphans(runtime.dossiers, uses, runtime.files, runtime.ledger, runtime.clock, drafts.naming)
    holder_of = partial(maker.of_file, key) if encrypts else nobody
    uploads = Uploads(runtime.files, uses, inspectors, scanner(settings.clamd), runtime.clock, limit, holder_of)
    emergencies = EmergencyStore(runtime.db)
    bounds = Bounds(timedelta(seconds=settings.emergency_seconds), settings.emergency_per_day)
    emergency = EmergencyDesk(runtime, dossiers, catalogues, emergencies, bounds)
    questions, waits = Questions(runtime.db), Waits(runtime.db)
    state_data = StateData(questions, runtime.clock, *ports(settings, registers))
    pace = Pace(timedelta(seconds=settings.ask_again_seconds), timedelta(days=settings.ask_again_days))
    again = AskingAgain(state_data, waits, runtime.dossiers, runtime.ledger, catalogues, runtime.clock, pace)
    consent_codes = ConsentCodes(runtime.db)
    consents = ConsentDesk(consent_codes, catalogues, runtime.clock, key, demanded=demanded)
    desk = FilingDesk(
        runtime,
        catalogues,
        codes,
        uploads,
        key,
        consent_demanded=demanded,
        proved_within=settings.proved_within_seconds,
        keys=encrypts,
        registers=state_data if settings.population_url or settings.results_url else None,
        again=again,
        consents=consents,
    )
    own_facts = OwnFacts(state_data, catalogues, runtime.clock)
    filing = FilingApi(desk)
    shares = Shares(runtime.db)
    sharing = Sharing(shares, dossiers, runtime.dossiers, uses, papers, runtime.clock)
    changes = Changes(dossiers, runtime.dossiers)

    async def prepare() -> None:
        for table in (
            dossiers,
            uses,
            openings,
            unfinished,
            tries,
            orphans,
            emergencies,
            drafts,
            questions,
            waits,
            consent_codes,
            shares,
        ):
            await table.ensure_indexes()
        await maker.readers.deployments.prepare()
        await maker.prepare()
        await catalogues.refresh()

    sender = KafkaSender(settings.broker, client_id=f"{settings.member_id}-directory")
    publisher = DirectoryPublisher(sender, runtime.directory, lambda: catalogues.current, runtime.clock)
    told = EntryPublisher(
        KafkaSender(settings.broker, client_id=f"{settings.member_id}-emergencies"),
        EMERGENCIES.name,
        emergencies,
        runtime.clock,
        again=timedelta(days=730),  # as long as the topic keeps them
    )
    codes_told = EntryPublisher(
        KafkaSender(settings.broker, client_id=f"{settings.member_id}-consent-codes"),
        CONSENT_CODES.name,
        consent_codes,
        runtime.clock,
    )
    limits = Limits(runtime.ledger, dossiers.passed, limit_passed)
    runtime.purging.forget_files += [uses.forget, partial(maker.forget_files, key)]
    runtime.purging.within_files.append(uses.within)
    runtime.purging.forget_names.append(uses.forget_names)
    runtime.purging.forget_persons += [
        drafts.forget,
        questions.forget,
        waits.forget,
        consent_codes.forget,
        shares.forget,
    ]
    runtime.add(
        prepare=prepare,
        tasks=[
            catalogues.follow,
            publisher.run,
            told.run,
            codes_told.run,
            limits.run,
            orphans.run,
            changes.run,
            *again.runs,
            maker.run,
            maker.readers.deployments.run,
        ],
        recovered=[codes.pass_by, again.restore],
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with runtime.lifespan(app):
            yield
        await inspectors.close()
        await state_data.aclose()

    app = create_app(
        settings,
        title="Intake (tiếp nhận)",
        readiness=runtime.readiness,
        lifespan=lifespan,
        streamed=("/api/v1/documents", TUS, PATH, FILING, BRING),
        body_limits={
            "/api/v1/documents": settings.document_limit,
            TUS: settings.resumable_limit,
            "/api/v1/dossiers:batch": 8 * 1024 * 1024,
            PATH: max(LARGEST, settings.document_limit),
            FILING: max(LARGEST, settings.document_limit),
            BRING: max(LARGEST, settings.document_limit),
        },
        audited=AUDITED,
    )
    app.add_middleware(KioskLayer)
    tasks = choices(dossiers, catalogues)
    serve_pages(app, settings, runtime.directory, tasks.told(*POLICY.roles("queue")))
    sign_in(app, settings, runtime)
    app.state.runtime, app.state.inspectors, app.state.catalogues = runtime, inspectors, catalogues
    app.state.desk, app.state.own_facts, app.state.changes, app.state.again = desk, own_facts, changes, again
    app.include_router(router(runtime, dossiers, catalogues, filing))
    app.include_router(
        tus_router(
            uploads, unfinished, filing.incoming, runtime.clock, settings.resumable_limit, POLICY.roles("upload")
        )
    )
    app.include_router(papers_router(papers, shelf, previews, openings, catalogues, runtime.clock))
    app.include_router(
        printing_router(runtime, dossiers, catalogues, settings.neighbours.get("intake"), settings.person_key.encode())
    )
    app.include_router(consent_codes_router(consents))
    app.include_router(own_facts_router(own_facts, questions, catalogues))
    signing = settings.neighbours.get("signing")
    vaults = Vaults(dossiers, runtime.dossiers, uses, catalogues, state_data, runtime.clock, signing)
    app.include_router(vault_router(vaults))
    app.include_router(vault_page(vaults, questions, catalogues, sharing, repository=bool(settings.results_url)))
    app.include_router(catalogue_router(catalogues, dossiers))
    app.include_router(work_list(tasks))
    app.include_router(documents_page(papers, openings, catalogues, sharing))
    app.include_router(evidence_page(runtime, openings, catalogues))
    app.include_router(shared_router(sharing, shelf, openings, runtime.clock))
    app.include_router(my_router(dossiers, catalogues, openings, drafts, runtime, settings.neighbours, changes))
    app.include_router(live_router(changes))
    app.include_router(Procedures(catalogues, settings.neighbours.get("intake")).router())
    app.include_router(KioskPages(key, tries, runtime.clock).router())
    app.include_router(tracking_router(dossiers, catalogues, tries, key, runtime.clock))
    app.include_router(Counter(desk, dossiers, catalogues, Reader(uploads, filing.incoming, limit)).router())
    writer = Writer(desk, drafts, catalogues, proved_within=settings.proved_within_seconds)
    app.include_router(helpers_page(HelpedCounts(runtime.dossiers), catalogues, runtime.clock))
    app.include_router(HelpingPage(writer, dossiers).router())
    app.include_router(
        filing_pages(
            writer,
            Reader(uploads, filing.incoming, limit, most=2 * MOST_PAPERS, codes=inspectors.qr_codes),
            Photographs(uploads, runtime.files, filing.incoming, inspectors, limit),
            dossiers,
            runtime.files,
            consents,
            Prefilling(own_facts, vaults, uploads),
        )
    )
    runner = verb_runner(runtime, catalogues, filing)
    app.include_router(answers_pages(runtime, runner))
    app.include_router(consents_page(runner))
    app.include_router(MyCommands(runner, Reader(uploads, filing.incoming, limit)).router())
    app.include_router(case_pages(runtime, catalogues, runner, settings.neighbours))
    app.include_router(emergency_router(emergency))
    app.include_router(emergency_page(runtime, emergency))
    app.include_router(internal_router(runtime))
    app.include_router(personal_router(runtime))
    app.include_router(resealing_router(runtime, results=False))
    known = (questions.knows, drafts.knows)
    erasures = Erasures(runtime.db, runtime.dossiers, maker, catalogues, runtime.clock, known)
    beside = {"drafts": drafts.of_person, "questions": questions.of_person, "shares": shares.of_person}
    app.include_router(privacy_router(erasures, beside, maker, key))
    holders, sealing = Holders(runtime.dossiers, maker, key), FiledPapers(ClearFiles(runtime.files), maker, key)
    app.include_router(filed_in_clear(holders, sealing, encrypted=encrypts is not None))
    fast_lane(app, "POST", "/api/v1/dossiers", filing.file)
    fast_lane(app, "POST", "/api/v1/dossiers:batch", filing.file_many)
    return app


def ports(
    settings: Settings, transport: httpx.AsyncBaseTransport | None
) -> tuple[PopulationDatabase | None, ResultsRepository | None]:
    """None: off."""
    population = repository = None
    if url := settings.population_url:
        population = HttpPopulation(Neighbour(POPULATION, url, secret(settings.population_token), transport=transport))
    if url := settings.results_url:
        neighbour = Neighbour(RESULTS, url, secret(settings.results_token), transport=transport)
        repository = HttpResults(neighbour, settings.document_limit)
    return population, repository


def secret(token: SecretStr | None) -> str | None:
    return token.get_secret_value() if token is not None else None


def key_maker(settings: Settings, runtime: Runtime) -> KeyMaker:
    sender = KafkaSender(settings.broker, client_id=f"{settings.member_id}-person-keys")
    keys = runtime.persons.keys
    given = settings.readers
    own = {settings.service: keys.wrapper.public} if keys.wrapper is not None else {}
    of_development = settings.development and not given

    @cache
    def public(name: str) -> str | None:
        return own.get(name) or (public_of(known_to_all(name)) if of_development else given.get(name))

    readers = Readers(public, LastHeard(runtime.db, runtime.registry))
    return KeyMaker(runtime.db, keys, sender, runtime.clock, readers)
