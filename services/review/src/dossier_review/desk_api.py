"""What review answers about its work as a whole: lists, counts, workload, who gets what; the cases of an officer who has left."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from dossier_review import handlers
from dossier_review.assigning import Assigner
from dossier_review.lists import Day, ListName, listed
from dossier_review.policy import POLICY
from dossier_review.schemas import CaseView, QueueView, case_view
from dossier_review.store import Cases
from dossier_review.workload import (
    Assigning,
    Counts,
    KeepAssigning,
    Release,
    Released,
    ShareOut,
    Standing,
    Workload,
    workload,
)
from dossier_shared.http.auth import authenticate, own_agency
from dossier_shared.http.batches import refused_outcome
from dossier_shared.http.commands import command_of, outcomes_of
from dossier_shared.http.idempotency import command
from dossier_shared.http.jsonbody import json_response, parse
from dossier_shared.http.openapi import answers, reads
from dossier_shared.http.paging import CursorQuery, LimitQuery
from dossier_shared.journal.command_queue import QueuedCommand
from dossier_shared.runtime.service import Runtime

AT_ONCE = 500


def desk_router(runtime: Runtime, cases: Cases, assigner: Assigner, ahead: int) -> APIRouter:
    """For a router that has the prefix. `ahead`: see `Day`."""
    api = APIRouter()

    def today(agency: str) -> Day:
        return Day.of(runtime.clock.now(), ahead, runtime.directory.works(agency))

    @api.get("/queue", responses=answers(QueueView))
    async def queue(request: Request, stage: ListName, limit: LimitQuery = 100, cursor: CursorQuery = None) -> Response:
        """`waiting`: for somebody else; `consultation`: other agencies' cases that wait for this one's opinion; `mine`, `group`:
        to be appraised by who asks, by nobody yet; `due`: later today; `closing`: soon, and the clock
        runs; `done`: appraised or decided by who asks, today."""
        who = await authenticate(request, *POLICY.roles("queue"))
        wanted = listed(stage, who.sub, own_agency(who), today(own_agency(who)))
        found = await cases.queue(wanted, limit, cursor)
        items = [case_view(runtime.directory.shown(dossier)) for dossier in found.rows]
        return json_response({"items": items, "next": found.next})

    @api.get("/queue/counts", responses=answers(Counts))
    async def counts(request: Request) -> Response:
        """How many cases each list has."""
        who = await authenticate(request, *POLICY.roles("queue"))
        return json_response(await cases.counts(who.sub, own_agency(who), today(own_agency(who))))

    @api.get("/workload", responses=answers(Workload))
    async def load(request: Request) -> Response:
        """What each officer of the agency has open."""
        who = await authenticate(request, *POLICY.roles("workload"))
        return json_response({"items": workload(await cases.shown_tally(own_agency(who), Day.of(runtime.clock.now())))})

    @api.post("/officers/{officer}/release", openapi_extra=reads(Release, required=False), responses=answers(Released))
    async def release(request: Request, officer: Annotated[str, Path(min_length=1, max_length=200)]) -> Response:
        """The open cases of an officer who has left go to another, or back to all. A repeat takes what is left."""
        context = await command(request, *POLICY.roles("release"))
        body = context.body or b"{}"
        wish, agency = parse(Release, body), own_agency(context.principal)
        assigner.demand(agency, [wish.to] if wish.to else [])
        released, refused, after = 0, 0, ""
        while ids := await cases.of_officer(officer, agency, after, AT_ONCE):
            steps = []
            for id_ in ids:
                order = command_of(
                    context,
                    "leader",
                    key=f"{context.key}:{id_}",
                    body=body,
                    permit=POLICY.permit(context.principal, "release"),
                )
                steps.append(
                    QueuedCommand(
                        id_,
                        runtime.ledger.step(lambda case: handlers.release_case(case.state, officer, wish.to), order),
                    )
                )
            outcomes = await runtime.ledger.execute_many(steps)
            refused += sum(isinstance(outcome, Exception) for outcome in outcomes)
            released += sum(not isinstance(outcome, Exception) for outcome in outcomes)
            after = ids[-1]
        await assigner.desks.leave(agency, officer)
        return json_response({"released": released, "refused": refused})

    @api.post("/dossiers:share-out", openapi_extra=reads(ShareOut), responses=answers(outcomes_of(CaseView)))
    async def share_out(request: Request) -> Response:
        """The dossiers named, each to whichever of the officers has least open by then. An outcome for each, under its id."""
        context = await command(request, *POLICY.roles("share-out"))
        wish = parse(ShareOut, context.body)
        done = zip(dict.fromkeys(wish.dossiers), await assigner.share_out(context, wish), strict=True)
        return json_response(
            {
                "items": [
                    refused_outcome(n, id_, outcome, context.request_id)
                    if isinstance(outcome, Exception)
                    else {"key": id_, "status": 200, "dossier": case_view(runtime.directory.shown(outcome))}
                    for n, (id_, outcome) in enumerate(done)
                ]
            }
        )

    @api.get("/assigning", responses=answers(Assigning))
    async def assigning(request: Request) -> Response:
        """Among whom what arrives is shared out by itself."""
        who = await authenticate(request, *POLICY.roles("assigning"))
        return json_response(_assigning(await assigner.desks.standing(own_agency(who))))

    @api.put("/assigning", openapi_extra=reads(KeepAssigning), responses=answers(Assigning))
    async def keep_assigning(request: Request) -> Response:
        """What is accepted from now on goes to whichever of them has least open; to nobody of an empty list."""
        who = await authenticate(request, *POLICY.roles("keep-assigning"))
        return json_response(_assigning(await assigner.keep(who, parse(KeepAssigning, await request.body()))))

    return api


def _assigning(rule: Standing | None) -> dict[str, object]:
    if rule is None or not rule.officers:
        return {"officers": [], "since": None, "by": None}
    return {"officers": list(rule.officers), "since": rule.since, "by": rule.by}
