"""The page of alarms: what is raised, who has acknowledged it, and the dossiers behind it. Works without JavaScript."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlencode
from uuid import uuid4

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dossier_monitor.alarms.alarms import Alarms
from dossier_monitor.alarms.api import runner, within
from dossier_monitor.alarms.commands import ACKNOWLEDGE, NOTE, Acknowledgement
from dossier_monitor.board.scopes import WATCHERS, scope_of
from dossier_monitor.pages.framing import agency_name, framed, guarded
from dossier_shared.http.auth import authenticate
from dossier_shared.http.idempotency import CommandContext, fingerprint, idempotency_key
from dossier_shared.http.jsonbody import parse
from dossier_shared.http.root import own_url
from dossier_shared.http.verbs import carry_out
from dossier_shared.pages.texts import Lang, Texts, number, texts

SHOWN: Final = {"raised": "raised", "cleared": "cleared", "all": None}
COUNTED: Final = {  # the figure by which a sentence is in the singular or the plural
    "silent-agency": "value", "stalled": "count", "emergency": "count", "parked": "value", "dead-letters": "new",
    "lag": "value", "behind": "value",
}  # fmt: skip
LINKS: Final = {
    "late-share": ("/late", {"how": "late"}),
    "growing-stage": ("/dossiers", {"own": "true", "open": "true"}),
    "silent-agency": ("/dossiers", {"own": "true", "open": "true"}),
    "stalled": ("/dossiers", {"own": "true", "open": "true"}),
    "emergency": ("/emergencies", {}),
}


def alarm_pages(alarms: Alarms) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    async def show(request: Request, lang: Lang) -> Response:
        who, t = await authenticate(request, *WATCHERS), texts(lang)
        query = request.query_params
        narrower = query.get("agency") or None
        scope = scope_of(who, alarms.board, narrower)
        state = query.get("state", "raised")
        state = state if state in SHOWN else "raised"
        cursor = query.get("cursor")
        found, following = await alarms.store.find(within(alarms, scope), SHOWN[state], cursor=cursor)
        kept = {"agency": narrower, "lang": "en" if lang == "en" else None}
        here = {**kept, "state": None if state == "raised" else state}
        return framed(
            "alarms.html",
            request,
            lang,
            who,
            title=t("alarms.title"),
            where=agency_name(alarms.board, scope, lang),
            count=alarms.raised(scope),
            items=[_item(alarms, document, lang) for document in found],
            tabs=[
                {
                    "name": t.label("alarms", name),
                    "href": _path({**kept, "state": name}),
                    "here": name == state,
                }
                for name in SHOWN
            ],
            onward=_path({**here, "cursor": following}) if following else None,
            first=_path(here) if cursor is not None else None,
            may_acknowledge=not who.roles.isdisjoint(ACKNOWLEDGE.roles),
            key=uuid4().hex,
            longest=NOTE,
            self_path=_path(here),
            here={name: value for name, value in here.items() if value},
        )

    async def acknowledged(request: Request, lang: Lang) -> Response:
        """A form's command: its key was drawn when the page was made, so that sending it twice is once."""
        who = await authenticate(request, *ACKNOWLEDGE.roles)
        body = await request.body()
        form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
        number = form.get("number", "")
        said_so = {"note": form.get("note", ""), "number": int(number) if number.isdecimal() else number or None}
        wanted = parse(Acknowledgement, orjson.dumps(said_so))
        key = idempotency_key(form.get("key", "").encode() or None)
        path = request.url.path
        context = CommandContext(
            who, key, fingerprint(body, path, who.sub), None, None, request.scope.get("request_id", ""), body
        )
        await carry_out(ACKNOWLEDGE, runner(alarms), context, request.path_params["alarm"][:200], wanted)
        back = {name: form.get(name) for name in ("agency", "state", "lang")}
        return RedirectResponse(_path(back), 303)

    router.add_api_route("/alarms", guarded(show, WATCHERS), response_class=HTMLResponse)
    router.add_api_route(
        "/alarms/{alarm}/acknowledge",
        guarded(acknowledged, ACKNOWLEDGE.roles),
        methods=["POST"],
        response_class=Response,
    )
    return router


def service_name(subject: str, t: Texts) -> str:
    """A service's, or that of a deployment of one: `review.long-khanh`."""
    service, _, deployment = subject.partition(".")
    name = t.label("alarm_service", service)
    return f"{name} ({deployment})" if deployment else name


def _path(query: dict[str, str | None]) -> str:
    given = {name: value for name, value in query.items() if value}
    return own_url(f"/alarms?{urlencode(given)}" if given else "/alarms")


def _item(alarms: Alarms, document: dict[str, Any], lang: Lang) -> dict[str, Any]:
    state = document["state"]
    agency = state["agency"]
    t = texts(lang)
    where = agency_name(alarms.board, agency, lang) if agency else service_name(state["subject"], t)
    return {
        **state,
        "id": document["_id"],
        "path": own_url(f"/alarms/{quote(document['_id'], safe='')}/acknowledge"),
        "name": state[f"name_{lang}"],
        "agency_name": alarms.board.directory.agency_name(agency, state["agency_name"]) if agency else "",
        "where": where if where != agency or not state["agency_name"] else state["agency_name"],
        "severity_said": t.label("severity", state["severity"]),
        "detail": detail(state, t),
        "codes": state["figures"].get("codes", []),
        "link": _link(state, lang),
    }


def detail(state: Mapping[str, Any], t: Texts) -> str:
    """One sentence about a raised alarm."""
    given = {**state["figures"], "value": state["value"]}
    figures = {
        name: number(round(value), t.lang) if isinstance(value, int | float) else value for name, value in given.items()
    }
    stage = t.label("stage", str(given.get("stage")))
    try:
        counted = round(given[COUNTED[state["kind"]]]) if state["kind"] in COUNTED else 0
        return t.plural(f"alarm_detail.{state['kind']}", counted, **{**figures, "stage": stage})
    except KeyError:  # a figure an older version did not keep
        return str(figures["value"])


def _link(state: dict[str, Any], lang: Lang) -> str | None:
    """To the dossiers behind it; None where there are none, as for a service."""
    if state["kind"] not in LINKS:
        return None
    path, fixed = LINKS[state["kind"]]
    query = {"agency": state["agency"], **fixed}
    if state["figures"].get("stage"):
        query["stage"] = state["figures"]["stage"]
    if lang == "en":
        query["lang"] = "en"
    return own_url(f"{path}?{urlencode(query)}")
