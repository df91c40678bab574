"""`GET /notices`: a person allows notices on the device in their hand, sees on which others they are on, and turns them off.

The worker that shows them is a small file of its own. Its scope is this page alone: other services here have workers, too.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dossier_notify.push.api import ROLES
from dossier_notify.push.devices import MOST, missing
from dossier_notify.push.store import Devices
from dossier_shared.http.auth import authenticate
from dossier_shared.http.root import own_url
from dossier_shared.pages.notice import refused_page
from dossier_shared.pages.rendering import add_package, page, static_url
from dossier_shared.pages.texts import language, texts

PAGE: Final = "/notices"
WORKER: Final = "/notices-worker.js"


def notices_page(devices: Devices, public: str | None, home: str) -> APIRouter:
    """`public`: our VAPID key; None: notices are off. `home`: where the person's dossiers are, with `{lang}`."""
    add_package("dossier_notify.pages")
    router = APIRouter(include_in_schema=False)

    @router.get(PAGE, response_class=HTMLResponse)
    async def show(request: Request) -> Response:
        lang = language(request.query_params.get("lang"))
        t = texts(lang)
        try:
            who = await authenticate(request, *ROLES)
            found = await devices.of(who)
        except Exception as exc:
            return refused_page(request, lang, t("notices.title"), exc, ROLES)
        return page(
            "notices.html",
            lang,
            address=request.url,
            title=t("notices.title"),
            principal=who,
            devices=found,
            full=len(found) >= MOST,
            public=public,
            home=home.format(lang=lang),
            said=t("notices.ended") if request.query_params.get("done") == "ended" else "",
        )

    @router.post("/notices/{device_id}", response_class=HTMLResponse)
    async def end(request: Request, device_id: str) -> Response:
        """By a form, for who has no script."""
        lang = language(request.query_params.get("lang"))
        try:
            who = await authenticate(request, *ROLES)
            if await devices.end(who, device_id) is None:
                raise missing()
        except Exception as exc:
            return refused_page(request, lang, texts(lang)("notices.title"), exc, ROLES)
        return RedirectResponse(own_url(f"{PAGE}?lang={lang}&done=ended"), 303)

    @router.get(WORKER, response_class=Response)
    async def worker() -> Response:
        """Nobody's: a browser asks for it by itself, and sees by its one line that there is a new one."""
        text = f'importScripts("{static_url("notices_worker.js")}");\n'
        return Response(text, media_type="text/javascript", headers={"cache-control": "no-cache"})

    return router
