"""Sessions of one service: begun by a sign-in, found by a cookie, renewed by one request at a time, ended here or by the issuer.

What was found is kept in memory for a few seconds, so that a session ended elsewhere works no longer than that, and a request
costs no look into the database; while the database is away, those in memory go on until their access token ends.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

import structlog

from dossier_shared.http.sessions.provider import Away, Provider, Refused, Tokens
from dossier_shared.http.sessions.sealing import digest, is_secret, new_secret, seal, unseal
from dossier_shared.http.tokens import issuer_unavailable, token_expired
from dossier_shared.journal.outages import is_outage
from dossier_shared.problems import Unauthorised

log = structlog.get_logger("dossier.sign-in")
LOOKS_AGAIN = 5.0  # seconds
EARLY = 30.0  # seconds before its end at which a token is renewed
CLAIM_LASTS = 15.0  # seconds in which one process may renew; it may have died meanwhile
WAITS = 0.2
NOTED_EVERY = 60.0  # seconds between two notes that a session is used; less where sessions end sooner
KEPT = 10_000
HEARD_FOR = 3600.0  # seconds; longer than a logout token is taken


class Store(Protocol):
    async def insert(self, document: Mapping[str, Any], gone: float) -> None: ...
    async def find(self, key: str) -> dict[str, Any] | None: ...
    async def touch(self, key: str, now: float, gone: float) -> None: ...
    async def claim(self, key: str, version: int, now: float, until: float) -> bool: ...
    async def release(self, key: str, version: int) -> None: ...
    async def renew(self, key: str, version: int, sealed: bytes) -> bool: ...
    async def end(self, key: str) -> None: ...
    async def end_of(self, **by: str) -> list[str]: ...
    async def was_heard(self, token: str) -> bool: ...
    async def hear(self, token: str, gone: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Session:
    """`used`: when last noted as used; `seen`: when last read from the database; `ends`: whatever is done. Seconds since 1970."""

    secret: str
    tokens: Tokens
    sub: str
    version: int
    used: float
    ends: float
    seen: float

    @property
    def key(self) -> str:
        return digest(self.secret)


class Gone(NamedTuple):
    """A session that has ended. `id`: its ID token, by which the issuer knows which of its sessions to end; empty where there
    was none. `sub`: whose it was."""

    id: str = ""
    sub: str = ""


class EndedByIssuer(Unauthorised):
    """The issuer gives no new tokens for it: this request is the one that ends it."""

    def __init__(self, sub: str) -> None:
        told = token_expired()
        super().__init__(told.code, told.vi, told.en)
        self.sub = sub


class Sessions:
    """`idle`, `lasts`: seconds. `now` is for tests."""

    def __init__(
        self, store: Store, provider: Provider, idle: float, lasts: float, *, now: Callable[[], float] = time.time
    ) -> None:
        self.provider, self._store, self._idle, self._lasts, self._now = provider, store, idle, lasts, now
        self._held: OrderedDict[str, Session] = OrderedDict()
        self._renewing: dict[str, asyncio.Task[Session]] = {}

    async def begin(self, tokens: Tokens, claims: Mapping[str, Any]) -> str:
        """Of who signed in, as the ID token says; the secret for the cookie."""
        secret, now, sub = new_secret(), self._now(), str(claims["sub"])
        facts = {**tokens._asdict(), "sub": sub}
        document = {
            "_id": digest(secret),
            "sealed": seal(secret, facts),
            "version": 1,
            "used": now,
            "ends": now + self._lasts,
            "claimed": 0.0,
            "sid": digest(str(claims.get("sid") or "")),
            "sub": digest(sub),
        }
        await self._store.insert(document, now + min(self._idle, self._lasts))
        return secret

    async def access_token(self, secret: str, *, active: bool = True) -> str:
        """Good for now. `active`: by somebody, not by a page itself. Raises Unauthorised where the session has ended."""
        session = await self._find(secret)
        now = self._now()
        if active and now - session.used >= min(NOTED_EVERY, self._idle / 4):
            session = self._hold(replace(session, used=now))
            try:
                await self._store.touch(session.key, now, min(session.ends, now + self._idle))
            except Exception as error:
                if not is_outage(error):
                    raise
        if session.tokens.until - EARLY > now:
            return session.tokens.access
        return (await self._renewed(session)).tokens.access

    async def end(self, secret: str) -> Gone:
        """Here."""
        if not is_secret(secret):
            return Gone()
        key = digest(secret)
        self._held.pop(key, None)
        found = await self._store.find(key)
        await self._store.end(key)
        facts = unseal(secret, found["sealed"]) if found else None
        return Gone(str(facts["id"]), str(facts["sub"])) if facts else Gone()

    async def ended_by_issuer(self, token: str) -> Gone | None:
        """A logout token ends the sessions of its `sid`, of its `sub`, or of both together, once. Whose, as far as it says so;
        None where there were none. Raises Refused, Away."""
        claims = await self.provider.logout_claims(token)
        name = digest(f"{claims['iss']} {claims['jti']}")
        if await self._store.was_heard(name):
            raise Refused("heard before")
        by = {name: digest(str(claims[name])) for name in ("sid", "sub") if claims.get(name)}
        ended = await self._store.end_of(**by)
        for key in ended:
            self._held.pop(key, None)
        await self._store.hear(name, self._now() + HEARD_FOR)  # last: what failed on the way may be said again
        return Gone(sub=str(claims.get("sub") or "")) if ended else None

    async def _find(self, secret: str) -> Session:
        if not is_secret(secret):
            raise token_expired()
        key, now = digest(secret), self._now()
        held = self._held.get(key)
        if held is None or now - held.seen >= LOOKS_AGAIN:
            try:
                held = await self._look(secret)
            except Exception as error:
                if held is None or not is_outage(error):
                    raise
        if held is None or now >= min(held.ends, held.used + self._idle):
            self._held.pop(key, None)
            if held is not None:
                await self._store.end(key)
            raise token_expired()
        return held

    async def _look(self, secret: str) -> Session | None:
        found = await self._store.find(digest(secret))
        facts = unseal(secret, found["sealed"]) if found else None
        if found is None or facts is None:
            return None
        tokens = Tokens(facts["access"], facts["refresh"], facts["id"], facts["until"])
        return self._hold(
            Session(secret, tokens, facts["sub"], found["version"], found["used"], found["ends"], self._now())
        )

    def _hold(self, session: Session) -> Session:
        self._held[session.key] = session
        self._held.move_to_end(session.key)
        if len(self._held) > KEPT:
            self._held.popitem(last=False)
        return session

    async def _renewed(self, session: Session) -> Session:
        """All requests of this process wait for one renewal, which a browser that goes away does not break off half-way."""
        task = self._renewing.get(session.key)
        if task is None:
            task = self._renewing[session.key] = asyncio.create_task(self._renew(session))
            task.add_done_callback(lambda _: self._renewing.pop(session.key, None))
        return await asyncio.shield(task)

    async def _renew(self, session: Session) -> Session:
        try:
            return await self._renew_or_wait(session)
        except Exception as error:  # the token in hand is good for a while still
            if (isinstance(error, Away) or is_outage(error)) and session.tokens.until > self._now():
                return session
            if isinstance(error, Away):
                raise issuer_unavailable() from error
            raise

    async def _renew_or_wait(self, session: Session) -> Session:
        given_up = self._now() + CLAIM_LASTS
        while not await self._store.claim(session.key, session.version, self._now(), self._now() + CLAIM_LASTS):
            found = await self._look(session.secret)
            if found is None:
                raise token_expired()
            if found.version != session.version:
                return found
            if self._now() > given_up:
                raise Away("another process renews")
            await asyncio.sleep(WAITS)
        try:
            tokens = await self._ask(session)
        except Refused as error:
            log.info("session-ended-by-issuer", why=str(error)[:100])
            self._held.pop(session.key, None)
            await self._store.end(session.key)
            raise EndedByIssuer(session.sub) from None
        except Away:
            await self._store.release(session.key, session.version)
            raise
        sealed = seal(session.secret, {**tokens._asdict(), "sub": session.sub})
        if not await self._store.renew(session.key, session.version, sealed):
            self._held.pop(session.key, None)
            raise token_expired()
        return self._hold(replace(session, tokens=tokens, version=session.version + 1))

    async def _ask(self, session: Session) -> Tokens:
        if not session.tokens.refresh:
            raise Refused("no refresh token")
        new = await self.provider.refresh(session.tokens.refresh)
        if new.id and (await self.provider.id_claims(new.id, None))["sub"] != session.sub:
            raise Refused("another person's tokens")
        return new._replace(refresh=new.refresh or session.tokens.refresh, id=new.id or session.tokens.id)
