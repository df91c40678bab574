"""Filing over HTTP: documents first, then the dossier, one or up to 500 at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from dossier_intake import handlers
from dossier_intake.capacity import WeightedSemaphore
from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.consents.desk import ConsentDesk
from dossier_intake.filing.checks import Checked, Filing, check_filing, paper_of_consent
from dossier_intake.filing.documents import TAKEN
from dossier_intake.filing.persons import Way
from dossier_intake.policy import POLICY
from dossier_intake.privacy.holders import holder_of_filing
from dossier_intake.privacy.making import KeyMaker
from dossier_intake.registers import filing as registers
from dossier_intake.registers.again import AskingAgain
from dossier_intake.registers.asking import StateData
from dossier_intake.schemas import (
    DossierView,
    FilingBatch,
    FilingItem,
    FilingOutcomes,
    UploadView,
    dossier_view,
    filed_view,
    signature_view,
)
from dossier_intake.state import State
from dossier_intake.store import Catalogues, Codes
from dossier_intake.uploads.incoming import Incoming
from dossier_intake.uploads.uploads import Uploads
from dossier_shared.clock import instant, parse_instant
from dossier_shared.contracts.deployments import Filed
from dossier_shared.http.auth import authenticate
from dossier_shared.http.batches import RefusedItem, demand_some, read_items, refused_outcome
from dossier_shared.http.commands import command_of
from dossier_shared.http.idempotency import CommandContext, command
from dossier_shared.http.jsonbody import json_response, parse
from dossier_shared.http.openapi import answers, reads, takes
from dossier_shared.http.policy import Context
from dossier_shared.http.tokens import LEEWAY, Principal
from dossier_shared.http.validation import validated
from dossier_shared.journal.command_queue import QueuedCommand
from dossier_shared.journal.dossier import Dossier, New
from dossier_shared.journal.outages import is_outage
from dossier_shared.journal.steps import Command, Decide
from dossier_shared.problems import Problem
from dossier_shared.runtime.service import Runtime
from dossier_shared.vocabulary.moments import VIETNAM

CHUNK = 50  # items checked before the event loop gets its turn
ID_LENGTH = 64  # hex digits of a SHA-256
TOGETHER = 256 * 1024  # bytes of batches that are in memory as filings at once
Files = Mapping[str, Mapping[str, Any]]  # type, size and name of each file that may be attached, by id


class FilingDesk:
    """Checks a filing and records it. The dossier's id follows from who files and their key: a repeat finds itself."""

    def __init__(
        self,
        runtime: Runtime,
        catalogues: Catalogues,
        codes: Codes,
        uploads: Uploads,
        person_key: bytes = b"",
        *,
        consent_demanded: bool = False,
        proved_within: int = 0,
        keys: KeyMaker | None = None,
        registers: StateData | None = None,
        again: AskingAgain | None = None,
        consents: ConsentDesk | None = None,
    ) -> None:
        self.runtime, self.catalogues, self.codes, self.uploads = runtime, catalogues, codes, uploads
        self.person_key, self._consent_demanded = person_key, consent_demanded
        self._proved_within = proved_within  # seconds; 0: when a level was proved is not looked at
        self._keys = keys  # None: what is filed is kept in clear
        self._registers = registers  # None: nobody else is asked
        self._again = again  # None: what did not answer is asked once
        self._consents = consents  # None: no codes are sent, and none is looked at

    async def file(self, context: CommandContext, filing: Filing) -> Dossier[State]:
        self.runtime.ledger.check_open()  # before a code is leased: a counter that was put back would issue it again
        files = await self.uploads.of(
            context.principal, [one.id for one in (*filing.documents, *paper_of_consent(filing))]
        )
        prepared = await self._prepare(context, filing, files)
        (outcome,) = await self.runtime.ledger.execute_many(await self._ready([prepared]))
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def file_many(
        self, context: CommandContext, items: Sequence[FilingItem | RefusedItem]
    ) -> list[Dossier[State] | Exception]:
        """Per item the dossier, or why it was not recorded. All join the ledger's next bulk."""
        self.runtime.ledger.check_open()
        ready: list[Prepared] = []
        outcomes: list[Dossier[State] | Exception | None] = []  # None: still to be asked
        files = await self.uploads.of(context.principal, _named_files(items))
        for number, item in enumerate(items):
            if number % CHUNK == 0:
                await asyncio.sleep(0)  # others may go on meanwhile
            if isinstance(item, RefusedItem):
                outcomes.append(item.problem)
                continue
            try:
                filing = validated(Filing, item.filing)
                body = orjson.dumps(item.filing, option=orjson.OPT_SORT_KEYS)
                ready.append(await self._prepare(context, filing, files, key=item.key, body=body))
                outcomes.append(None)
            except Exception as error:
                if is_outage(error):
                    raise  # nothing is recorded yet, and each of the others would wait for the database in its turn
                outcomes.append(error)  # whatever it is, it is this item's own
        written = iter(await self.runtime.ledger.execute_many(await self._ready(ready)))
        return [next(written) if outcome is None else outcome for outcome in outcomes]

    async def _prepare(
        self,
        context: CommandContext,
        filing: Filing,
        files: Files,
        *,
        key: str | None = None,
        body: bytes | None = None,
    ) -> Prepared:
        catalogue, who = self.catalogues.current, context.principal
        at = parse_instant(context.occurred_at) if context.occurred_at else self.runtime.clock.now()
        day = at.astimezone(VIETNAM).date()
        permit = partial(_permit, who)
        way = Way(at, key is not None, self.person_key, self._consent_demanded)
        order = command_of(
            context, *POLICY.roles("file"), key=key, body=body, create=True, agency=filing.agency, permit=permit
        )
        id_ = dossier_id(order.id)
        try:
            known = catalogue.known(filing.procedure, day)
            wanted: dict[str, Any] = {"agency": filing.agency, "assurance": known.assurance if known else 1}
            if self._proved_within:
                wanted["proved_since"] = self.runtime.clock.now().timestamp() - self._proved_within - LEEWAY
            POLICY.demand(who, "file", wanted, Context(catalogue))
            checked = check_filing(catalogue, filing, files, who, day, way)
            if self._consents is not None and checked.consent is not None:
                await self._consents.demand(filing, checked, who, order.id)
            if self._registers is not None and not way.bulk and registers.wants(self._registers, checked, filing):
                checked = await self._evidenced(self._registers, id_, checked, filing, who, day)
        except Problem as problem:
            # a repeat keeps its answer though the catalogue has changed since; what is new stays refused
            return Prepared(id_, order, _refuse(problem), new=False)
        code = await self.codes.next(filing.agency, day)
        decide = partial(_submit, checked, code, at, catalogue, partial(self.runtime.registry.marks, filing.agency))
        if self._keys is None:
            return Prepared(id_, order, decide, new=True)
        # filed at this very instant: by it follows who may read, and whose the dossier is
        filed = Filed(filing.agency, instant(at))
        held = await self._keys.readers.held(holder_of_filing(checked, id_, self.person_key), filed)
        return Prepared(id_, replace(order, time=filed.at), decide, new=True, holder=held)

    async def _evidenced(
        self, data: StateData, id_: str, checked: Checked, filing: Filing, who: Principal, day: date
    ) -> Checked:
        """With what registers of the State answer. A repeat keeps the answers that were recorded: nobody is asked again."""
        known = (await self.runtime.dossiers.load([id_], journal=False)).get(id_)
        if known is not None and "code" in known.state:
            return checked
        evidenced = await registers.with_evidence(data, checked, filing, who, day)
        return evidenced if self._again is None else await self._again.promised(id_, evidenced)

    async def _ready(self, prepared: Sequence[Prepared]) -> list[QueuedCommand]:
        """With a key for each person whom they are about, made together."""
        asked = {one.holder for one in prepared if one.holder is not None}
        holders = await self._keys.ensure(asked) if self._keys is not None and asked else {}
        ready = []
        for one in prepared:
            holder = holders[one.holder] if one.holder is not None else None
            decide = partial(_held, one.decide, holder) if holder is not None else one.decide
            ready.append(QueuedCommand(one.id, self.runtime.ledger.step(decide, one.order), new=one.new))
        return ready


