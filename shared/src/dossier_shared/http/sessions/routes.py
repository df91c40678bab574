"""The addresses of a sign-in: where it begins, where the issuer sends the browser back to, where it says that it is over.

`state.sign_in` of the application is who knows them; without one (a service under test) nobody signs in by browser.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from secrets import token_urlsafe
from typing import Final
from urllib.parse import parse_qs, quote, urlencode

import structlog
from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dossier_shared.contracts import audit as told
from dossier_shared.http import audit
from dossier_shared.http.auth import WHO
from dossier_shared.http.root import own_url
from dossier_shared.http.sessions.cookies import Cookies, SignIn, is_loopback
from dossier_shared.http.sessions.provider import Away, Provider, Refused
from dossier_shared.http.sessions.sessions import EndedByIssuer, Sessions
from dossier_shared.http.sessions.store import SessionStore
from dossier_shared.http.sessions.ways import allowed
from dossier_shared.http.tokens import Principal, TokenVerifier, issuer_unavailable
from dossier_shared.problems import Problem, Unauthorised
from dossier_shared.runtime.service import Runtime
from dossier_shared.settings.sign_in import SignInSettings

SIGN_IN: Final = "/sign-in"
BACK: Final = "/signed-in"
HEARS: Final = "/back-channel-logout"
SIGNED_OUT: Final = "/signed-out"
LEVELS: Final = ("1", "2")  # of assurance that a sign-in may be asked for
# what an issuer says where one is signed in nowhere, and nobody was to be asked
NOT_SILENTLY = frozenset({"login_required", "consent_required", "interaction_required", "account_selection_required"})
log = structlog.get_logger("dossier.sign-in")


def not_signed_in(code: str, vi: str, en: str) -> Problem:
    return Problem(f"sign-in-{code}", f"{vi} Hãy đăng nhập lại từ đầu.", f"{en} Sign in again from the beginning.")


class SigningIn:
    """Of one service. `now` is for tests."""

    def __init__(self, settings: SignInSettings, sessions: Sessions, now: Callable[[], float] = time.time) -> None:
        self.settings, self.sessions, self.now = settings, sessions, now
        self.issuer = settings.oidc_issuer

    def base(self, request: Request) -> str:
        """Our public address: as NEIGHBOURS has it, else under the name the browser used, to which its cookies belong. It is
        https everywhere but on this machine, whatever a proxy in front speaks to us."""
        public, host = self.settings.neighbours.get(self.settings.service, ""), request.headers.get("host", "")
        if public and not is_loopback(public.partition("://")[2].partition("/")[0]):
            return public
        scheme = request.url.scheme if is_loopback(host) else "https"
        return f"{scheme}://{host}{self.settings.path}"

    def cookies(self, request: Request) -> Cookies:
        base = self.base(request)
        here = base.startswith("http://") and is_loopback(base.removeprefix("http://").partition("/")[0])
        return Cookies(self.settings.service, secure=not here)

    def next(self, request: Request, wanted: str) -> str:
        return allowed(wanted, [self.base(request), *self.settings.neighbours.values()], own_url("/home"))

    def secret(self, request: Request) -> str:
        """The browser's cookie; empty where it has none."""
        return self.cookies(request).find(_cookie(request))

    async def token(self, request: Request) -> str:
        """The access token of the browser's session, where it has one."""
        secret = self.secret(request)
        by_itself = request.headers.get("sec-fetch-mode", "navigate") != "navigate" and request.method == "GET"
        try:
            return await self.sessions.access_token(secret, active=not by_itself)
        except EndedByIssuer as ended:
            _signed_out(request, ended.sub)
            raise

    async def begin(self, request: Request) -> Response:
        asked = request.query_params
        silent = asked.get("silent") == "1"
        started = SignIn(
            token_urlsafe(24), token_urlsafe(24), token_urlsafe(48), self.next(request, asked.get("next", "")),
            int(self.now()), silent,
        )  # fmt: skip
        try:
            url = await self.sessions.provider.authorize_url(
                self.base(request) + BACK,
                started.state,
                started.nonce,
                started.verifier,
                "none" if silent else "",
                asked.get("acr", "") if asked.get("acr", "") in LEVELS else "",
            )
        except Away:
            raise issuer_unavailable() from None
        answer = RedirectResponse(url, 303)
        self.cookies(request).begin(answer, _cookie(request), started)
        return answer

    async def back(self, request: Request, verifier: TokenVerifier) -> Response:
        said, cookies = request.query_params, self.cookies(request)
        started = cookies.began(_cookie(request), said.get("state", ""), self.now())
        if started is None or said.get("iss", self.issuer) != self.issuer:
            raise not_signed_in(
                "expired",
                "Lần đăng nhập này không bắt đầu từ trình duyệt này, hoặc đã quá lâu.",
                "This sign-in did not begin in this browser, or took too long.",
            )
        answer = RedirectResponse(self.next(request, started.next), 303)
        cookies.drop(answer, cookies.under_way(started.state))
        if "code" not in said:
            if started.silent and said.get("error") in NOT_SILENTLY:
                return answer
            raise _refused(said.get("error", "")[:100])
        secret, request.scope[WHO] = await self._new_session(started, said["code"], self.base(request) + BACK, verifier)
        await self.sessions.end(self.secret(request))  # nobody goes on with a session that was there before
        cookies.keep(answer, cookies.session, secret, self.settings.session_seconds)
        return answer

    async def _new_session(
        self, started: SignIn, code: str, back: str, verifier: TokenVerifier
    ) -> tuple[str, Principal]:
        """The cookie's secret, and who has signed in."""
        try:
            tokens = await self.sessions.provider.exchange(code, started.verifier, back)
            claims = await self.sessions.provider.id_claims(tokens.id, started.nonce)
            who = await verifier.principal(tokens.access)
        except Away:
            raise issuer_unavailable() from None
        except (Refused, Unauthorised) as error:
            raise _refused(str(error)) from None
        if who.sub != claims["sub"]:
            raise _refused("tokens of two persons")
        return await self.sessions.begin(tokens, claims), who

    async def sign_out(self, request: Request, lang: str) -> Response:
        """Here, then at the issuer, which tells the other services; it asks, where our session had ended before."""
        cookies, after = self.cookies(request), f"{SIGNED_OUT}?lang={lang}"
        secret = self.secret(request)
        hint, sub = await self.sessions.end(secret)
        if sub:
            _signed_out(request, sub)
        address = await self.sessions.provider.end_session_url() if secret else None
        if address is None:
            answer = RedirectResponse(own_url(after), 303)
        else:
            asked = {
                **({"id_token_hint": hint} if hint else {}),
                "client_id": self.settings.client,
                "post_logout_redirect_uri": self.base(request) + after,
            }
            answer = RedirectResponse(f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}", 303)
        cookies.drop(answer, cookies.session)
        return answer

    async def hear(self, request: Request) -> Response:
        [token] = parse_qs((await request.body()).decode("latin-1")).get("logout_token", [""])[:1]
        try:
            ended = await self.sessions.ended_by_issuer(token)
            if ended is not None:
                _signed_out(request, ended.sub)
        except Away:
            raise issuer_unavailable() from None
        except Refused as error:
            log.warning("logout-refused", why=str(error)[:100])
            audit.note(request.scope, told.FAILED)
            raise Problem(
                "logout-token-invalid",
                "Mã đăng xuất không hợp lệ, hoặc đã dùng rồi.",
                "The logout token is not valid, or was heard before.",
            ) from None
        return Response(status_code=200, headers={"cache-control": "no-store"})

    def way_in(self, wanted: str, level: int | None = None) -> str:
        return own_url(f"{SIGN_IN}?next={quote(wanted, safe='/')}" + (f"&acr={level}" if level else ""))


