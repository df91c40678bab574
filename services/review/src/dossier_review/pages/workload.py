"""A leader shares out the work: who has how much, what nobody has, and who gets it. Works without a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from dossier_review.assigning import Assigner
from dossier_review.lists import Day, listed
from dossier_review.policy import POLICY
from dossier_review.state import State
from dossier_review.store import Cases
from dossier_review.workload import MOST_OFFICERS, KeepAssigning, ShareOut, workload
from dossier_shared.clock import parse_instant
from dossier_shared.http.auth import authenticate, own_agency
from dossier_shared.http.forms import Given, first, form_command
from dossier_shared.http.idempotency import CommandContext
from dossier_shared.http.problems import as_problem
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.http.validation import validated
from dossier_shared.journal.dossier import Dossier
from dossier_shared.pages.notice import refused_page
from dossier_shared.pages.posted import form_page
from dossier_shared.pages.rendering import add_package
from dossier_shared.pages.texts import Lang, language, texts
from dossier_shared.problems import Invalid, Problem
from dossier_shared.runtime.service import Runtime

PATH = "/workload"
SHOWN = 20  # what one can look over before one shares it out
ROLES = POLICY.roles("workload")


class Outcome(NamedTuple):
    """What became of one dossier: its officer, or why it has none."""

    code: str
    officer: str
    why: str


def workload_page(runtime: Runtime, cases: Cases, assigner: Assigner) -> APIRouter:
    add_package("dossier_review.pages")
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    names = runtime.directory.officers.name

    async def drawn(
        request: Request,
        lang: Lang,
        who: Principal,
        given: Given,
        said: str = "",
        outcomes: Sequence[Outcome] = (),
        problem: Problem | None = None,
    ) -> HTMLResponse:
        agency, day = own_agency(who), Day.of(runtime.clock.now())
        tally = await cases.shown_tally(agency, day)
        loads = {load["officer"]: load for load in workload(tally)}
        named = [*await assigner.officers(agency), *_named(given)]
        rule = await assigner.desks.standing(agency)
        free = await cases.queue(listed("group", who.sub, agency, day), SHOWN, None)
        shown = [runtime.directory.shown(dossier) for dossier in free.rows]
        every = first(given, "do") == "tick"
        return form_page(
            "workload.html",
            request,
            PATH,
            lang,
            who,
            given,
            problem,
            title=texts(lang)("workload.title"),
            officers=[(one, loads.get(one, {"open": 0, "due": 0, "late": 0})) for one in dict.fromkeys(named)],
            ticked=set(given.get("officer", ())) | set(_named(given)),
            free=[_row(dossier, day.now) for dossier in shown],
            named=names,
            listed=runtime.directory.officers.keeps(agency),
            unassigned=sum(row["open"] for row in tally if not row.get("officer") and row["stage"] == "appraisal"),
            picked={one.id for one in shown} if every else set(given.get("dossier", ())),
            rule=rule,
            ruled=", ".join(map(names, rule.officers)) if rule else "",
            said=said,
            outcomes=outcomes,
            delegations=own_url(f"/delegations?lang={lang}"),
        )

    @router.get(PATH)
    async def show(request: Request) -> Response:
        """What was ticked so far comes with the question, where all that is shown was asked to be ticked."""
        lang = language(request.query_params.get("lang"))
        try:
            who = await authenticate(request, *ROLES)
            asked = request.query_params
            return await drawn(request, lang, who, {name: asked.getlist(name) for name in asked})
        except Exception as error:
            return refused_page(request, lang, texts(lang)("workload.title"), error, ROLES)

    @router.post(PATH)
    async def act(request: Request) -> Response:
        lang = language(request.query_params.get("lang"))
        t = texts(lang)
        try:
            context, typed = await form_command(request, *POLICY.roles("share-out", "keep-assigning"))
            who = context.principal
        except Exception as error:
            return refused_page(request, lang, t("workload.title"), error, ROLES)
        try:
            said, outcomes = await done(context, typed, lang)
        except Exception as error:
            if (problem := as_problem(error)) is None:
                raise
            return await drawn(request, lang, who, typed, problem=problem)
        again = {"officer": [*typed.get("officer", ()), *_named(typed)]}
        return await drawn(request, lang, who, again, said, outcomes)

    async def done(context: CommandContext, typed: Given, lang: Lang) -> tuple[str, Sequence[Outcome]]:
        t, deed = texts(lang), first(typed, "do")
        officers = [*dict.fromkeys([*typed.get("officer", ()), *_named(typed)])]
        if deed == "stop":
            await assigner.keep(context.principal, KeepAssigning(officers=[]))
            return t("workload.stopped"), ()
        if not officers:
            raise Invalid(
                "officers-missing",
                "Chưa chọn cán bộ nào. Hãy đánh dấu ít nhất một cán bộ ở bảng trên.",
                "No officer is chosen. Tick at least one in the table above.",
            )
        if deed == "keep":
            rule = await assigner.keep(context.principal, validated(KeepAssigning, {"officers": officers}))
            return t("workload.kept", officers=", ".join(map(names, rule.officers))), ()
        if not typed.get("dossier"):
            raise Invalid(
                "dossiers-missing",
                "Chưa chọn hồ sơ nào. Hãy đánh dấu những hồ sơ cần giao.",
                "No dossier is chosen. Tick those to be given out.",
            )
        wish = validated(ShareOut, {"officers": officers, "dossiers": list(typed["dossier"])})
        outcomes = await outcomes_of(wish, await assigner.share_out(context, wish), lang)
        return t.plural("workload.done", sum(not one.why for one in outcomes)), outcomes

    async def outcomes_of(wish: ShareOut, found: Sequence[Dossier[State] | Exception], lang: Lang) -> list[Outcome]:
        ids = list(dict.fromkeys(wish.dossiers))
        states = {id_: one.state for id_, one in (await runtime.dossiers.load(ids, journal=False)).items()}
        return [_outcome(id_, states.get(id_), one, lang) for id_, one in zip(ids, found, strict=True)]

    return router


def _outcome(id_: str, state: State | None, found: Dossier[State] | Exception, lang: Lang) -> Outcome:
    if not isinstance(found, Exception):
        return Outcome(found.state["code"], found.state.get("assigned_to", ""), "")
    problem = as_problem(found)
    if problem is None:
        raise found
    known = state is not None and problem.http_status != 404  # to another agency's leader it does not exist
    return Outcome(state["code"] if state and known else id_, "", problem.vi if lang == "vi" else problem.en)


def _named(given: Given) -> list[str]:
    """Accounts typed by hand, of who has nothing yet."""
    typed = (one.strip() for part in given.get("more", ()) for one in part.replace(";", ",").split(","))
    return [one for one in typed if one][:MOST_OFFICERS]


def _row(dossier: Dossier[State], now: str) -> Mapping[str, object]:
    state = dossier.state
    return {
        "id": dossier.id,
        "code": state["code"],
        "procedure": state.get("procedure_name") or state["procedure"],
        "due": parse_instant(state["due"]),
        "late": state["due"] < now,
        "href": own_url(f"/cases/{quote(dossier.id, safe='')}"),
    }
