"""What is audited of requests: by a table of each service beside its routes, and every refusal of a right.

A service's table has a kind for each call that shows, finds or takes away something of somebody; what is in no table shows
nobody's dossier (`tests/contracts/test_audited.py`). Commands are in the journals and not told again, unless they are refused.
"""

from __future__ import annotations

import hmac
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final
from urllib.parse import parse_qs

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dossier_shared.clock import SystemClock, instant
from dossier_shared.contracts.audit import (
    ADMIN,
    DENIED,
    EXPORT,
    FAILED,
    REFUSED,
    SEARCH,
    SIGNED_IN,
    SIGNED_OUT,
    AuditEntry,
)
from dossier_shared.http.addresses import Network, address_in
from dossier_shared.http.auth import COOKIE, SAFE_METHODS, WHO
from dossier_shared.http.quotas import exports
from dossier_shared.http.tokens import Principal
from dossier_shared.telemetry.request import route_template

log = structlog.get_logger("dossier.http")
Put = Callable[[AuditEntry], None]
Audited = Mapping[str, str]  # method and template of the path -> kind
# of every service; what an administrator does by `/internal`, and what is an export by its quota, is told without a row
COMMON: Final[Audited] = {
    "GET /signed-in": SIGNED_IN,
    "POST /sign-out": SIGNED_OUT,
    "GET /internal/facts": EXPORT,
    "GET /internal/privacy/dossiers": EXPORT,
    "GET /internal/privacy/files/{id_}": EXPORT,
}
_NOTED: Final = "dossier.noted"  # in the scope
_ASKED: Final = ("q", "code")  # parameters with what is looked for
# An id or a code as ours are. What else stands in a path may be a name or a number that somebody typed.
_OURS = re.compile(r"(?!\d{8,13}$)[A-Za-z0-9._:-]{1,80}")


def note(scope: Scope, kind: str, of: str | None = None) -> None:
    """What a call that does several things did this time: its entry is of this kind, and of this dossier."""
    scope[_NOTED] = (kind, of)


@dataclass(slots=True)
class Teller:
    """Makes entries. `key`: of digests; without one there are none, since they could be guessed."""

    audited: Audited
    put: Put
    key: bytes
    proxies: tuple[Network, ...] = ()

    def tell(self, scope: Scope, status: int) -> None:
        """Called when the answer's status is known."""
        call = f"{scope['method']} {route_template(scope)}"
        kind = self._kind(scope, call, status)
        if kind is not None:
            self.put(self.entry(scope, kind, call, status))

    def _kind(self, scope: Scope, call: str, status: int) -> str | None:
        known = WHO in scope
        noted, _ = scope.get(_NOTED, (None, None))
        if status == 401:  # who has shown nothing is on the way to signing in
            return noted or (FAILED if _shown(scope) else None)
        if status == 403:
            return DENIED
        if status == 429:
            return REFUSED
        kind = noted or self.audited.get(call) or COMMON.get(call)
        if status == 404:  # there is none, or they may not know of it: a row of them tells who tries
            return DENIED if known and (kind or scope["method"] not in SAFE_METHODS) else None
        if kind == SIGNED_IN:  # whoever was asked whether they are signed in, and is not, has no session and no problem
            return FAILED if status >= 400 else SIGNED_IN if known else None
        if status >= 400:
            return FAILED if kind == FAILED else None
        if kind is None and known:
            safe, path = scope["method"] in SAFE_METHODS, scope["path"]
            if not safe and path.startswith("/internal/"):
                return ADMIN
            if safe and exports(path):
                return EXPORT
        return kind

    def entry(self, scope: Scope, kind: str, call: str, status: int) -> AuditEntry:
        who: Principal | None = scope.get(WHO)
        first, *others = [_ours(value) for value in scope.get("path_params", {}).values()] or [None]
        of = scope.get(_NOTED, (None, None))[1] or first
        return AuditEntry(
            id=os.urandom(16).hex(),
            time=instant(SystemClock().now()),
            kind=kind,
            call=call,
            answered=status,
            subject=who.sub if who else None,
            roles=sorted(who.roles) if who else [],
            agency=who.agency if who else None,
            of=of,
            part="/".join(filter(None, others)) or None,
            emergency=_emergency(who, of),
            question=self._digest(_question(scope)) if kind == SEARCH else None,
            address=self._digest(address_in(scope, self.proxies)),
            request=scope.get("request_id"),
        )

    def _digest(self, text: str) -> str | None:
        if not text or not self.key:
            return None
        return hmac.new(self.key, f"audit:{text}".encode(), sha256).hexdigest()[:16]


class Audit:
    """The layer, outside whatever may refuse a request."""

    def __init__(self, app: ASGIApp, teller: Teller) -> None:
        self.app, self.teller = app, teller

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                try:
                    self.teller.tell(scope, message["status"])
                except Exception:
                    log.exception("request not audited", method=scope["method"])
            await send(message)

        await self.app(scope, receive, told)


def _ours(value: Any) -> str | None:
    return str(value) if _OURS.fullmatch(str(value)) else None


def _emergency(who: Principal | None, of: str | None) -> str | None:
    found = (one.id for one in who.emergencies if of and one.of(of)) if who else ()
    return next(iter(found), None)


def _shown(scope: Scope) -> bool:
    """A token or a session."""
    cookie = f"{COOKIE}=".encode()
    return any(name == b"authorization" or (name == b"cookie" and cookie in value) for name, value in scope["headers"])


def _question(scope: Scope) -> str:
    query = scope["query_string"]
    if not query:
        return ""
    found: dict[str, list[Any]] = parse_qs(query.decode("latin-1"), max_num_fields=50)
    return next((" ".join(found[name][0].casefold().split()) for name in _ASKED if name in found), "")
