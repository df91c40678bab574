"""The answers of a dossier's form, put right by an officer on a page: the procedure's own form, filled with what is recorded.

Works without a script; what was changed goes through the command `correct`, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from secrets import token_urlsafe
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dossier_intake.commands import VERBS, World
from dossier_intake.forms.fields import Group, draw, wrong
from dossier_intake.forms.filled import changes, typed_of
from dossier_intake.forms.form import Form
from dossier_intake.forms.posted import posted, with_entry, without_entry
from dossier_intake.pages.sheet.findings import Findings
from dossier_intake.policy import POLICY
from dossier_intake.schemas import Correct
from dossier_intake.state import State
from dossier_shared.clock import parse_instant
from dossier_shared.contracts import lifecycle
from dossier_shared.http.auth import authenticate
from dossier_shared.http.forms import Given, first, form_command
from dossier_shared.http.problems import as_problem
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.http.validation import validated
from dossier_shared.http.verbs import Runner, carry_out
from dossier_shared.journal.dossier import Dossier
from dossier_shared.pages.notice import refused_page
from dossier_shared.pages.rendering import page
from dossier_shared.pages.texts import Lang, language, texts
from dossier_shared.problems import Invalid, NotFound, Problem
from dossier_shared.runtime.service import Runtime
from dossier_shared.vocabulary.moments import VIETNAM

CORRECT = next(verb for verb in VERBS if verb.name == "correct")
MOST_FIELDS = 4000
LISTED = ("add", "drop")  # entries come and go: nothing is recorded yet


class Filed(NamedTuple):
    """What is put right: the dossier, the form it was filed by, and its answers now."""

    dossier: Dossier[State]
    form: Form
    answers: Mapping[str, Any]


def answers_pages(runtime: Runtime, runner: Runner[World]) -> APIRouter:
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    async def filed(who: Principal, id_: str) -> Filed:
        """Raises what `correct` would: who may not, may not see the form to do it either."""
        dossier = (await runtime.dossiers.load([id_], journal=False)).get(id_)
        if dossier is None:
            raise NotFound()
        state: State = dossier.state
        POLICY.demand(who, "correct", state)
        lifecycle.after(state["status"], "corrected")
        catalogue, answers = await runner.world.filed(id_)
        day = parse_instant(state["submitted_at"]).astimezone(VIETNAM).date()
        procedure = catalogue.known(state["procedure"], day)
        form = catalogue.form(procedure) if procedure else None
        if form is None:
            raise NotFound(
                "form-absent",
                "Thủ tục này không có tờ khai điện tử để sửa.",
                "This procedure has no form to be put right.",
            )
        return Filed(dossier, form, answers)

    def drawn(
        request: Request, lang: Lang, who: Principal, of: Filed, given: Given, found: Findings, status: int = 200
    ) -> HTMLResponse:
        form = draw(of.form.schema, lang, given, found.form)
        reason = found.fields.get("reason", [])
        return page(
            "answers.html",
            lang,
            status,
            address=request.url,
            title=texts(lang)("answers.title"),
            principal=who,
            code=of.dossier.state["code"],
            form=form,
            told=[*_told(found, form)],
            why=first(given, "reason"),
            why_wrong=reason,
            version=first(given, "version") or of.dossier.version,
            key=first(given, "key") or token_urlsafe(18),
            back=own_url(f"/cases/{of.dossier.id}?lang={lang}"),
            action=own_url(f"/cases/{of.dossier.id}/answers?lang={lang}"),
        )

    @router.get("/cases/{dossier_id}/answers")
    async def show(request: Request, dossier_id: str) -> Response:
        lang = language(request.query_params.get("lang"))
        try:
            who = await authenticate(request, *CORRECT.roles)
            of = await filed(who, dossier_id)
            return drawn(request, lang, who, of, typed_of(of.form.schema, of.answers), Findings(lang))
        except Exception as error:
            return refused_page(request, lang, texts(lang)("answers.title"), error, CORRECT.roles)

    @router.post("/cases/{dossier_id}/answers")
    async def act(request: Request, dossier_id: str) -> Response:
        lang, found = language(request.query_params.get("lang")), Findings(language(request.query_params.get("lang")))
        try:
            context, given = await form_command(request, *CORRECT.roles, most=MOST_FIELDS)
            who = context.principal
            of = await filed(who, dossier_id)
            what, _, name = first(given, "do").partition(":")
            if what in LISTED:
                changed = with_entry(given, name) if what == "add" else without_entry(given, name)
                kept = _with(changed, posted(of.form.schema, changed, keep_empty=True).typed)
                return drawn(request, lang, who, of, kept, found)
            read = posted(of.form.schema, given)
        except Exception as error:
            return refused_page(request, lang, texts(lang)("answers.title"), error, CORRECT.roles)
        given = _with(given, read.typed)
        try:
            checked = of.form.check(read.answers)
        except Invalid as wrongs:
            found.of_form(wrongs)
        if not first(given, "reason").strip():
            found.fields["reason"] = [texts(lang)("answers.why_missing")]
        if found:
            return drawn(request, lang, who, of, given, found, 422)
        try:
            patch = changes(of.form.schema, of.answers, checked)
            wish = validated(Correct, {"reason": first(given, "reason"), "form": patch})
            await carry_out(CORRECT, runner, context, dossier_id, wish)
        except Exception as error:
            problem = as_problem(error)
            if problem is None:
                raise
            found.of_form(problem) if problem.code == "form-invalid" else found.general.append(_words(problem, lang))
            return drawn(request, lang, who, of, given, found, problem.http_status)
        return RedirectResponse(own_url(f"/cases/{dossier_id}?lang={lang}&done=correct"), 303)

    return router


def _with(given: Given, answers: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """The answers take the place of what was posted of the form: entries are counted anew."""
    rest = {name: list(value) for name, value in given.items() if not name.startswith("form")}
    return rest | dict(answers)


def _told(found: Findings, form: Group) -> Iterator[tuple[str, str]]:
    """What is wrong, and the id of its field."""
    yield from ((said, "") for said in found.general)
    yield from ((said, field.id) for field in wrong(form) for said in field.errors)
    yield from ((said, "reason") for said in found.fields.get("reason", ()))


def _words(problem: Problem, lang: Lang) -> str:
    return problem.vi if lang == "vi" else problem.en