class Prepared(NamedTuple):
    """A filing that was checked. `holder`: whose key is to encrypt it."""

    id: str
    order: Command
    decide: Decide[State]
    new: bool
    holder: str | None = None


def _named_files(items: Sequence[FilingItem | RefusedItem]) -> Iterator[str]:
    """Of filings not checked yet: what is no id finds nothing."""
    for item in items:
        if isinstance(item, RefusedItem):
            continue
        documents = item.filing.get("documents")
        for document in documents if isinstance(documents, list) else ():
            if isinstance(document, dict) and isinstance(id_ := document.get("id"), str) and len(id_) == ID_LENGTH:
                yield id_
        consent = item.filing.get("consent")
        if isinstance(consent, dict) and isinstance(id_ := consent.get("document"), str) and len(id_) == ID_LENGTH:
            yield id_


def _submit(
    checked: Checked, code: str, at: datetime, catalogue: Catalogue, marks: Callable[[], bool], _: Dossier[State]
) -> Sequence[New]:
    return handlers.submit_dossier(checked, code, at, catalogue, marked=marks())


def _held(decide: Decide[State], holder: str, dossier: Dossier[State]) -> Sequence[New]:
    first, *others = decide(dossier)
    return [first._replace(holder=holder), *others]


def _permit(who: Principal, state: State, _: bool) -> None:
    """A repeat of a filing is answered to who may see the dossier today: an officer who moved away may not."""
    if "agency" in state:
        POLICY.demand(who, "see-filed", state)


