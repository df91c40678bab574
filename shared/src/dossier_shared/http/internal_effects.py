"""What an administrator may ask of a service with effects: which are stuck, to try one again, to give one up."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from dossier_shared.clock import Clock, parse_instant
from dossier_shared.errors import Refusal
from dossier_shared.http.auth import authenticate
from dossier_shared.http.jsonbody import json_response, parse
from dossier_shared.http.refusals import told
from dossier_shared.journal.steps import Step
from dossier_shared.repair.stuck_effects import StuckEffects
from dossier_shared.telemetry import metrics
from dossier_shared.vocabulary.codes import DossierId

log = structlog.get_logger()
LOOK_EVERY = 15.0  # seconds


class EffectsRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    dossiers: list[DossierId] = Field(min_length=1, max_length=500)


def effects_router(kinds: Sequence[StuckEffects]) -> APIRouter:
    """`kinds`: of a service that has several, as notify has messages to citizens and about alarms."""
    router = APIRouter(prefix="/internal", include_in_schema=False)

    @router.get("/effects")
    async def stuck(request: Request, limit: Annotated[int, Query(ge=1, le=500)] = 200) -> Response:
        await authenticate(request, "admin")
        return json_response({"items": [item for kind in kinds for item in await kind.listed(limit)]})

    @router.post("/effects:retry")
    async def retry(request: Request) -> Response:
        """Per dossier `retried`, or why not."""
        who = await authenticate(request, "admin")
        wanted = parse(EffectsRequest, await request.body())
        return json_response(await _each("retried", [(k, k.retry(f"admin:{who.sub}")) for k in kinds], wanted.dossiers))

    @router.post("/effects:give-up")
    async def give_up(request: Request) -> Response:
        """Per dossier `given-up`, or why not."""
        who = await authenticate(request, "admin")
        wanted = parse(EffectsRequest, await request.body())
        return json_response(
            await _each("given-up", [(k, k.give_up(f"admin:{who.sub}")) for k in kinds], wanted.dossiers)
        )

    return router


async def _each(done: str, kinds: Sequence[tuple[StuckEffects, Step]], dossiers: Sequence[str]) -> dict[str, Any]:
    became: dict[str, Refusal | None] = dict.fromkeys(dossiers, Refusal("dossier-not-found"))
    for kind, step in kinds:
        became |= await kind.do(step, list(became))
    log.warning("effects decided by hand", what=done, dossiers=sum(why is None for why in became.values()))
    return {
        "items": [
            {
                "dossier": id_,
                "outcome": done if why is None else why.code,
                **({"problem": told(why).body()} if why else {}),
            }
            for id_, why in became.items()
        ]
    }


async def watch_effects(kinds: Sequence[StuckEffects], clock: Clock) -> None:
    """The age of the oldest open one, for whoever watches."""
    while True:
        with suppress(Exception):
            asked = [parse_instant(since) for kind in kinds if (since := await kind.open.oldest())]
            metrics.EFFECTS_OPEN_AGE.set(max((clock.now() - at).total_seconds() for at in asked) if asked else 0)
        await asyncio.sleep(LOOK_EVERY)
