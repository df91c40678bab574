"""The two cookies: the session's, and the one that ties a sign-in under way to the browser it began in.

All services may share one origin, so a name carries its service. Outside plain http on this machine it begins with `__Host-`:
browsers take it from that very host by https only, and no neighbouring host can plant one.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

import orjson
from starlette.responses import Response

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
UNDER_WAY = 600  # seconds a person has to sign in
MOST_UNDER_WAY = 4  # tabs that sign in at once; the cookies of more are dropped


def is_loopback(host: str) -> bool:
    """Of a Host header or an address's authority."""
    try:
        return urlsplit(f"//{host}").hostname in LOOPBACK
    except ValueError:
        return False


def all_cookies(header: bytes | None) -> Iterator[tuple[str, str]]:
    for part in (header or b"").decode("latin-1").split(";"):
        name, _, value = part.strip().partition("=")
        yield name, value.strip('"')


class SignIn(NamedTuple):
    """A sign-in under way, kept by the browser alone: nobody who is not signed in makes us write anything down.

    `began`: seconds since 1970; `asked`: silently, so that being signed in nowhere is no failure."""

    state: str
    nonce: str
    verifier: str
    next: str
    began: int
    silent: bool

    def encode(self) -> str:
        return urlsafe_b64encode(orjson.dumps(list(self))).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> SignIn | None:
        try:
            found = orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            state, nonce, verifier, next_, began, silent = found
        except (ValueError, TypeError):
            return None
        if not all(isinstance(one, str) for one in (state, nonce, verifier, next_)) or not isinstance(began, int):
            return None
        return cls(state, nonce, verifier, next_, began, bool(silent))


class Cookies(NamedTuple):
    """Of one service, as the browser that asks is to have them: `secure` everywhere but on plain http on this machine."""

    service: str
    secure: bool

    @property
    def session(self) -> str:
        return f"{'__Host-' if self.secure else ''}dossier-{self.service}"

    def under_way(self, state: str) -> str:
        return f"{self.session}-sign-in-{re.sub('[^A-Za-z0-9]', '', state)[:8]}"

    def find(self, header: bytes | None) -> str:
        """The session's secret; empty where the browser has none."""
        if not header or self.session.encode() not in header:
            return ""
        return next((value for name, value in all_cookies(header) if name == self.session), "")

    def keep(self, answer: Response, name: str, value: str, seconds: float) -> None:
        answer.set_cookie(
            name, value, max_age=int(seconds), path="/", secure=self.secure, httponly=True, samesite="lax"
        )

    def drop(self, answer: Response, name: str) -> None:
        answer.delete_cookie(name, path="/", secure=self.secure, httponly=True, samesite="lax")

    def begin(self, answer: Response, header: bytes | None, sign_in: SignIn) -> None:
        """Beside those of a few other tabs."""
        others = [name for name, _ in all_cookies(header) if name.startswith(f"{self.session}-sign-in-")]
        for name in others[: max(0, len(others) - MOST_UNDER_WAY + 1)]:
            self.drop(answer, name)
        self.keep(answer, self.under_way(sign_in.state), sign_in.encode(), UNDER_WAY)

    def began(self, header: bytes | None, state: str, now: float) -> SignIn | None:
        """The sign-in of this state, where it began in this browser and not too long ago."""
        wanted = self.under_way(state)
        found = next((SignIn.decode(value) for name, value in all_cookies(header) if name == wanted), None)
        good = found is not None and found.state == state and 0 <= now - found.began <= UNDER_WAY
        return found if good else None