def _signed_out(request: Request, sub: str) -> None:
    """Told with whose session it was, which the request itself does not say any more."""
    audit.note(request.scope, told.SIGNED_OUT)
    if sub:
        request.scope[WHO] = Principal(sub, frozenset())


def _cookie(request: Request) -> bytes | None:
    return dict(request.scope["headers"]).get(b"cookie")


def _refused(why: str) -> Problem:
    log.info("sign-in-refused", why=why)
    return not_signed_in(
        "refused", "Hệ thống định danh không xác nhận lần đăng nhập này.", "The identity provider did not confirm it."
    )


def sign_in(app: FastAPI, settings: SignInSettings, runtime: Runtime) -> None:
    """Browsers sign in to this service: once, before it starts."""
    store = SessionStore(runtime.db)
    provider = Provider(
        settings.oidc_issuer, settings.client, settings.client_secret.get_secret_value(), settings.oidc_scope
    )
    runtime.add(prepare=store.ensure_indexes)
    sessions = Sessions(store, provider, settings.session_idle_seconds, settings.session_seconds)
    app.state.sign_in = SigningIn(settings, sessions)
    app.include_router(sign_in_router())


def sign_in_router() -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get(SIGN_IN, response_class=Response)
    async def begin(request: Request) -> Response:
        return await _of(request).begin(request)

    @router.get(BACK, response_class=Response)
    async def back(request: Request) -> Response:
        return await _of(request).back(request, request.app.state.verifier)

    @router.post(HEARS, response_class=Response)
    async def hear(request: Request) -> Response:
        return await _of(request).hear(request)

    return router


def _of(request: Request) -> SigningIn:
    found: SigningIn = request.app.state.sign_in
    return found
