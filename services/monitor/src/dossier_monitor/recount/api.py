"""Starting a recount and reading its outcome, by administrators; and the one of every night."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated
from uuid import uuid4

import structlog
from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from dossier_monitor import metrics
from dossier_monitor.policy import POLICY
from dossier_monitor.recount.schemas import RecountList, RecountView
from dossier_monitor.recount.store import Recounts
from dossier_shared.clock import Clock
from dossier_shared.http.auth import authenticate
from dossier_shared.http.idempotency import command
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.openapi import answers
from dossier_shared.http.paging import CursorQuery
from dossier_shared.journal.dossier import command_id
from dossier_shared.pages.rendering import VIETNAM
from dossier_shared.problems import Conflict, NotFound, ServiceUnavailable

log = structlog.get_logger("dossier.recount")


class Counting:
    """Starts recounts as processes of their own. `hour`: of the Vietnamese day, for the nightly one; negative: none.

    `look_every`: seconds.
    """

    def __init__(self, recounts: Recounts, clock: Clock, hour: int, *, look_every: float = 60.0) -> None:
        self.recounts, self._clock, self._hour, self._look_every = recounts, clock, hour, look_every
        self._watching: set[asyncio.Task[None]] = set()

    def start(self, run: str) -> None:
        """It has been begun in the store."""
        task = asyncio.create_task(self._watch(run))
        self._watching.add(task)
        task.add_done_callback(self._watching.discard)

    async def _watch(self, run: str) -> None:
        """Whatever becomes of the process, the run ends."""
        process = None
        try:
            process = await asyncio.create_subprocess_exec(sys.executable, "-m", "dossier_monitor.recount", run)
            code = await process.wait()
            if code not in (0, 1):
                await self.recounts.fail(run, f"its process ended with status {code}")
            elif (view := await self.recounts.find(run)) is not None and view["state"] == "finished":
                metrics.RECOUNT_DIFFERENCES.set(view["difference_count"])
                metrics.RECOUNT_FINISHED.set_to_current_time()
        except asyncio.CancelledError:
            if process is not None and process.returncode is None:
                process.terminate()
            raise
        except Exception as error:
            log.warning("recount not watched to its end", run=run, error=repr(error)[:200])

    async def nights(self) -> None:
        """One web node of all begins it, once a night; a night that was missed is caught up the same day."""
        try:
            while self._hour >= 0:
                try:
                    there = self._clock.now().astimezone(VIETNAM)
                    run = uuid4().hex
                    if there.hour >= self._hour and await self.recounts.begin(run, "night", f"{there:%Y-%m-%d}"):
                        self.start(run)
                except Exception as error:  # MongoDB is away: asked again
                    log.warning("nightly recount not begun", error=repr(error)[:200])
                await asyncio.sleep(self._look_every)
            await asyncio.Event().wait()
        finally:
            for task in self._watching:
                task.cancel()


def recount_router(counting: Counting) -> APIRouter:
    api = APIRouter(prefix="/api/v1/recounts")
    recounts = counting.recounts

    @api.post("", status_code=202, responses=answers(RecountView, 202))
    async def begin(request: Request) -> Response:
        """Every dossier is counted again from what the four services hold, and compared with the board."""
        context = await command(request, *POLICY.roles("recount"))
        run = command_id(context.principal.sub, context.key)
        view = await recounts.find(run)
        if view is None:
            if not await recounts.begin(run, context.principal.sub):
                raise Conflict(
                    "recount-running",
                    "Đang có một lần kiểm đếm. Hãy chờ lần đó xong.",
                    "A recount is running. Wait until it has ended.",
                )
            counting.start(run)
            view = await recounts.find(run)
        if view is None:
            raise ServiceUnavailable()
        return json_response(view, 202, location=f"/api/v1/recounts/{run}")

    @api.get("", responses=answers(RecountList))
    async def newest(
        request: Request, limit: Annotated[int, Query(ge=1, le=100)] = 20, cursor: CursorQuery = None
    ) -> Response:
        await authenticate(request, *POLICY.roles("recount"))
        items, following = await recounts.newest(limit, cursor)
        return json_response({"items": items, "next": following})

    @api.get("/{run}", responses=answers(RecountView))
    async def one(request: Request, run: Annotated[str, Path(max_length=100)]) -> Response:
        await authenticate(request, *POLICY.roles("recount"))
        view = await recounts.find(run)
        if view is None:
            raise NotFound("recount-not-found", "Không có lần kiểm đếm này.", "There is no such recount.")
        return json_response(view)

    return api
