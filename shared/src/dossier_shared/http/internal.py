"""What an administrator may ask of any service: parked events, stopped consumers, dead letters, publishing again; and, for the
recount, what the service has recorded."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StrictBool
from starlette.responses import Response

from dossier_shared.adapters.kafka import read_record
from dossier_shared.clock import instant
from dossier_shared.contracts.resend_request import Missing
from dossier_shared.http.auth import authenticate
from dossier_shared.http.jsonbody import json_response, parse
from dossier_shared.http.paging import CursorQuery, LimitQuery
from dossier_shared.journal.dead_letters import unwrap
from dossier_shared.journal.hearing import Pass, Position, pass_over
from dossier_shared.problems import NotFound
from dossier_shared.repair import facts
from dossier_shared.repair.asking import skip
from dossier_shared.repair.looking import Found, look
from dossier_shared.repair.republishing import spans
from dossier_shared.runtime.service import Runtime
from dossier_shared.vocabulary.codes import DossierId, coded
from dossier_shared.vocabulary.moments import Instant
from dossier_shared.vocabulary.text import Human

COUNTERS = ("admin", "recount")  # `recount`: the monitor's own token, and nothing else may be done with it


Name = Annotated[str, coded(200)]  # of a topic, of a group
Reason = Annotated[str, Human(2000), Field(min_length=3)]


class RecordPlace(BaseModel):
    partition: int = Field(ge=0, strict=True)
    offset: int = Field(ge=0, strict=True)


class ReplayRequest(BaseModel):
    records: list[RecordPlace] = Field(min_length=1, max_length=500)


class SkipRequest(BaseModel):
    dossier: DossierId
    source: Annotated[str, coded(50)]
    seq: int = Field(ge=1, strict=True)
    reason: Reason


class At(BaseModel):
    topic: Name
    partition: int = Field(ge=0, strict=True)
    offset: int = Field(ge=0, strict=True)


class PassRequest(BaseModel):
    """`until`: as `GET /internal/hearing` answered it to who decides; absent, all that is there now."""

    model_config = ConfigDict(extra="forbid")
    group: Name
    reason: Reason
    until: list[At] | None = Field(default=None, max_length=1000)


class FactsRequest(BaseModel):
    dossiers: list[DossierId] = Field(min_length=1, max_length=facts.AT_ONCE)


class RepublishRequest(BaseModel):
    dossiers: list[DossierId] = Field(min_length=1, max_length=500)


class RepublishingRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    since: Instant
    until: Instant | None = None
    dry_run: StrictBool = False


def internal_router(runtime: Runtime) -> APIRouter:
    router = APIRouter(prefix="/internal", include_in_schema=False)
    settings = runtime.settings

    @router.get("/waiting")
    async def waiting(request: Request, limit: LimitQuery = 500, cursor: CursorQuery = None) -> Response:
        """Parked events, the oldest first, with the reason."""
        await authenticate(request, "admin")
        items, following = await runtime.waiting.page(limit, cursor)
        return json_response(
            {
                "count": await runtime.waiting.count(),
                "items": [
                    {"id": i.id, "dossier": i.event.dossier, "source": i.event.source, "seq": i.event.seq,
                     "type": i.event.type, "reason": i.reason, "since": instant(i.since)}
                    for i in items
                ],
                "next": following,
            }
        )  # fmt: skip

    @router.post("/waiting:skip")
    async def go_on_without(request: Request) -> Response:
        """A person's decision to go on without the next event of a source; who and why is kept with the dossier."""
        who = await authenticate(request, "admin")
        wanted = parse(SkipRequest, await request.body())
        runtime.ledger.check_open()
        missing = Missing(wanted.dossier, wanted.source)
        dossier = await skip(runtime.consumer, missing, wanted.seq, by=who.sub, reason=wanted.reason)
        return json_response({"dossier": dossier.id, "heard": dossier.heard_seq(wanted.source)})

    @router.post("/dead-letters:replay")
    async def replay(request: Request) -> Response:
        """Per record `applied`, or why it is still bad. Events already heard are dropped as any duplicate is."""
        await authenticate(request, "admin")
        wanted = parse(ReplayRequest, await request.body())
        runtime.ledger.check_open()
        originals = []
        for place in wanted.records:
            record = await read_record(settings.broker, runtime.dead_letters.topic, place.partition, place.offset)
            if record is None:
                raise NotFound("dead-letter-not-found", "Không có bản ghi này.", "There is no such record.")
            originals.append(unwrap(record)[0])
        answers = await runtime.replay(originals)
        return json_response(
            {"items": [{**p.model_dump(), "outcome": a} for p, a in zip(wanted.records, answers, strict=True)]}
        )

    @router.get("/hearing")
    async def hearing(request: Request) -> Response:
        """By consumer group: who stands still and why, and what cannot be read from there on."""
        await authenticate(request, "admin")
        groups = []
        for of in runtime.hearings:
            stopped = await runtime.kept.stopped(of.group)
            found = (
                await look(settings.broker, of, runtime.keys.ring, runtime.registry) if stopped else Found(0, [], {})
            )
            until = [{**at._asdict(), "offset": end} for at, end in found.until.items()]
            groups.append(
                {"group": of.group, "stopped": stopped, "unreadable": found.unreadable, "records": found.records,
                 "until": until}
            )  # fmt: skip
        return json_response({"groups": groups})

    @router.post("/hearing:pass")
    async def go_on_hearing(request: Request) -> Response:
        """A person's decision to go on without what cannot be read; who and why is kept with it, here and in the dead letters."""
        who = await authenticate(request, "admin")
        wanted = parse(PassRequest, await request.body())
        of = next((of for of in runtime.hearings if of.group == wanted.group), None)
        if of is None:
            raise NotFound("group-not-found", "Không có nhóm này.", "There is no such consumer group.")
        if wanted.until is None:
            until = (await look(settings.broker, of, runtime.keys.ring, runtime.registry)).until
        else:
            until = {Position(at.topic, at.partition): at.offset for at in wanted.until}
        await pass_over(of, Pass(who.sub, wanted.reason, until))
        return json_response({"group": of.group, "by": who.sub, "reason": wanted.reason})

    @router.post("/republish")
    async def publish_again(request: Request) -> Response:
        """Sends the whole journal of each dossier again; readers drop what they have."""
        await authenticate(request, "admin")
        wanted = parse(RepublishRequest, await request.body())
        sent = await runtime.resender.resend(wanted.dossiers) if runtime.resender else 0
        return json_response({"dossiers": len(wanted.dossiers), "events": sent})

    @router.post("/republishing")
    async def begin_republishing(request: Request) -> Response:
        """All dossiers with an event recorded since an instant, in the background; a dry run only counts them."""
        await authenticate(request, "admin")
        wanted = parse(RepublishingRequest, await request.body())
        since, until = spans(wanted.since, wanted.until)
        return json_response(await runtime.republishing.begin(since, until, dry_run=wanted.dry_run), 202)

    @router.get("/republishing")
    async def republishing(request: Request) -> Response:
        await authenticate(request, "admin")
        return json_response(await runtime.republishing.view())

    @router.delete("/republishing")
    async def cancel_republishing(request: Request) -> Response:
        await authenticate(request, "admin")
        return json_response(await runtime.republishing.cancel())

    @router.get("/facts")
    async def facts_after(
        request: Request,
        after: Annotated[str, Query(max_length=200)] = "",
        limit: Annotated[int, Query(ge=1, le=facts.AT_ONCE)] = facts.AT_ONCE,
    ) -> Response:
        """What this service holds, by dossier id; the shape is in `facts.py`. Fewer than `limit`: there are no more."""
        await authenticate(request, *COUNTERS)
        items = await facts.after(runtime.dossiers, after, limit)
        return await asyncio.to_thread(json_response, {"items": items})

    @router.post("/facts")
    async def facts_of(request: Request) -> Response:
        """The same of the dossiers named."""
        await authenticate(request, *COUNTERS)
        wanted = parse(FactsRequest, await request.body())
        items = await facts.of(runtime.dossiers, wanted.dossiers)
        return await asyncio.to_thread(json_response, {"items": items})

    return router
