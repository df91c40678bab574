"""The page of one dossier, `/cases/{id}`: what was filed, what was said, whose turn it is, and what one may do, in place.

A service brings what it knows (`Load`) and its verbs; every action is a form that works without a script, through the same
command as the API's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_urlsafe
from typing import Any, Literal, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dossier_shared.http.auth import authenticate
from dossier_shared.http.forms import Given, first, form_command, wish_of
from dossier_shared.http.policy import reads_in_emergency
from dossier_shared.http.problems import as_problem
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.http.validation import validated
from dossier_shared.http.verbs import Runner, Verb, carry_out, fields_of
from dossier_shared.pages.notice import refused_page
from dossier_shared.pages.rendering import navigation, page
from dossier_shared.pages.texts import Lang, Text, Texts, language, texts
from dossier_shared.pages.work_list import Action, actions_of
from dossier_shared.problems import Forbidden, NotFound, Problem
from dossier_shared.vocabulary.answers import Row, Section

Tone = Literal["going", "good", "bad"]


class Paper(NamedTuple):
    """A paper of the dossier, or one that its procedure asks for and nobody has handed in (no `href`)."""

    name: str
    file: str = ""
    href: str | None = None
    preview: str | None = None  # address of its first page as an image, where a page of ours may show it


class Entry(NamedTuple):
    """Something said or done: `what` in words, by whom, and what they wrote."""

    at: datetime
    what: str
    who: str
    text: str = ""


class Link(NamedTuple):
    label: str
    href: str

    @property
    def file(self) -> bool:
        """What the API answers is no page: it opens beside the case, which stays where it is."""
        return "/api/" in self.href


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One dossier as this reader may see it; texts are in the reader's language.

    `turn`: whose turn it is, in words. `lines`: why the appointment is that day, each with its legal basis. `actions`: names of
    the buttons that apply now; `?do=` opens one of them. `resource`: the dossier's state, by which the table of rights
    hides what would be refused. `suggested`: what a form begins with, by button and field.
    """

    id: str
    version: int
    code: str
    procedure: str
    status: str
    tone: Tone = "going"
    turn: str = ""
    due: datetime | None = None
    late: bool = False
    lines: Sequence[tuple[str, str | None]] = ()
    facts: Sequence[Row] = ()
    sections: Sequence[Section] = ()
    papers: Sequence[Paper] = ()
    thread: Sequence[Entry] = ()
    actions: Sequence[str] = ()
    links: Sequence[Link] = ()
    resource: Mapping[str, Any]
    suggested: Mapping[str, Mapping[str, str]] | None = None


Load = Callable[[Principal, str, Lang], Awaitable[Case]]  # raises NotFound
Agencies = Callable[[Lang], Sequence[tuple[str, str]]]  # code and name, of all that can be chosen
Officers = Callable[
    [Principal], Sequence[tuple[str, str]]
]  # account and name, of the reader's agency where they are listed


def case_router(
    titled: Callable[[Texts], str],
    load: Load,
    verbs: Sequence[Verb[Any, Any]],
    runner: Runner[Any],
    readers: Sequence[str],
    agencies: Agencies = lambda _: (),
    officers: Officers = lambda _: (),
    files: Sequence[str] = (),
    said: Callable[[Lang], Mapping[str, Text]] = lambda _: {},
) -> APIRouter:
    """`readers`: roles that may open it. `files`: scripts and styles of the service's own that the page loads, too, and
    `said` the texts these say. Those shared come with the work list."""
    router = APIRouter(include_in_schema=False)
    actions = {action.name: action for action in actions_of(verbs)}

    def drawn(
        request: Request,
        lang: Lang,
        who: Principal,
        case: Case,
        problem: Problem | None = None,
        typed: Given | None = None,
    ) -> HTMLResponse:
        offered = [
            one
            for name in case.actions
            if (one := actions.get(name))
            and not who.roles.isdisjoint(one.button.roles)
            and one.verb.offered(who, case.resource, runner.world)
        ]
        in_emergency = reads_in_emergency(who, case.resource)  # it is on no list of theirs
        done = actions.get(request.query_params.get("done", ""))
        return page(
            "case.html",
            lang,
            problem.http_status if problem else 200,
            address=request.url,
            title=titled(texts(lang)),
            principal=who,
            case=case,
            offered=offered,
            fields_of=lambda action: fields_of(action.button),
            agencies=agencies(lang)
            if any(field.agencies for one in offered for field in fields_of(one.button))
            else (),
            officers=officers(who),
            key=token_urlsafe(18),
            done=done.label(lang) if done and not problem else None,
            problem=problem,
            wrong=wrong_fields(problem, lang) if problem else (),
            opened=first(typed, "action") if typed else request.query_params.get("do", ""),
            typed=typed or {},
            back=navigation().emergency(lang) if in_emergency else own_url(f"/work?lang={lang}"),
            back_to=texts(lang)("case.back_emergency") if in_emergency else texts(lang)("case.back"),
            files=files,
            said=said(lang),
        )

    @router.get("/cases/{dossier_id}", response_class=HTMLResponse)
    async def show(request: Request, dossier_id: str) -> Response:
        lang = language(request.query_params.get("lang"))
        try:
            who = await authenticate(request, *readers)
            return drawn(request, lang, who, await load(who, dossier_id, lang))
        except NotFound as gone:
            if (done := request.query_params.get("done")) is not None:  # that took it out of this reader's sight
                return RedirectResponse(own_url("/work?" + urlencode({"lang": lang, "done": done})), 303)
            return refused_page(request, lang, titled(texts(lang)), gone, readers)
        except Exception as error:
            return refused_page(request, lang, titled(texts(lang)), error, readers)

    @router.post("/cases/{dossier_id}", response_class=HTMLResponse)
    async def act(request: Request, dossier_id: str) -> Response:
        lang = language(request.query_params.get("lang"))
        given: Given = {}
        try:
            context, given = await form_command(request, *readers)
            action = _asked(actions, given)
            if context.principal.roles.isdisjoint(action.button.roles):
                raise Forbidden()
            wish = validated(action.verb.body, wish_of(action.button, given))
            await carry_out(action.verb, runner, context, dossier_id, wish)
        except Exception as error:
            return await _refused(request, dossier_id, lang, error, given)
        return RedirectResponse(own_url(f"/cases/{dossier_id}?" + urlencode({"lang": lang, "done": action.name})), 303)

    async def _refused(request: Request, dossier_id: str, lang: Lang, error: Exception, given: Given) -> Response:
        """The page again with what is wrong, and all that was typed."""
        problem = as_problem(error)
        if problem is None:
            raise error
        try:
            who = await authenticate(request, *readers)
            case = await load(who, dossier_id, lang)
        except Problem:
            return refused_page(request, lang, titled(texts(lang)), error, readers)
        return drawn(request, lang, who, case, problem, given)

    return router


def _asked(actions: Mapping[str, Action], given: Given) -> Action:
    action = actions.get(first(given, "action"))
    if action is None:
        raise NotFound(
            "action-unknown", "Không có thao tác này. Hãy tải lại trang.", "No such action. Reload the page."
        )
    return action


def wrong_fields(problem: Problem, lang: Lang) -> list[str]:
    """What each wrong field has, in words."""
    found = []
    for error in problem.errors:
        message = error.get("message")
        told = (
            message.get(lang) if isinstance(message, Mapping) else error.get("message_vi") if lang == "vi" else message
        )
        if isinstance(told, str) and told:
            found.append(told)
    return found
