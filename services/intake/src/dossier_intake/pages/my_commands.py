"""What a person does to a dossier of theirs from their own page: sends what was asked for, asks for it back; without a script.

Where it is refused, the form stands again with what was typed and the files that have arrived, and says why in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from secrets import token_urlsafe
from typing import Any, Final

import orjson
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dossier_intake.commands import VERBS, World
from dossier_intake.filing.documents import FREE, TAKEN
from dossier_intake.pages.sheet.reading import Reader
from dossier_intake.pages.sheet.sheet import Sheet
from dossier_intake.policy import POLICY
from dossier_intake.schemas import Supplement, Withdraw
from dossier_intake.state import State
from dossier_shared.http.auth import WHO, authenticate
from dossier_shared.http.forms import first, form_command
from dossier_shared.http.idempotency import CommandContext, fingerprint, idempotency_key
from dossier_shared.http.jsonbody import parse
from dossier_shared.http.problems import as_problem
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.http.verbs import Runner, Verb, carry_out
from dossier_shared.journal.dossier import Dossier
from dossier_shared.pages.notice import refused_page
from dossier_shared.pages.rendering import page
from dossier_shared.pages.texts import Lang, language, texts
from dossier_shared.problems import Problem
from dossier_shared.telemetry import tracing

BRING: Final = "/bring"
BACK: Final = "/take-back"
BROUGHT, WANTED_BACK = "brought", "wanted-back"  # what the person's page says was done
ACCEPT: Final = ",".join((*TAKEN, ".p7m", ".p7s"))
_OF: Mapping[str, Verb[Any, World]] = {verb.name: verb for verb in VERBS}
_ANSWERS = ("supplement", "complete")
_ROLES = POLICY.roles("list-own")  # an officer's page has its own buttons for these verbs
_NO_FORM = (401, 403, 404)  # there is nothing to put right in it


def bring_address(dossier_id: str, verb: str, lang: Lang) -> str:
    return own_url(f"{BRING}/{dossier_id}/{verb}?lang={lang}")


def back_address(dossier_id: str, lang: Lang) -> str:
    return own_url(f"{BACK}/{dossier_id}?lang={lang}")


class MyCommands:
    def __init__(self, runner: Runner[World], reader: Reader) -> None:
        self._runner, self._reader = runner, reader

    def router(self) -> APIRouter:
        api = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
        for name in _ANSWERS:
            api.add_api_route(
                f"{BRING}/{{dossier_id}}/{name}", self._bringing(name), methods=["POST"], name=f"bring-{name}"
            )
        api.add_api_route(f"{BACK}/{{dossier_id}}", self.take_back, methods=["POST"])
        return api

    def _bringing(self, name: str) -> Any:
        verb = _OF[name]

        async def bring(request: Request, dossier_id: str) -> Response:
            lang, sheet = language(request.query_params.get("lang")), Sheet()
            try:
                who = await authenticate(request, *_ROLES)
                read = await self._reader.sheet(request, who)
                sheet = read.after(read.first("do"))
                if sheet.unfit or sheet is not read:  # something did not come, or was put away: the person looks first
                    return self._again(request, lang, who, name, sheet)
                text = sheet.first("text").strip()
                wish = {"documents": [{"code": FREE, "id": paper.upload.id} for paper in sheet.papers]}
                body = orjson.dumps({**wish, **({"text": text} if text else {})}, option=orjson.OPT_SORT_KEYS)
                context = _context(request, who, sheet.first("key"), body)
                dossier = await carry_out(verb, self._runner, context, dossier_id, parse(Supplement, body))
            except Exception as error:
                return self._refused(request, lang, error, name, sheet)
            return _home(lang, BROUGHT, dossier)

        return bring

    async def take_back(self, request: Request, dossier_id: str) -> Response:
        lang, sheet, verb = language(request.query_params.get("lang")), Sheet(), _OF["withdraw"]
        try:
            context, given = await form_command(request, *_ROLES)
            sheet = Sheet(dict(given))
            wish = parse(Withdraw, orjson.dumps({"reason": first(given, "text").strip()}))
            dossier = await carry_out(verb, self._runner, context, dossier_id, wish)
        except Exception as error:
            return self._refused(request, lang, error, verb.name, sheet)
        return _home(lang, WANTED_BACK, dossier)

    def _refused(self, request: Request, lang: Lang, error: Exception, name: str, sheet: Sheet) -> Response:
        problem, who = as_problem(error), request.scope.get(WHO)
        if problem is None or problem.http_status in _NO_FORM or who is None:
            return refused_page(request, lang, texts(lang)("my.title"), error, _ROLES)
        return self._again(request, lang, who, name, sheet, problem)

    def _again(
        self, request: Request, lang: Lang, who: Principal, name: str, sheet: Sheet, problem: Problem | None = None
    ) -> Response:
        t = texts(lang)
        unfit = [told[lang] for one in sheet.unfit.values() for told in one]
        wrong = [*unfit, *([problem.vi if lang == "vi" else problem.en] if problem else [])]
        unsure = problem is not None and problem.http_status >= 500  # it may have been recorded: the same key finds it
        status = problem.http_status if problem else 422 if unfit else 200
        return page(
            "my_command.html",
            lang,
            status,
            title=t("my.withdraw") if name == "withdraw" else t("my.supplement_title"),
            address=request.url,
            principal=who,
            name=name,
            action=own_url(request.url.path) + f"?lang={lang}",
            key=sheet.first("key") if unsure else token_urlsafe(18),
            text=sheet.first("text"),
            papers=sheet.papers,
            taken=ACCEPT,
            wrong=wrong,
        )


def _context(request: Request, who: Principal, key: str, wish: bytes) -> CommandContext:
    """A browser writes the same form differently each time: what is asked for tells whether it is the same."""
    return CommandContext(
        who,
        idempotency_key(key.encode() or None),
        fingerprint(wish, request.url.path, who.sub),
        None,
        None,
        request.scope.get("request_id", ""),
        wish,
        tracing.of_command(dict(request.scope["headers"])),
    )


def _home(lang: Lang, done: str, dossier: Dossier[State]) -> RedirectResponse:
    """At the dossier, where what was sent is listed."""
    return RedirectResponse(own_url(f"/?lang={lang}&done={done}#d-{dossier.state['code']}"), 303)
