"""Who asks, and whether they may. One call per endpoint: `principal = await authenticate(request, "leader")`.

A program says it by a bearer token. A browser has the cookie of its session (`http/sessions`); in development, on this machine,
it may have a token itself for a cookie, by which tests are spared the way through the issuer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request

from dossier_shared.http import quotas
from dossier_shared.http.known_query import UNKNOWN
from dossier_shared.http.sessions.cookies import all_cookies, is_loopback
from dossier_shared.http.tokens import Principal, TokenVerifier
from dossier_shared.problems import Forbidden, Invalid, Unauthorised
from dossier_shared.runtime.emergencies import shown
from dossier_shared.runtime.service import Runtime

COOKIE = "dossier_session"  # of development: a token as it is
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
WHO = "dossier.principal"  # in the scope, once it is known: a refusal's page still has the reader's menu


async def authenticate(request: Request, *roles: str) -> Principal:
    """Raises Unauthorised, or Forbidden where `roles` are given and the token has none of them."""
    return await authenticate_headers(request, dict(request.scope["headers"]), roles)


async def authenticate_headers(request: Request, headers: dict[bytes, bytes], roles: tuple[str, ...]) -> Principal:
    """As `authenticate`, for who already has the headers as a dict."""
    scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
    if given and scheme.lower() == b"bearer":
        text = given.strip().decode("latin-1")
    else:
        text = await _of_browser(request, headers)
    verifier: TokenVerifier = request.scope["app"].state.verifier
    try:
        token = await verifier.principal(text)
    except Unauthorised as refused:
        if refused.code == "token-invalid":
            quotas.failed(request.scope)
        raise
    principal = request.scope[WHO] = _in_office(request, token)
    if roles and principal.roles.isdisjoint(roles):
        raise Forbidden() if token.roles.isdisjoint(roles) else _not_in_office()
    quotas.demand(request.scope, principal)
    strange: Invalid | None = request.scope.get(UNKNOWN)
    if strange is not None:
        raise strange
    return principal


def _in_office(request: Request, who: Principal) -> Principal:
    """With those of the token's roles that the list of the agency's officers confirms, those lent by others, what the account
    has opened in an emergency, and when it asks."""
    runtime: Runtime | None = getattr(request.scope["app"].state, "runtime", None)
    if runtime is None:
        return who
    known, now = runtime.directory, runtime.clock.now()
    roles = known.officers.confirmed(who.sub, who.agency, who.roles, now)
    lent_by = frozenset(
        (role, by) for role, by in known.delegations.lent(who.sub, who.agency, now) if role not in roles
    )
    opened = known.emergencies.held(who.sub, who.agency, now)
    if roles == who.roles and not lent_by and not opened:
        return replace(who, asked=now)
    lent = frozenset(role for role, _ in lent_by)
    emergencies = tuple(shown(one, runtime.persons.keys) for one in opened)
    return replace(who, roles=roles | lent, lent=lent, lent_by=lent_by, emergencies=emergencies, asked=now)


def _not_in_office() -> Forbidden:
    return Forbidden(
        "not-in-office",
        "Tài khoản không có, hoặc không còn, trong danh sách cán bộ của cơ quan với vai trò này. Hãy liên hệ người quản trị.",
        "The account is not, or no longer, among the agency's officers in this role. Ask who administers the list.",
    )


async def principal(request: Request) -> Principal:
    """FastAPI dependency: any good token."""
    return await authenticate(request)


def own_agency(principal: Principal) -> str:
    """The agency whose work an officer does."""
    if principal.agency is None:
        raise Forbidden("no-agency", "Tài khoản chưa gắn với cơ quan nào.", "The account belongs to no agency.")
    return principal.agency


def demand_same_origin(headers: dict[bytes, bytes]) -> None:
    """A cookie travels by itself: an unsafe request must show that it began on our own page."""
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        if site == b"same-origin":
            return
    else:
        origin, host = headers.get(b"origin", b"").decode("latin-1"), headers.get(b"host", b"").decode("latin-1")
        if host and _netloc(origin) == host.lower():
            return
    raise Forbidden(
        "cross-site",
        "Yêu cầu đến từ trang khác nên bị từ chối. Hãy thao tác trên chính trang này.",
        "The request came from another site and was refused. Act on this page itself.",
    )


async def _of_browser(request: Request, headers: dict[bytes, bytes]) -> str:
    """The access token of the browser's session. Raises Unauthorised, or Forbidden for what another site makes it send."""
    cookie, state = headers.get(b"cookie"), request.scope["app"].state
    signing_in: Any = getattr(state, "sign_in", None)
    has_session = bool(cookie and signing_in and signing_in.secret(request))
    given = "" if has_session else _given_token(cookie, headers, state)
    if not has_session and not given:
        raise Unauthorised()
    if request.scope["method"] not in SAFE_METHODS:
        demand_same_origin(headers)
    return given or str(await signing_in.token(request))


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _given_token(cookie: bytes | None, headers: dict[bytes, bytes], state: Any) -> str:
    if not cookie or COOKIE.encode() not in cookie:
        return ""
    if not state.settings.development or not is_loopback(headers.get(b"host", b"").decode("latin-1")):
        return ""
    return next((value for name, value in all_cookies(cookie) if name == COOKIE), "")
