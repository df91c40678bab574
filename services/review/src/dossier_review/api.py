"""HTTP of review: parse, hand to a handler, answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from dossier_review import handlers
from dossier_review.schemas import (
    AnswerConsultation,
    AnswerConsultationItem,
    Appraise,
    AppraiseItem,
    Approve,
    ApproveItem,
    Assign,
    AssignItem,
    CaseDetail,
    CaseOutcomes,
    CaseView,
    Consult,
    ConsultItem,
    Note,
    QueueView,
    Reject,
    RequestPayment,
    RequestPaymentItem,
    RequestSupplement,
    RequestSupplementItem,
    Return,
    Stop,
    WithdrawRequest,
    batch_of,
    case_detail,
    case_view,
)
from dossier_review.state import State
from dossier_review.store import Cases
from dossier_shared.adapters.cursors import CursorQuery, LimitQuery
from dossier_shared.errors import Invalid, NotFound
from dossier_shared.http.auth import authenticate, own_agency
from dossier_shared.http.batches import read_items
from dossier_shared.http.commands import Batch, BatchItem, command_of, run_batch
from dossier_shared.http.idempotency import command
from dossier_shared.http.jsonbody import json_response, parse
from dossier_shared.http.openapi import answers, reads
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import New
from dossier_shared.journal.steps import Permit
from dossier_shared.runtime.directory import Directory
from dossier_shared.runtime.service import Runtime

OFFICERS = ("specialist", "leader")
Decide = Callable[[State, Principal, Any], Sequence[New]]


# action -> (roles, body, handler)
ACTIONS: dict[str, tuple[tuple[str, ...], type[BaseModel], Decide]] = {
    "assign": (OFFICERS, Assign, lambda s, who, b: handlers.assign_case(s, who, b.officer)),
    "appraise": (OFFICERS, Appraise, lambda s, who, b: handlers.appraise_case(s, who, b.proposal, b.note)),
    "approve": (("leader",), Approve, lambda s, who, b: handlers.approve_case(s, who, b.note)),
    "reject": (("leader",), Reject, lambda s, who, b: handlers.reject_case(s, who, b.reason)),
    "return": (("leader",), Return, lambda s, who, b: handlers.return_case(s, who, b.reason)),
    "request-supplement": (
        ("specialist",),
        RequestSupplement,
        lambda s, who, b: handlers.request_supplement(s, who, b.text),
    ),
    "request-payment": (
        ("specialist",),
        RequestPayment,
        lambda s, who, b: handlers.request_payment(s, who, b.amount_vnd, b.reason),
    ),
    "consult": (("specialist",), Consult, lambda s, who, b: handlers.consult_agency(s, who, b.agency, b.question)),
    "answer-consultation": (
        OFFICERS,
        AnswerConsultation,
        lambda s, who, b: handlers.answer_consultation(s, who, b.answer),
    ),
    "withdraw-request": (OFFICERS, WithdrawRequest, lambda s, who, b: handlers.withdraw_request(s, who, b.reason)),
    "stop": (("leader",), Stop, lambda s, who, b: handlers.stop_case(s, who, b.reason)),
    "note": ((*OFFICERS, "counter"), Note, lambda s, who, b: handlers.note_case(s, who, b.text)),
}
BULK: dict[str, type[BatchItem]] = {
    "assign": AssignItem,
    "appraise": AppraiseItem,
    "approve": ApproveItem,
    "request-supplement": RequestSupplementItem,
    "request-payment": RequestPaymentItem,
    "consult": ConsultItem,
    "answer-consultation": AnswerConsultationItem,
}
BATCHES: dict[str, tuple[tuple[str, ...], type[Batch], type[BatchItem], Decide]] = {
    name: (ACTIONS[name][0], batch_of(f"{item.__name__.removesuffix('Item')}Batch", item), item, ACTIONS[name][2])
    for name, item in BULK.items()
}


def router(runtime: Runtime, cases: Cases) -> APIRouter:
    api = APIRouter(prefix="/api/v1")
    directory = runtime.directory

    @api.get("/queue", responses=answers(QueueView))
    async def queue(
        request: Request,
        stage: Literal["appraisal", "approval", "waiting", "consultation"],
        limit: LimitQuery = 100,
        cursor: CursorQuery = None,
    ) -> Response:
        """`waiting`: for somebody else; `consultation`: other agencies' cases that wait for this one's opinion."""
        who = await authenticate(request, *OFFICERS)
        agency = own_agency(who)
        if stage == "consultation":
            found = await cases.asked(agency, limit, cursor)
        else:
            found = await cases.queue(agency, stage, limit, cursor)
        items = [case_view(directory.shown(dossier)) for dossier in found.rows]
        return json_response({"items": items, "next": found.next})

    @api.get("/dossiers/{dossier_id}", responses=answers(CaseDetail))
    async def show(request: Request, dossier_id: str) -> Response:
        who = await authenticate(request, *OFFICERS, "counter", "superior")
        dossier = (await runtime.dossiers.load([dossier_id])).get(dossier_id)
        if dossier is None:
            raise NotFound()
        state = dossier.state
        overseers = directory.above(state.get("agency", ""), state.get("overseers", ()))
        if "superior" not in who.roles or who.agency not in overseers:
            handlers.demand_sight(state, who)
        return json_response(case_detail(directory.shown(dossier), who), version=dossier.version)

    for name, single in ACTIONS.items():
        path, act, told = f"/dossiers/{{dossier_id}}/{name}", _single(runtime, *single), answers(CaseView)
        api.add_api_route(path, act, methods=["POST"], name=name, openapi_extra=reads(single[1]), responses=told)
    for name, many in BATCHES.items():
        path, act, told = f"/dossiers:{name}", _batch(runtime, *many), answers(CaseOutcomes)
        api.add_api_route(
            path, act, methods=["POST"], name=f"{name}-batch", openapi_extra=reads(many[1]), responses=told
        )
    return api


def heard_of(directory: Directory, decide: Decide) -> Decide:
    """An opinion is asked of no agency that is in no catalogue: nobody would ever answer."""

    def checked(state: State, who: Principal, wish: Any) -> Sequence[New]:
        recorded = decide(state, who, wish)  # first who may, and whether it is time
        if isinstance(wish, Consult) and directory.unheard_of(wish.agency):
            raise Invalid(
                "agency-unknown",
                "Không có cơ quan này trong danh mục. Hãy kiểm tra lại mã cơ quan được hỏi ý kiến.",
                "The catalogue has no such agency. Check the code of the agency to be asked.",
            )
        return recorded

    return checked


def _single(runtime: Runtime, roles: tuple[str, ...], body: type[BaseModel], decide: Decide) -> Callable[..., Any]:
    decide, shown = heard_of(runtime.directory, decide), runtime.directory.shown

    async def act(request: Request, dossier_id: str) -> Response:
        context = await command(request, *roles)
        wish = parse(body, context.body or b"{}")
        order = command_of(context, *roles, permit=_permit(context.principal))
        dossier = await runtime.ledger.execute(dossier_id, lambda d: decide(d.state, context.principal, wish), order)
        return json_response(case_view(shown(dossier)), version=dossier.version)

    return act


def _permit(who: Principal) -> Permit[State]:
    return lambda state, repeats: handlers.demand_sight(state, who, repeats)


def _batch(
    runtime: Runtime, roles: tuple[str, ...], body: type[Batch], item: type[BatchItem], decide: Decide
) -> Callable[..., Any]:
    decide, shown = heard_of(runtime.directory, decide), runtime.directory.shown

    async def act(request: Request) -> Response:
        context = await command(request, *roles)
        items = read_items(body, item, context.body)
        return json_response(
            await run_batch(
                runtime.ledger,
                context,
                items,
                lambda item, state: decide(state, context.principal, item),
                lambda dossier: case_view(shown(dossier)),
                *roles,
                permit=_permit(context.principal),
            )
        )

    return act
