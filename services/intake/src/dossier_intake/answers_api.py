"""HTTP of what review asked the citizen for: the supplement, the payment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from dossier_intake import handlers
from dossier_intake.filing.checks import uploaded
from dossier_intake.filing.documents import FREE
from dossier_intake.filing_api import FILERS, FilingDesk
from dossier_intake.schemas import (
    DossierOutcomes,
    DossierView,
    PaymentConfirmation,
    PaymentConfirmationBatch,
    PaymentConfirmationItem,
    Supplement,
    dossier_view,
)
from dossier_intake.state import State
from dossier_intake.store import Catalogues
from dossier_shared.clock import parse_instant
from dossier_shared.errors import Invalid
from dossier_shared.http.batches import read_items
from dossier_shared.http.commands import command_of, run_batch
from dossier_shared.http.idempotency import CommandContext, command
from dossier_shared.http.jsonbody import json_response, parse
from dossier_shared.http.openapi import answers, reads
from dossier_shared.journal.dossier import Dossier, New
from dossier_shared.runtime.service import Runtime

PAID = ("counter", "admin")


def answers_router(runtime: Runtime, catalogues: Catalogues, desk: FilingDesk) -> APIRouter:
    api = APIRouter(prefix="/api/v1")

    def view(dossier: Dossier[State]) -> dict[str, Any]:
        return dossier_view(catalogues.shown(dossier))

    def moment(context: CommandContext) -> datetime:
        return parse_instant(context.occurred_at) if context.occurred_at else runtime.clock.now()

    async def papers_of(dossier_id: str, wanted: set[str]) -> set[str]:
        """Codes that a supplement may name: of its procedure today, or in the catalogue it was filed under."""
        if wanted <= {FREE}:
            return wanted
        found = (await runtime.dossiers.load([dossier_id], journal=False)).get(dossier_id)
        if found is None or "procedure" not in found.state:
            return {FREE}
        known = {FREE, *catalogues.current.papers(found.state["procedure"])}
        if wanted - known and (kept := await catalogues.kept(found.state["catalogue"])) is not None:
            known |= kept.papers(found.state["procedure"])
        return known

    @api.post("/dossiers/{dossier_id}/supplement", responses=answers(DossierView), openapi_extra=reads(Supplement))
    async def supplement(request: Request, dossier_id: str) -> Response:
        context = await command(request, *FILERS)
        given = parse(Supplement, context.body)
        if given.text is None and not given.documents:
            raise Invalid(
                "supplement-empty",
                "Chưa có gì để bổ sung. Hãy tải giấy tờ lên hoặc ghi nội dung trả lời.",
                "There is nothing in it. Upload a document or write an answer.",
            )
        named = [document.id for document in given.documents]
        documents = uploaded(given.documents, await desk.uploads.of(context.principal, named))
        known = await papers_of(dossier_id, {document.code for document in given.documents})
        at, catalogue = moment(context), catalogues.current
        dossier = await runtime.ledger.execute(
            dossier_id,
            lambda d: handlers.receive_supplement(
                d.state, context.principal, at, catalogue, given.text, documents, known
            ),
            command_of(context, *FILERS, permit=handlers.owner_or_counter(context.principal)),
        )
        return json_response(view(dossier), version=dossier.version)

    @api.post(
        "/dossiers/{dossier_id}/payment-confirmed",
        responses=answers(DossierView),
        openapi_extra=reads(PaymentConfirmation),
    )
    async def paid(request: Request, dossier_id: str) -> Response:
        context = await command(request, *PAID)
        wish = parse(PaymentConfirmation, context.body or b"{}")
        at, catalogue = moment(context), catalogues.current
        dossier = await runtime.ledger.execute(
            dossier_id,
            lambda d: handlers.confirm_payment(d.state, context.principal, at, catalogue, wish.receipt),
            command_of(context, *PAID, permit=handlers.payment_desk(context.principal)),
        )
        return json_response(view(dossier), version=dossier.version)

    @api.post(
        "/dossiers:payment-confirmed",
        responses=answers(DossierOutcomes),
        openapi_extra=reads(PaymentConfirmationBatch),
    )
    async def paid_many(request: Request) -> Response:
        context = await command(request, *PAID)
        items = read_items(PaymentConfirmationBatch, PaymentConfirmationItem, context.body)
        at, catalogue = moment(context), catalogues.current

        def one(item: PaymentConfirmationItem, state: State) -> Sequence[New]:
            return handlers.confirm_payment(state, context.principal, at, catalogue, item.receipt)

        permit = handlers.payment_desk(context.principal)
        answer = await run_batch(runtime.ledger, context, items, one, view, *PAID, permit=permit)
        return json_response(answer)

    return api
