"""`GET /track`: where a dossier stands, for whoever has its code and its tracking code from the receipt. No sign-in.

Without any personal data. A wrong code and a wrong tracking code are told the same.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil
from typing import NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from dossier_intake.state import State, consent_ended
from dossier_intake.store import Catalogues, Dossiers
from dossier_intake.tracking import is_tracking
from dossier_intake.tries import Tries
from dossier_shared.clock import Clock, instant, parse_instant
from dossier_shared.http.problems import as_problem
from dossier_shared.journal.dossier import Dossier
from dossier_shared.pages.rendering import page
from dossier_shared.pages.texts import Lang, language, texts
from dossier_shared.problems import Problem

LONGEST = 200  # characters of what is typed
_CITIZENS = ("awaiting_completion", "awaiting_supplement", "awaiting_payment")


class Place(NamedTuple):
    """What everybody may see."""

    code: str
    procedure: str
    status: str
    holder: str
    appointment: datetime | None


class TooManyTries(Problem):
    status = 429

    def __init__(self, wait: timedelta) -> None:
        minutes = ceil(wait / timedelta(minutes=1))
        super().__init__(
            "too-many-tries",
            f"Đã thử quá nhiều lần. Hãy thử lại sau {minutes} phút, với đúng hai mã in trên giấy tiếp nhận.",
            f"Too many tries. Try again in {minutes} minutes, with the two codes as the receipt has them.",
        )
        self.headers = {"retry-after": str(ceil(wait.total_seconds()))}


def tracking_router(dossiers: Dossiers, catalogues: Catalogues, tries: Tries, key: bytes, clock: Clock) -> APIRouter:
    api = APIRouter(include_in_schema=False)

    async def found(code: str, secret: str) -> Dossier[State] | None:
        try:
            one = await dossiers.by_code(code, catalogues.current.agencies)
        except Exception as error:
            problem = as_problem(error)
            if problem is None or problem.http_status >= 500:
                raise
            return None  # no code at all
        if one is None or not is_tracking(secret, one.id, key, consent_ended(one.state, instant(clock.now()))):
            return None
        return one

    @api.get("/track", response_class=HTMLResponse)
    async def track(request: Request) -> Response:
        asked = request.query_params
        lang = language(asked.get("lang"))
        code, secret = (asked.get(name, "").strip()[:LONGEST] for name in ("code", "secret"))
        if not code and not secret:
            return _shown(request, lang, 200)
        address = request.app.state.guard.address(request.scope)
        now = clock.now()
        plain = "".join(letter for letter in code.upper() if letter.isalnum())
        if wait := await tries.wait(address, plain, now):
            if "text/html" not in request.headers.get("accept", ""):
                raise TooManyTries(wait)
            refused = _shown(request, lang, 429, too_many=ceil(wait / timedelta(minutes=1)))
            refused.headers["retry-after"] = str(ceil(wait.total_seconds()))
            return refused
        dossier = await found(code, secret)
        if dossier is None:
            await tries.failed(address, plain, now)
            return _shown(request, lang, 404, missing=True)
        return _shown(request, lang, 200, place=place_of(catalogues.shown(dossier), catalogues, lang))

    return api


def _shown(
    request: Request,
    lang: Lang,
    status: int,
    *,
    place: Place | None = None,
    missing: bool = False,
    too_many: int = 0,
) -> Response:
    title = texts(lang)("track.title")
    address = request.url if place else None  # a page without one is the same whatever was asked
    response = page(
        "track.html", lang, status, address=address, title=title, place=place, missing=missing, too_many=too_many
    )
    response.headers["x-robots-tag"] = "noindex"
    return response


def _to_be_fetched(state: State) -> bool:
    """The result lies where it was wished for: at the counter."""
    return state["status"] == "signed" and state.get("delivery") == "counter"


def place_of(dossier: Dossier[State], catalogues: Catalogues, lang: Lang) -> Place:
    state, t = dossier.state, texts(lang)
    agency = state.get("agency_name") or state["agency"]
    centre = catalogues.current.agencies.get(state.get("received_at", ""))
    if state["status"] in _CITIZENS:
        holder = t("track.citizen")
    elif centre is not None and (state["status"] == "submitted" or _to_be_fetched(state)):
        holder = centre.name_vi
    else:
        holder = agency
    wording = t.label("my_status", state["status"])
    if state.get("outcome") == "rejected":
        wording = t.label("my_status", f"{state['status']}-rejected", wording)
    promised = state.get("appointment")
    return Place(
        code=state["code"],
        procedure=state.get("procedure_name") or state["procedure"],
        status=wording,
        holder=holder,
        appointment=parse_instant(promised) if promised else None,
    )