def _refuse(problem: Problem) -> Decide[State]:
    def decide(_: Dossier[State]) -> Sequence[New]:
        raise problem

    return decide


def dossier_id(command: str) -> str:
    """A UUID (version 8) made of the filing command's identity."""
    return str(UUID(int=(int(command, 16) & ~(0xF << 76) & ~(0x3 << 62)) | 0x8 << 76 | 0x2 << 62))


class FilingApi:
    """The endpoints, bound: as routes, and `file` and `file_many` in the fast lane as well."""

    def __init__(self, desk: FilingDesk) -> None:
        self.desk = desk
        self._in_memory, self.incoming = WeightedSemaphore(TOGETHER), Incoming()

    def router(self) -> APIRouter:
        api = APIRouter()
        post = partial(api.add_api_route, methods=["POST"])
        papers = takes(*TAKEN)
        post("/documents", self.upload, status_code=201, responses=answers(UploadView, 201), openapi_extra=papers)
        post("/dossiers", self.file, status_code=201, responses=answers(DossierView, 201), openapi_extra=reads(Filing))
        post("/dossiers:batch", self.file_many, responses=answers(FilingOutcomes), openapi_extra=reads(FilingBatch))
        return api

    async def upload(self, request: Request, name: str = "") -> Response:
        """Content-addressed: the same bytes again give the same id and are stored once. `id` is that of what is stored."""
        who = await authenticate(request, *POLICY.roles("upload"))
        async with self.incoming.body(request, who.sub) as content:
            upload = await self.desk.uploads.take(content, name, who)
        told = upload._asdict() | {"signatures": [signature_view(one._asdict()) for one in upload.signatures]}
        view = {key: value for key, value in told.items() if key not in ("changes", "signatures", "signs") or value}
        return json_response(view, 201)

    async def file(self, request: Request) -> Response:
        """One dossier, with its code in the answer."""
        context = await command(request, *POLICY.roles("file"))
        dossier = await self.desk.file(context, parse(Filing, context.body))
        return json_response(
            dossier_view(dossier), 201, version=dossier.version, location=f"/api/v1/dossiers/{dossier.id}"
        )

    async def file_many(self, request: Request) -> Response:
        """Up to 500; each item has its own key and its own outcome."""
        context = await command(request, *POLICY.roles("file-batch"))
        async with self._in_memory.held(len(context.body)):
            items = read_items(FilingBatch, FilingItem, context.body)
            outcomes = await self.desk.file_many(context, items)
            demand_some(outcomes)
            told = enumerate(zip(items, outcomes, strict=True))
            return json_response({"items": [_answer(n, item.key, o, context.request_id) for n, (item, o) in told]})


def _answer(position: int, key: str, outcome: Dossier[State] | Exception, request_id: str) -> dict[str, Any]:
    if isinstance(outcome, Exception):
        return refused_outcome(position, key, outcome, request_id)
    return {"key": key, "status": 201, "dossier": filed_view(outcome)}
