"""The officers' work list: one page for every service, `GET /work`, acting through the service's own public API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dossier_shared.errors import Forbidden, Problem, Unauthorised
from dossier_shared.http.auth import authenticate
from dossier_shared.http.problems import as_problem, headers_of
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.pages.rendering import page, static_router
from dossier_shared.pages.texts import Lang, language, texts
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
class Asked:
    """One more thing the dialog asks for, sent as `name`: a text, or a whole number above zero."""

    name: str
    vi: str
    en: str
    number: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """`path_template` holds `{id}`. `body` is sent with each call; `ask_reason` adds `reason_field` to it, `also` its own.

    `bulk_path` takes `{items: [{key, dossier, ...body}]}`, at most 500 at once.
    """

    name: str
    vi: str
    en: str
    path_template: str
    roles: tuple[str, ...]
    ask_reason: bool = False
    bulk_path: str | None = None
    body: Mapping[str, Any] = field(default_factory=dict)
    reason_field: str = "reason"
    also: Asked | None = None
    reason_public: bool = True  # the dialog then says that the citizen will read it
    tone: Literal["primary", "plain", "danger"] = "plain"
    aside: bool = False  # seldom done: folded away in the row
    stays: bool = False  # what it was done to is still in the list, changed
    texted: int = 0  # letters of the text message that tells the citizen the reason, without it; 0: none does

    def label(self, lang: Lang) -> str:
        return self.vi if lang == "vi" else self.en

    def script(self, lang: Lang) -> dict[str, Any]:
        """What the page's script needs to call it."""
        return {
            "label": self.label(lang),
            "path": own_url(self.path_template),
            "bulk": self.bulk_path and own_url(self.bulk_path),
            "reason": self.reason_field if self.ask_reason else None,
            "also": self.also
            and {
                "name": self.also.name,
                "label": self.also.vi if lang == "vi" else self.also.en,
                "number": self.also.number,
            },
            "open": self.reason_public,
            "body": dict(self.body),
            "danger": self.tone == "danger",
            "stays": self.stays,
            "texted": self.texted,
        }


class WorkPage(NamedTuple):
    """`next`: cursor of the page behind it."""

    items: Sequence[WorkItem]
    next: str | None = None


Load = Callable[[Principal, int, str | None], Awaitable[WorkPage]]


def work_router(service: str, title_vi: str, title_en: str, load: Load, actions: Sequence[Action]) -> APIRouter:
    """`app.include_router(work_router(...))`; the static files it links to come with it."""
    router = APIRouter(include_in_schema=False)
    router.include_router(static_router())
    roles = tuple(dict.fromkeys(role for action in actions for role in action.roles))

    @router.get("/work", response_class=HTMLResponse)
    async def work(request: Request) -> Response:
        lang = language(request.query_params.get("lang"))
        title = title_vi if lang == "vi" else title_en
        try:
            principal = await authenticate(request, *roles)
            limit, cursor = _limit(request.query_params.get("limit")), request.query_params.get("cursor")
            shown, following = await load(principal, limit, cursor)
        except Exception as exc:
            return refused_page(request, lang, title, exc, roles)
        mine = [action for action in actions if not principal.roles.isdisjoint(action.roles)]
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
            bulk=[action for action in mine if action.bulk_path],
            script={
                "actions": {action.name: action.script(lang) for action in mine},
                "texts": texts(lang).of("shared"),
                "lang": lang,
                "sms": for_pages() if any(action.texted for action in mine) else None,
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
