"""The officers' work list: one page for every service, `GET /work`, acting through the service's own public API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dossier_shared.http.auth import authenticate
from dossier_shared.http.problems import as_problem, headers_of
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.http.verbs import Button, Verb
from dossier_shared.pages.rendering import page, static_router
from dossier_shared.pages.texts import Lang, Texts, language, texts
from dossier_shared.problems import Forbidden, Problem, Unauthorised
from dossier_shared.vocabulary.sms import for_pages

DEFAULT_LIMIT = 100
MAX_LIMIT = 500


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One row; no personal data. `actions`: names that apply to this row, None for all.

    `late` is the service's judgement, by business time. `version`, where given, is sent as If-Match.
    """

    id: str
    code: str
    procedure: str
    due: datetime | None = None
    late: bool = False
    state_vi: str = ""
    state_en: str = ""
    version: int | None = None
    actions: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """A verb's button, for the template and the page's script."""

    verb: Verb[Any, Any]
    button: Button

    @property
    def name(self) -> str:
        return self.button.name

    @property
    def tone(self) -> str:
        return self.button.tone

    @property
    def aside(self) -> bool:
        return self.button.aside

    def label(self, lang: Lang) -> str:
        return self.button.vi if lang == "vi" else self.button.en

    def script(self, lang: Lang) -> dict[str, Any]:
        """What the page's script needs to call it."""
        button, bulk, also = self.button, self.verb.bulk_path, self.button.also
        return {
            "label": self.label(lang),
            "path": own_url(self.verb.path),
            "bulk": own_url(bulk) if bulk and button.many else None,
            "reason": button.reason,
            "also": also and {"name": also.name, "label": also.vi if lang == "vi" else also.en, "number": also.number},
            "open": button.public,
            "body": dict(button.body),
            "danger": button.tone == "danger",
            "stays": button.stays,
            "texted": button.texted,
        }


def actions_of(verbs: Sequence[Verb[Any, Any]]) -> list[Action]:
    return [Action(verb, button) for verb in verbs for button in verb.shown()]


class WorkPage(NamedTuple):
    """`next`: cursor of the page behind it."""

    items: Sequence[WorkItem]
    next: str | None = None


Load = Callable[[Principal, int, str | None], Awaitable[WorkPage]]


def work_router(service: str, titled: Callable[[Texts], str], load: Load, verbs: Sequence[Verb[Any, Any]]) -> APIRouter:
    """`app.include_router(work_router(...))`; the static files it links to come with it."""
    router = APIRouter(include_in_schema=False)
    router.include_router(static_router())
    actions = [action for action in actions_of(verbs) if action.button.listed]
    roles = tuple(dict.fromkeys(role for action in actions for role in action.button.roles))

    @router.get("/work", response_class=HTMLResponse)
    async def work(request: Request) -> Response:
        lang = language(request.query_params.get("lang"))
        title = titled(texts(lang))
        try:
            principal = await authenticate(request, *roles)
            limit, cursor = _limit(request.query_params.get("limit")), request.query_params.get("cursor")
            shown, following = await load(principal, limit, cursor)
        except Exception as exc:
            return refused_page(request, lang, title, exc, roles)
        mine = [action for action in actions if not principal.roles.isdisjoint(action.button.roles)]
        kept = {"lang": lang} | ({"limit": str(limit)} if limit != DEFAULT_LIMIT else {})
        return page(
            "work.html",
            lang,
            address=request.url,
            title=title,
            service=service,
            principal=principal,
            items=shown,
            late=sum(item.late for item in shown),
            onward="?" + urlencode({"cursor": following, **kept}) if following else None,
            first="?" + urlencode(kept) if cursor is not None else None,
            stateful=any(item.state_vi for item in shown),
            dated=any(item.due for item in shown),
            actions=mine,
            bulk=[action for action in mine if action.button.many],
            script={
                "actions": {action.name: action.script(lang) for action in mine},
                "texts": texts(lang).of("shared"),
                "lang": lang,
                "sms": for_pages() if any(action.button.texted for action in mine) else None,
            },
        )

    return router


def _limit(asked: str | None) -> int:
    if asked is None or not asked.isascii() or not asked.isdigit():
        return DEFAULT_LIMIT
    return max(1, min(int(asked[:6]), MAX_LIMIT))


def refused_page(request: Request, lang: Lang, title: str, exc: Exception, roles: Sequence[str]) -> Response:
    """What went wrong, as a page; raises again what is a fault of ours."""
    problem = as_problem(exc)
    if problem is None:
        raise exc
    response = _notice(request, lang, title, problem, roles)
    response.headers.update(headers_of(exc, problem))
    return response


def _notice(request: Request, lang: Lang, title: str, problem: Problem, roles: Sequence[str]) -> Response:
    t = texts(lang)
    detail = problem.vi if lang == "vi" else problem.en
    if isinstance(problem, Unauthorised):
        heading = t("shared.expired") if problem.code == "token-expired" else t("shared.signed_out")
        hint = t("shared.signed_out_hint")
    elif isinstance(problem, Forbidden) and problem.code == "forbidden":
        heading, hint = t("shared.forbidden"), t("shared.forbidden_hint", roles=", ".join(roles))
    else:
        heading, hint = t("shared.unavailable") if problem.http_status >= 500 else title, detail
    return page(
        "notice.html",
        lang,
        problem.http_status,
        address=request.url,
        title=title,
        heading=heading,
        hint=hint,
        code=problem.code,
        request_id=request.scope.get("request_id", ""),
    )
