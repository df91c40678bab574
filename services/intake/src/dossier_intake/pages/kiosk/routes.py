"""`/kiosk`: where a machine becomes one that many people use, where each of them begins, and how they finish."""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dossier_intake.pages.kiosk.cookie import (
    LASTS,
    LONGEST,
    MINUTES,
    SHORTEST,
    Setting,
    name_of_cookie,
    new_setting,
    opens,
    setting_of,
)
from dossier_intake.pages.kiosk.layer import START
from dossier_intake.tries import Tries
from dossier_shared.clock import Clock
from dossier_shared.http.auth import authenticate, demand_same_origin
from dossier_shared.http.problems import as_problem
from dossier_shared.http.root import own_url
from dossier_shared.http.sessions.ways import allowed
from dossier_shared.http.tokens import Principal
from dossier_shared.pages.home import sign_out_browser
from dossier_shared.pages.rendering import page
from dossier_shared.pages.shared_machine import CLEARED
from dossier_shared.pages.texts import Lang, language, texts
from dossier_shared.problems import Forbidden

OFFERED = 5  # minutes, where nobody chooses
_TOGETHER = 2000  # bytes of a form of this page


class KioskPages:
    """`tries`: wrong codes are counted as wrong tracking codes are."""

    def __init__(self, key: bytes, tries: Tries, clock: Clock) -> None:
        self._key, self._tries, self._clock = key, tries, clock

    def router(self) -> APIRouter:
        api = APIRouter(prefix=START, include_in_schema=False, default_response_class=HTMLResponse)
        api.add_api_route("", self.show)
        api.add_api_route("", self.begin, methods=["POST"])
        api.add_api_route("/finish", self.finish, methods=["POST"])
        api.add_api_route("/finish", self.finished_idle)
        api.add_api_route("/still", self.still)
        api.add_api_route("/leave", self.leave, methods=["POST"])
        return api

    async def show(self, request: Request) -> Response:
        lang, done = language(request.query_params.get("lang")), request.query_params.get("done")
        setting = _setting(request)
        if setting is None:
            return self._set_up(request, lang)
        try:
            who = await authenticate(request)  # came back here by the address, without having finished
        except Exception as error:
            if (problem := as_problem(error)) is None or problem.http_status >= 500:
                raise
            who = None
        answer = self._start(request, lang, who, said=texts(lang)("kiosk.finished") if done == "finish" else "")
        if done == "finish":
            answer.headers.update(CLEARED)
        _keep(request, answer, setting)
        return answer

    async def begin(self, request: Request) -> Response:
        """Whoever was signed in here is signed out, and what the browser had kept until now goes."""
        demand_same_origin(dict(request.scope["headers"]))
        lang = language(request.query_params.get("lang"))
        if _setting(request) is not None:  # its code stays the keeper's
            return RedirectResponse(own_url(f"{START}?lang={lang}"), 303)
        given = await _given(request)
        code, minutes = given.get("code", "").strip(), given.get("minutes", "")
        if not SHORTEST <= len(code) <= LONGEST or minutes not in map(str, MINUTES):
            wrong = texts(lang)("kiosk.code_wrong", shortest=SHORTEST, longest=LONGEST)
            return self._set_up(request, lang, wrong=wrong, status=422)
        answer = await sign_out_browser(request, lang)
        answer.headers.update(CLEARED)
        _keep(request, answer, new_setting(self._key, code, int(minutes)))
        return answer

    async def finish(self, request: Request) -> Response:
        demand_same_origin(dict(request.scope["headers"]))
        return await self._finished(request)

    async def finished_idle(self, request: Request) -> Response:
        """Where no script runs, the page that asks whether anybody is still there leads here by itself."""
        if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            raise Forbidden(
                "cross-site",
                "Yêu cầu đến từ trang khác nên bị từ chối. Hãy thao tác trên chính trang này.",
                "The request came from another site and was refused. Act on this page itself.",
            )
        return await self._finished(request)

    async def _finished(self, request: Request) -> Response:
        lang = language(request.query_params.get("lang"))
        if _setting(request) is None:  # nothing that is a person's own machine is cleared by an address
            return RedirectResponse(own_url(f"{START}?lang={lang}"), 303)
        answer = await sign_out_browser(request, lang)
        answer.headers.update(CLEARED)
        return answer

    async def still(self, request: Request) -> Response:
        lang = language(request.query_params.get("lang"))
        if _setting(request) is None:
            return RedirectResponse(own_url(f"{START}?lang={lang}"), 303)
        wanted = allowed(request.query_params.get("next", ""), (), own_url("/"))
        return page(
            "kiosk_still.html",
            lang,
            address=request.url,
            title=texts(lang)("kiosk.still"),
            onward=wanted,
            kiosk_asks=True,
        )

    async def leave(self, request: Request) -> Response:
        demand_same_origin(dict(request.scope["headers"]))
        lang = language(request.query_params.get("lang"))
        t = texts(lang)
        setting = _setting(request)
        if setting is None:
            return RedirectResponse(own_url(f"{START}?lang={lang}"), 303)
        address, now = request.app.state.guard.address(request.scope), self._clock.now()
        if wait := await self._tries.wait(address, setting.salt, now):
            minutes = ceil(wait / timedelta(minutes=1))
            return self._start(request, lang, wrong=t("kiosk.too_many", minutes=minutes), status=429)
        if not opens(setting, self._key, (await _given(request)).get("code", "")[:LONGEST]):
            await self._tries.failed(address, setting.salt, now)
            return self._start(request, lang, wrong=t("kiosk.not_the_code"), status=422)
        answer = await sign_out_browser(request, lang)
        answer.headers.update(CLEARED)
        for secure in (True, False):
            name = name_of_cookie(secure=secure)
            answer.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="lax")
        return answer

    def _set_up(self, request: Request, lang: Lang, *, wrong: str = "", status: int = 200) -> Response:
        return page(
            "kiosk.html", lang, status, address=request.url, title=texts(lang)("kiosk.title"), wrong=wrong,
            minutes=MINUTES, offered=OFFERED, shortest=SHORTEST, longest=LONGEST,
        )  # fmt: skip

    def _start(
        self, request: Request, lang: Lang, who: Principal | None = None, *, said: str = "", wrong: str = "",
        status: int = 200,
    ) -> Response:  # fmt: skip
        return page(
            "kiosk_start.html", lang, status, address=request.url, title=texts(lang)("kiosk.start"), said=said,
            wrong=wrong, longest=LONGEST, principal=who,
        )  # fmt: skip


def _setting(request: Request) -> Setting | None:
    return setting_of(dict(request.scope["headers"]).get(b"cookie"))


def _keep(request: Request, answer: Response, setting: Setting) -> None:
    secure = request.app.state.sign_in.cookies(request).secure
    name = name_of_cookie(secure=secure)
    answer.set_cookie(name, str(setting), max_age=LASTS, path="/", secure=secure, httponly=True, samesite="lax")


async def _given(request: Request) -> dict[str, str]:
    """Of a small form; nothing, where it is none."""
    body = await request.body()
    try:
        given = parse_qs(body.decode(), max_num_fields=10, errors="strict") if len(body) < _TOGETHER else {}
    except ValueError:
        return {}
    return {name: values[0] for name, values in given.items()}
