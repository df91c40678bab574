"""What signing answers to reading: the queue, results, their documents. What one may do is in commands.py."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from dossier_shared.clock import given_instant, parse_instant
from dossier_shared.documents.letterhead import in_force
from dossier_shared.http.auth import authenticate, own_agency
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.openapi import answers, sends
from dossier_shared.http.paging import CursorQuery, LimitQuery
from dossier_shared.http.policy import Context
from dossier_shared.http.tokens import Principal
from dossier_shared.http.verbs import Runner, verb_router
from dossier_shared.journal.dossier import Dossier
from dossier_shared.journal.ledger import Ledger
from dossier_shared.journal.steps import Command
from dossier_shared.problems import Invalid, NotFound, NotReady
from dossier_shared.runtime.service import Runtime
from dossier_signing import handlers
from dossier_signing.commands import VERBS, World
from dossier_signing.documents.previews import Preview, Previews, Signer
from dossier_signing.documents.printed import check_document
from dossier_signing.policy import POLICY
from dossier_signing.schemas import QueueView, ResultView, RunView, result_view
from dossier_signing.state import SIGNATURE, State
from dossier_signing.store import ResultList

log = structlog.get_logger()
AtQuery = Annotated[str | None, Query(max_length=40)]
RunPath = Annotated[str, Path(min_length=1, max_length=200)]
SubstituteQuery = Annotated[bool, Query()]


def runner_of(runtime: Runtime, previews: Previews) -> Runner[World]:
    directory = runtime.directory

    async def shows(dossier: str, who: Principal, at: datetime, substitute: bool) -> Preview | None:
        found = (await runtime.dossiers.load([dossier])).get(dossier)
        if found is None or not POLICY.may(who, "preview", found.state) or found.state.get("stage") != SIGNATURE:
            return None
        head, signer = in_force(directory, found.state["agency"]), Signer(who.sub, who.name or who.sub)
        if not substitute:
            check_document(found.state, signer.name, head)
        return await previews.made(dossier, found.state, signer, at, substitute=substitute, head=head)

    def view(dossier: Dossier[State]) -> dict[str, Any]:
        return result_view(directory.shown(dossier))

    return Runner(runtime.ledger, runtime.clock, World(directory, shows), ResultView, view)


def router(runtime: Runtime, results: ResultList, runner: Runner[World]) -> APIRouter:
    api = APIRouter(prefix="/api/v1")
    view, context = runner.view, Context(runner.world)

    async def readable(request: Request, dossier_id: str, action: str = "read") -> tuple[Principal, Dossier]:
        who = await authenticate(request, *POLICY.roles(action))
        dossier = (await runtime.dossiers.load([dossier_id])).get(dossier_id)
        if dossier is None:
            raise NotFound()
        POLICY.demand(who, action, dossier.state, context)
        return who, dossier

    @api.get("/queue", responses=answers(QueueView))
    async def queue(request: Request, limit: LimitQuery = 100, cursor: CursorQuery = None) -> Response:
        who = await authenticate(request, *POLICY.roles("queue"))
        found = await results.queue(own_agency(who), limit, cursor)
        return json_response({"items": [view(one) for one in found.rows], "next": found.next})

    @api.get("/signing-runs/{run}", responses=answers(RunView))
    async def progress(request: Request, run: RunPath) -> Response:
        """How far what was asked for under this name has got. 202 is not done: signed is."""
        who = await authenticate(request, *POLICY.roles("follow-run"))
        counts, failed = await results.run(own_agency(who), run)
        outcomes = {name: counts.get(name, 0) for name in ("signed", "failed", "remaining")}
        failures = [
            {"id": one.id, "code": one.state["code"], "failure": one.state.get("failure") or ""} for one in failed
        ]
        return json_response({"run": run, "asked": sum(outcomes.values()), **outcomes, "failures": failures})

    @api.get("/dossiers/{dossier_id}", responses=answers(ResultView))
    async def show(request: Request, dossier_id: str) -> Response:
        who, dossier = await readable(request, dossier_id)
        shown = view(dossier)
        if not POLICY.may(who, "see-signer", dossier.state, context):
            shown["signed_by"] = None
        return json_response(shown, version=dossier.version)

    @api.get("/dossiers/{dossier_id}/preview", response_class=Response, responses=sends("application/pdf"))
    async def preview(
        request: Request, dossier_id: str, at: AtQuery = None, substitute: SubstituteQuery = False
    ) -> Response:
        """The very document that would be signed, for its leader. `ETag` is its SHA-256 and `X-Preview-At` its instant: what
        `sign` takes as `preview` and `preview_at`. `at`: as a preview before had it; the same instant gives the same bytes."""
        who = await authenticate(request, *POLICY.roles("preview"))
        seen = await runner.world.shows(dossier_id, who, _instant(at) if at else runtime.clock.now(), substitute)
        if seen is None:
            _, dossier = await readable(request, dossier_id)
            POLICY.demand(who, "preview", dossier.state, context)
            handlers.demand_turn(dossier.state)
            raise NotFound()
        name = f"{dossier_id}.pdf".encode("ascii", "ignore").decode()
        headers = {
            "content-disposition": f'inline; filename="{name}"',
            "etag": f'"{seen.sha256}"',
            "x-preview-at": seen.at,
            "cache-control": "no-store",
        }
        return Response(seen.pdf, media_type="application/pdf", headers=headers)

    @api.get("/dossiers/{dossier_id}/result", response_class=Response, responses=sends("application/pdf"))
    async def result(request: Request, dossier_id: str) -> Response:
        """The signed PDF itself. Fetched by the person it is for, it is in their hands: that is recorded, once."""
        who, dossier = await readable(request, dossier_id, "read-result")
        made = dossier.state.get("result")
        if made is None:
            raise NotReady("result-not-ready", "Kết quả chưa được ký.", "The result is not signed yet.")
        content = await runtime.files.get(made["file"]) if made["file"] else None
        if content is None:
            raise NotFound(
                "no-document",
                "Kết quả là một mục trong cơ sở dữ liệu, không có văn bản.",
                "The result is an entry in a register; there is no document.",
            )
        if POLICY.may(who, "receive-result", dossier.state, context):
            await received(runtime.ledger, dossier)
        name = dossier.state["code"].encode("ascii", "ignore").decode()
        headers = {"content-disposition": f'inline; filename="{name}.pdf"', "etag": f'"{made["file"]}"'}
        return Response(content, media_type="application/pdf", headers=headers)

    api.include_router(verb_router(VERBS, runner))
    return api


async def received(ledger: Ledger[State], dossier: Dossier[State]) -> None:
    """By rule: nobody commands it. Where it cannot be recorded they have their document, and it is the next time."""
    if "downloaded_at" in dossier.state:
        return
    key = sha256(f"{dossier.id}:downloaded".encode()).hexdigest()
    try:
        command = Command(id=key, fingerprint=key, actor="rule:signing")
        await ledger.execute(dossier.id, lambda found: handlers.download(found.state), command)
    except Exception as error:
        log.warning("download not recorded", dossier=dossier.id, error=repr(error)[:200])


def _instant(text: str) -> datetime:
    try:
        return parse_instant(given_instant(text))
    except ValueError:
        raise Invalid(
            "at-invalid",
            "Thời điểm xem không hợp lệ. Hãy mở lại bản xem trước từ danh sách.",
            "The instant is not valid. Open the preview from the list again.",
        ) from None
