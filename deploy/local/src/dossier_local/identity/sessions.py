"""Who is signed in at the issuer, and the codes and refresh tokens given for that. In memory: a restart signs everybody out.

A code is good once and shortly; a second use ends what the first one gave. So does a refresh token used twice.
"""

from __future__ import annotations

import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_urlsafe

from dossier_local.identity.people import Person

CODE_TTL = 60  # seconds
SESSION_TTL = 12 * 3600  # seconds


class NotGranted(Exception):
    """The OAuth error code."""


@dataclass(slots=True)
class Session:
    """`consented`: the person has read that this is development. `clients`: who got tokens, and where each hears of its end."""

    id: str
    person: Person
    until: float
    consented: bool = False
    proved: int = field(default_factory=lambda: int(time.time()))  # when the person signed in, seconds since 1970
    clients: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Code:
    session: Session
    client: str
    redirect_uri: str
    challenge: str
    nonce: str
    until: float
    used: bool = False


@dataclass(slots=True)
class Grant:
    session: Session
    client: str
    used: bool = False


class SignedIn:
    """`now`: monotonic seconds, for tests."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._sessions: dict[str, Session] = {}
        self._codes: dict[str, Code] = {}
        self._refresh: dict[str, Grant] = {}

    def begin(self, person: Person, *, consented: bool) -> Session:
        session = Session(token_urlsafe(24), person, self._now() + SESSION_TTL, consented)
        self._sessions[session.id] = session
        return session

    def find(self, id_: str) -> Session | None:
        session = self._sessions.get(id_)
        if session is not None and session.until < self._now():
            self.end(session)
            return None
        return session

    def end(self, session: Session) -> None:
        self._sessions.pop(session.id, None)
        self._codes = {key: code for key, code in self._codes.items() if code.session is not session}
        self._refresh = {key: grant for key, grant in self._refresh.items() if grant.session is not session}

    def code(self, session: Session, client: str, redirect_uri: str, challenge: str, nonce: str) -> str:
        now = self._now()
        self._codes = {key: code for key, code in self._codes.items() if code.until > now}
        made = token_urlsafe(24)
        self._codes[made] = Code(session, client, redirect_uri, challenge, nonce, now + CODE_TTL)
        return made

    def redeem(self, code: str, client: str, redirect_uri: str, verifier: str) -> Code:
        found = self._codes.get(code)
        if found is None or found.until < self._now() or found.client != client:
            raise NotGranted("invalid_grant")
        if found.used:
            self._drop(found.session, client)
            raise NotGranted("invalid_grant")
        found.used = True
        proof = urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
        if found.redirect_uri != redirect_uri or found.challenge != proof:
            raise NotGranted("invalid_grant")
        return found

    def refresh_token(self, session: Session, client: str) -> str:
        made = token_urlsafe(32)
        self._refresh[made] = Grant(session, client)
        return made

    def renew(self, token: str, client: str) -> Session:
        found = self._refresh.get(token)
        if found is None or found.client != client or self.find(found.session.id) is None:
            raise NotGranted("invalid_grant")
        if found.used:
            self._drop(found.session, client)
            raise NotGranted("invalid_grant")
        found.used = True
        return found.session

    def _drop(self, session: Session, client: str) -> None:
        self._refresh = {
            key: grant for key, grant in self._refresh.items() if (grant.session, grant.client) != (session, client)
        }
