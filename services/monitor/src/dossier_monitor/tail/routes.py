"""The stream of events: page and server-sent events; and the news of one dossier for its page."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Header, Path, Query, Request
from starlette.responses import HTMLResponse, Response

from dossier_monitor.board.board import Board
from dossier_monitor.board.scopes import WATCHERS, same_scope, scope_of
from dossier_monitor.board.streaming import respond
from dossier_monitor.pages.framing import agency_name, framed, guarded
from dossier_monitor.tail.lines import Line, Wanted, matches
from dossier_monitor.tail.streaming import changes, lines, place_of
from dossier_monitor.tail.tail import Tail, Wants
from dossier_monitor.timelines.sight import READERS, demand_sight
from dossier_monitor.timelines.store import Timelines
from dossier_shared.contracts.topics import DOSSIER_TOPICS
from dossier_shared.http.auth import authenticate
from dossier_shared.http.known_query import asked_of
from dossier_shared.http.openapi import sends
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.http.validation import validated
from dossier_shared.pages.texts import Lang, texts
from dossier_shared.problems import NotFound

SHOWN: Final = 100  # lines on the page
Place = Annotated[str | None, Query(max_length=100, description="where the page left off: `<life>-<number>`")]


def stream_router(tail: Tail, timelines: Timelines, board: Board, boot: str) -> APIRouter:
    """`boot` tells this node's life from another's."""
    router = APIRouter()

    async def wants(who: Principal, wanted: Wanted) -> Wants:
        scope = scope_of(who, board, wanted.agency)
        if wanted.dossier:
            with suppress(Exception):  # the database may be away: then only an id is understood
                found = await timelines.find(wanted.dossier)
                wanted = wanted if found is None else wanted.model_copy(update={"dossier": found.id})
        return lambda line: matches(line, wanted, scope, board)

    @router.get("/api/v1/stream", response_class=Response, responses=sends("text/event-stream"))
    async def stream(
        request: Request,
        agency: str | None = None,
        service: str | None = None,
        type: str | None = None,  # noqa: A002
        dossier: Annotated[str | None, Query(description="code or id")] = None,
        after: Place = None,
        last_event_id: Annotated[str | None, Header(max_length=200)] = None,
    ) -> Response:
        """Server-sent events `lines`: `{lines, lost, gap, rate, connected}`, at most ten and at least one a second.

        Of the reader's agencies only, without the sealed part; a record that cannot be read has `broken`, its reason.
        """
        who = await authenticate(request, *WATCHERS)
        asked = {"agency": agency, "service": service, "type": type, "dossier": dossier}
        chosen = await wants(who, validated(Wanted, asked))

        scope = scope_of(who, board, agency)

        async def check() -> None:
            same_scope(scope, await authenticate(request, *WATCHERS), board, agency)

        return respond(lines(tail, boot, chosen, place_of(boot, last_event_id or after)), check)

    @router.get("/api/v1/timelines/{code_or_id}/changes", response_class=Response, responses=sends("text/event-stream"))
    async def follow(
        request: Request,
        code_or_id: Annotated[str, Path(max_length=200)],
        version: Annotated[int | None, Query(description="of the timeline as shown")] = None,
    ) -> Response:
        """Server-sent events `changed`, with the timeline's new version, each time an event of this dossier is in it."""
        who = await authenticate(request, *READERS)
        found = await timelines.find(code_or_id)
        if found is None:
            raise NotFound()
        demand_sight(who, found, board)

        async def check() -> None:
            demand_sight(await authenticate(request, *READERS), await timelines.find(found.id) or found, board)

        return respond(changes(tail, timelines, found.id, version), check)

    async def page(request: Request, lang: Lang) -> Response:
        who, t = await authenticate(request, *WATCHERS), texts(lang)
        wanted = validated(Wanted, asked_of(request, Wanted))
        chosen = await wants(who, wanted)
        latest = (await tail.latest(chosen))[-SHOWN:]
        place = f"{boot}-{latest[-1].number if latest else 0}"
        given = {name: value for name, value in wanted.model_dump().items() if value}
        return framed(
            "stream.html",
            request,
            lang,
            who,
            title=t("stream.title"),
            where=agency_name(board, scope_of(who, board, wanted.agency), lang),
            blank=_NOTHING,
            lines=[_said(line, board, lang) for line in reversed(latest)],
            fields=_fields(who, wanted, board, lang),
            filtered=bool(given),
            script={
                "lang": lang,
                "shown": SHOWN,
                "stream": own_url("/api/v1/stream?" + urlencode({**given, "after": place})),
                "timelines": own_url("/timelines/{dossier}"),
                "texts": t.of("stream", "event", "value", "role", "broken"),
                "details": _DETAILS,
                "agencies": {a.code: agency_name(board, a.code, lang) for a in _agencies(who, board)},
            },
        )

    router.add_api_route("/stream", guarded(page, WATCHERS), response_class=HTMLResponse, include_in_schema=False)
    return router


_SERVICES: Final = [topic.writer for topic in DOSSIER_TOPICS]
_TYPES: Final = [name for topic in DOSSIER_TOPICS for name in topic.events]
_DETAILS: Final = ("channel", "procedure_name", "proposal", "outcome", "number", "officer", "reason", "how")
_NOTHING: Final = dict.fromkeys(
    ("key", "broken", "at", "what", "details", "dossier", "agency", "service", "who", "place"), ""
)  # a line before anything is known of it; the page's script fills it in
_MOST: Final = 300  # agencies to choose from; beyond, one types a code
Options = list[tuple[str, str]]


def _agencies(who: Principal, board: Board) -> list[Any]:
    found = list(board.rows(scope_of(who, board)))
    return found if len(found) <= _MOST else []


def _fields(who: Principal, wanted: Wanted, board: Board, lang: Lang) -> list[tuple[str, str, Options, str]]:
    """Name, label, what can be chosen (nothing: it is typed), what is."""
    t = texts(lang)
    agencies = sorted(((a.code, agency_name(board, a.code, lang)) for a in _agencies(who, board)), key=lambda a: a[1])
    options: dict[str, Options] = {
        "agency": agencies,
        "service": [(name, t.label("value", name)) for name in _SERVICES],
        "type": [(name, t.label("event", name)) for name in _TYPES],
        "dossier": [],
    }
    return [(name, t.label("stream", name), found, getattr(wanted, name) or "") for name, found in options.items()]


def _said(line: Line, board: Board, lang: Lang) -> dict[str, Any]:
    body, t = line.body, texts(lang)
    if "broken" in body:
        place = f"{body['topic']} {body['partition']}:{body['offset']}"
        return {**_NOTHING, "key": _key(body), "broken": t.label("broken", body["broken"]), "place": place}
    details = [t.label("value", str(body["data"][name])) for name in _DETAILS if body["data"].get(name)]
    return {
        **_NOTHING,
        "key": _key(body),
        "at": body["time"],
        "what": t.label("event", line.type),
        "details": ", ".join(details),
        "dossier": line.dossier,
        "agency": agency_name(board, line.agency, lang),
        "service": t.label("value", line.source),
        "who": t("stream.by_rule") if body["role"] == "rule" else t.label("role", body["role"]),
    }


def _key(body: dict[str, Any]) -> str:
    return f"{body['topic']}:{body['partition']}:{body['offset']}"
