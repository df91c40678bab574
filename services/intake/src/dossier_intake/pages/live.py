"""Tells a person's open page that something moved in one of their dossiers; what it is, the page asks for itself.

One query a tick answers for all open pages of this process, by id. A page without streams asks for the mark now and then.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping
from hashlib import sha256
from time import monotonic

import structlog
from fastapi import APIRouter, Request
from sse_starlette.sse import EventSourceResponse
from starlette.responses import Response

from dossier_intake.policy import POLICY
from dossier_intake.store import Dossiers
from dossier_shared.adapters.mongo import DossierCollection
from dossier_shared.http.auth import authenticate
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.tokens import Principal

log = structlog.get_logger()
EVERY = 2.0  # seconds between two looks
LIFE = 120.0  # seconds of a stream: it comes back by itself, with a session that is asked again and with what was filed since
STUCK = 30.0  # seconds a message may wait for a browser that does not read
WATCHED = 50  # dossiers of a person, as many as a page has


class Watch:
    """Which dossiers one open page shows, and the mark it was drawn by."""

    def __init__(self, ids: Collection[str], mark: str) -> None:
        self.ids, self.mark, self.changed = tuple(ids), mark, asyncio.Event()

    def look(self, versions: Mapping[str, int]) -> None:
        if (mark := mark_of({id_: versions[id_] for id_ in self.ids if id_ in versions})) != self.mark:
            self.mark = mark
            self.changed.set()


class Changes:
    def __init__(self, dossiers: Dossiers, table: DossierCollection) -> None:
        self._dossiers, self._table = dossiers, table
        self.watches: set[Watch] = set()

    async def run(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            try:
                await self.once()
            except Exception as error:  # the database is away: the pages stand as they are
                log.warning("changes not looked for", error=repr(error)[:200])

    async def once(self) -> None:
        watches = list(self.watches)
        if wanted := {id_ for watch in watches for id_ in watch.ids}:
            versions = await self._versions(wanted)
            for watch in watches:
                watch.look(versions)

    async def mark(self, who: Principal) -> tuple[tuple[str, ...], str]:
        """Of the dossiers that the person's page begins with."""
        found = await self._dossiers.own(who, WATCHED, None)
        versions = {one.id: one.version for one in found.rows}
        return tuple(versions), mark_of(versions)

    async def stream(self, who: Principal) -> AsyncGenerator[dict[str, str | int]]:
        """The mark as it is, so that a page drawn before knows what it missed; then each that follows."""
        ids, mark = await self.mark(who)
        watch = Watch(ids, mark)
        self.watches.add(watch)
        try:
            yield {"event": "mark", "data": mark, "retry": 3000}
            end = monotonic() + LIFE
            while (left := end - monotonic()) > 0:
                try:
                    await asyncio.wait_for(watch.changed.wait(), left)
                except TimeoutError:
                    return
                watch.changed.clear()
                yield {"event": "mark", "data": watch.mark}
        finally:
            self.watches.discard(watch)

    async def _versions(self, ids: Collection[str]) -> dict[str, int]:
        found = self._table.table.find({"_id": {"$in": list(ids)}}, {"version": 1})
        return {one["_id"]: one["version"] async for one in found}


def mark_of(versions: Mapping[str, int]) -> str:
    """Says nothing of which dossiers, or how many."""
    said = "\n".join(f"{id_} {version}" for id_, version in sorted(versions.items()))
    return sha256(said.encode()).hexdigest()[:16]


def live_router(changes: Changes) -> APIRouter:
    api = APIRouter(prefix="/live", include_in_schema=False)

    @api.get("", response_class=Response)
    async def stream(request: Request) -> Response:
        who = await authenticate(request, *POLICY.roles("list-own"))
        said = changes.stream(who)
        return EventSourceResponse(said, ping=15, send_timeout=STUCK, headers={"cache-control": "no-store"})

    @api.get("/mark", response_class=Response)
    async def mark(request: Request) -> Response:
        who = await authenticate(request, *POLICY.roles("list-own"))
        answer = json_response({"mark": (await changes.mark(who))[1]})
        answer.headers["cache-control"] = "private, no-store"
        return answer

    return api
