"""The addresses browsers are sent to: authorize, sign in, consent, sign out, and the links that stand for a password."""

from __future__ import annotations

import time
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs, urlencode

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dossier_local.identity.logout import LogoutTeller
from dossier_local.identity.pages import consent_page, refusal_page, sign_in_page, sign_out_page
from dossier_local.identity.people import Accounts, Login
from dossier_local.identity.sessions import SESSION_TTL, Session, SignedIn
from dossier_local.identity.settings import Settings, loopback
from dossier_local.identity.tokens import Mint
from dossier_shared.http.auth import demand_same_origin
from dossier_shared.problems import Forbidden

COOKIE = "dossier-issuer"
LINK_TTL = 3600  # seconds in which a login link can be used
_USED = (
    "Liên kết đăng nhập đã được dùng hoặc đã hết hạn.",
    "This login link was used or has expired.",
)


class Link(BaseModel):
    url: str


class Asked:
    """An authorization request, checked as far as it can be before anybody is sent anywhere. Raises ValueError."""

    def __init__(self, settings: Settings, given: Any) -> None:
        self.client = str(given.get("client_id", ""))
        self.back = loopback(str(given.get("redirect_uri", "")))
        if not settings.knows(self.client) or not self.back.endswith("/signed-in"):
            raise ValueError(f"client {self.client!r} is not registered with this redirect_uri")
        self.state, self.nonce = str(given.get("state", "")), str(given.get("nonce", ""))
        self.challenge, self.prompt = str(given.get("code_challenge", "")), str(given.get("prompt", ""))
        self.acr = str(given.get("acr_values", ""))  # the first that will do; an account has one level
        self.max_age = str(given.get("max_age", ""))  # seconds since the person signed in
        self.wrong = ""
        if given.get("response_type") != "code":
            self.wrong = "unsupported_response_type"
        elif not self.challenge or given.get("code_challenge_method") != "S256":
            self.wrong = "invalid_request"  # PKCE is demanded of everybody

    def too_old(self, session: Session) -> bool:
        return self.max_age.isdecimal() and time.time() - session.proved > int(self.max_age)

    def answer(self, **said: str) -> RedirectResponse:
        query = urlencode({**said, "state": self.state})
        return RedirectResponse(f"{self.back}?{query}", 303, {"cache-control": "no-store"})


def _too_low(has: str | None, wanted: str) -> bool:
    """By number: another account may be signed in with, as who has only level 1 goes and gets level 2."""
    return wanted.isdecimal() and int(has if has and has.isdecimal() else 1) < int(wanted)


def browser_router(settings: Settings, signed_in: SignedIn, mint: Mint, teller: LogoutTeller) -> APIRouter:
    router = APIRouter()
    accounts = Accounts(settings.identity_accounts)
    links: dict[str, tuple[float, Login]] = {}

    def session_of(request: Request) -> Session | None:
        return signed_in.find(request.cookies.get(COOKIE, ""))

    def keep(answer: Response, session: Session) -> None:
        path = settings.path or "/"
        answer.set_cookie(COOKIE, session.id, max_age=SESSION_TTL, httponly=True, samesite="lax", path=path)

    def here(request: Request, path: str) -> str:
        return f"{settings.path}{path}?{request.url.query}"

    def go_on(request: Request, asked: Asked, session: Session | None) -> Response:
        """One step further, or back with a code."""
        if asked.wrong:
            return asked.answer(error=asked.wrong)
        if (
            session is None
            or asked.prompt == "login"
            or _too_low(session.person.acr, asked.acr)
            or asked.too_old(session)
        ):
            return (
                asked.answer(error="login_required")
                if asked.prompt == "none"
                else sign_in_page(here(request, "/login"))
            )
        if not session.consented:
            if asked.prompt == "none":
                return asked.answer(error="consent_required")
            return consent_page(here(request, "/consent"), session.person.name or session.person.sub, asked.client)
        session.clients[asked.client] = asked.back.removesuffix("/signed-in")
        return asked.answer(code=signed_in.code(session, asked.client, asked.back, asked.challenge, asked.nonce))

    def read(request: Request) -> Asked | Response:
        try:
            if request.method == "POST":
                demand_same_origin(dict(request.scope["headers"]))
            return Asked(settings, request.query_params)
        except (ValueError, Forbidden) as error:
            return refusal_page("Yêu cầu đăng nhập không hợp lệ.", f"This is no request to sign in: {error}.")

    @router.get("/authorize")
    async def authorize(request: Request) -> Response:
        asked = read(request)
        return asked if isinstance(asked, Response) else go_on(request, asked, session_of(request))

    @router.post("/login")
    async def login(request: Request) -> Response:
        asked = read(request)
        if isinstance(asked, Response):
            return asked
        given = parse_qs((await request.body()).decode("utf-8", "replace"))
        name, password = (given.get(key, [""])[0] for key in ("name", "password"))
        person = await run_in_threadpool(accounts.find, name, password)
        if person is None:
            return sign_in_page(here(request, "/login"), failed=True)
        session = signed_in.begin(person, consented=False)
        asked.prompt = ""
        answer = go_on(request, asked, session)
        keep(answer, session)
        return answer

    @router.post("/consent")
    async def consent(request: Request) -> Response:
        asked, session = read(request), session_of(request)
        if isinstance(asked, Response):
            return asked
        if session is not None:
            session.consented = True
        return go_on(request, asked, session)

    @router.get("/end-session")
    @router.post("/end-session")
    async def end_session(request: Request) -> Response:
        """OpenID Connect RP-Initiated Logout: by the ID token we gave, or once the person says so; all services are told."""
        claims = mint.keys.read(request.query_params.get("id_token_hint", ""))
        back = request.query_params.get("post_logout_redirect_uri", "")
        try:
            loopback(back)
            if request.method == "POST":
                demand_same_origin(dict(request.scope["headers"]))
            elif claims is None and session_of(request) is not None:
                return sign_out_page(here(request, "/end-session"))
        except (ValueError, Forbidden) as error:
            return refusal_page("Yêu cầu đăng xuất không hợp lệ.", f"This is no request to sign out: {error}.")
        session = signed_in.find(str(claims.get("sid"))) if claims else session_of(request)
        answer = RedirectResponse(back, 303, {"cache-control": "no-store"})
        answer.delete_cookie(COOKIE, path=settings.path or "/", httponly=True, samesite="lax")
        if session is not None:
            signed_in.end(session)
            await teller.tell(session)
        return answer

    @router.post("/login-links")
    async def login_link(login: Login) -> Link:
        now = time.monotonic()
        for old in [code for code, (until, _) in links.items() if until < now]:
            del links[old]
        code = token_urlsafe(24)
        links[code] = (now + LINK_TTL, login)
        return Link(url=settings.public(f"/login/{code}", login.host))

    @router.get("/login/{code}")
    async def by_link(code: str) -> Response:
        until, person = links.pop(code, (0.0, None))
        if person is None or until < time.monotonic():
            return refusal_page(*_USED, status=410)
        answer = RedirectResponse(person.next, 303, {"cache-control": "no-store"})
        keep(answer, signed_in.begin(person, consented=True))  # who asked for the link knows what this is
        return answer

    return router
