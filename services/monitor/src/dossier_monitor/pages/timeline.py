"""One dossier's page: what happened, where it stands, whose turn it is, and why its deadline is what it is; live while open."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dossier_monitor.board.scopes import WATCHERS
from dossier_monitor.board.streaming import Hub
from dossier_monitor.pages.framing import agency_name, framed, guarded
from dossier_monitor.pages.story_words import story_words
from dossier_monitor.policy import POLICY
from dossier_monitor.timelines.sight import READERS, demand_sight
from dossier_monitor.timelines.store import Timelines
from dossier_monitor.timelines.view import timeline_view
from dossier_shared.http.auth import authenticate
from dossier_shared.http.root import own_url
from dossier_shared.pages.rendering import add_package, static_router
from dossier_shared.pages.texts import Lang, texts
from dossier_shared.problems import NotFound
from dossier_shared.vocabulary.codes import plain_code

Looks = Callable[[Sequence[str], str], Awaitable[Sequence[Any]]]
Taken = Callable[[str], Sequence[Any]]


def pages_router(
    hub: Hub, timelines: Timelines, neighbours: Mapping[str, str], looks: Looks, taken: Taken
) -> APIRouter:
    """`neighbours`: service → public base URL. `looks`: who has looked at the dossier of these names, but one account. `taken`:
    the emergency accesses to the dossier of this id."""
    add_package("dossier_monitor.pages")
    router = APIRouter(include_in_schema=False)
    router.include_router(static_router())

    async def timeline(request: Request, lang: Lang) -> Response:
        who = await authenticate(request, *READERS)
        dossier = await timelines.find(request.path_params["code"][:200])
        if dossier is None:
            raise NotFound()
        officer = demand_sight(who, dossier, hub.board)
        view = timeline_view(dossier, hub.board, officer=officer)
        base = neighbours.get("signing")
        signed = base and view["result"] == "file" and POLICY.may(who, "see-result", dossier.state)
        ident = quote(view["id"], safe="")
        return framed(
            "timeline.html",
            request,
            lang,
            who,
            title=view["code"] or view["id"],
            view=view,
            watcher=not who.roles.isdisjoint(WATCHERS),
            agency=agency_name(hub.board, view["agency"], lang),
            w=story_words(view, dossier.state["facts"], hub.board.now, lang),
            # whose it is may know who has looked; its officers see each other at work anyway
            looks=None if officer else await looks((view["id"], view["code"] or view["id"]), who.sub),
            taken=() if officer else taken(view["id"]),
            agency_of=lambda code: agency_name(hub.board, code, lang),
            consulted=lambda code: agency_name(hub.board, code, lang),
            result=f"{base}/api/v1/dossiers/{ident}/result" if signed else None,
            changes=own_url(f"/api/v1/timelines/{ident}/changes?version={view['version']}"),
            itself=own_url(f"{request.url.path}?lang={lang}"),
            script={"texts": texts(lang).of("story")},
        )

    async def find(request: Request) -> Response:
        code = plain_code(request.query_params.get("code", ""))[:100]
        suffix = "?lang=en" if request.query_params.get("lang") == "en" else ""
        return RedirectResponse(own_url(f"/timelines/{quote(code, safe='')}" if code else "/") + suffix, 303)

    router.add_api_route("/timelines", find, response_class=Response)
    router.add_api_route("/timelines/{code}", guarded(timeline, READERS), response_class=HTMLResponse)
    return router
