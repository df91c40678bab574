"""One dossier's timeline."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dossier_monitor.api import READERS, WATCHERS
from dossier_monitor.guard import agency_name, guarded
from dossier_monitor.schemas import demand_sight, timeline_view
from dossier_monitor.store import Timelines
from dossier_monitor.streaming import Hub
from dossier_monitor.texts import EVENTS, ROLES, STATUS, VALUES, board_texts, label, span
from dossier_shared.auth import authenticate
from dossier_shared.errors import NotFound
from dossier_shared.rendering import add_package, page, static_router
from dossier_shared.texts import Lang


def pages_router(hub: Hub, timelines: Timelines) -> APIRouter:
    add_package("dossier_monitor")
    router = APIRouter(include_in_schema=False)
    router.include_router(static_router())

    async def timeline(request: Request, lang: Lang) -> Response:
        who = await authenticate(request, *READERS)
        dossier = await timelines.find(request.path_params["code"][:100])
        if dossier is None:
            raise NotFound()
        view = timeline_view(dossier, officer=demand_sight(who, dossier), now=hub.board.meta().now)
        return page(
            "timeline.html",
            lang,
            title=view["code"] or view["id"],
            m=board_texts(lang),
            principal=who,
            view=view,
            watcher=not who.roles.isdisjoint(WATCHERS),
            agency=agency_name(hub.board, view["agency"], lang),
            state=label(STATUS, view["status"] or "", lang),
            entries=[_entry(entry, before, lang) for before, entry in _pairs(view["entries"])],
            line=lambda line: line.get(lang) or line.get("text") or line.get("vi") or "",
            instant=datetime.fromisoformat,
        )

    async def find(request: Request) -> Response:
        code = request.query_params.get("code", "").strip()[:100]
        suffix = "?lang=en" if request.query_params.get("lang") == "en" else ""
        return RedirectResponse((f"/timelines/{quote(code, safe='')}" if code else "/") + suffix, 303)

    router.add_api_route("/timelines", find, response_class=Response)
    router.add_api_route("/timelines/{code}", guarded(timeline, READERS), response_class=HTMLResponse)
    return router


def _pairs(entries: list[dict[str, Any]]) -> list[tuple[dict[str, Any] | None, dict[str, Any]]]:
    return list(zip([None, *entries], entries, strict=False))


def _entry(entry: dict[str, Any], before: dict[str, Any] | None, lang: Lang) -> dict[str, Any]:
    at = datetime.fromisoformat(entry["time"])
    waited = (at - datetime.fromisoformat(before["time"])).total_seconds() if before else 0.0
    data = entry["data"]
    details = [label(VALUES, data[name], lang) for name in ("channel", "proposal", "how") if data.get(name) in VALUES]
    details += [str(data[name]) for name in ("number", "reason") if data.get(name)]
    by_rule = entry["role"] == "rule"
    return {
        "at": at,
        "what": label(EVENTS, entry["type"], lang),
        "who": board_texts(lang).by_rule if by_rule else label(ROLES, entry["role"], lang),
        "person": None if by_rule else entry["actor"],
        "service": label(VALUES, entry["source"], lang),
        "details": ", ".join(details),
        "waited": span(waited, lang) if waited >= 60 else "",
        "ends": entry["type"] in ("signed", "delivered", "refused"),
    }
