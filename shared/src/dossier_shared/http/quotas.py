"""How often one may ask for what is costly, or tells much: one table, counted by account, or by address where nobody signs in.

Counted in this process: two replicas let through twice as much, and a count costs no write. What must hold for all replicas
together is counted in the database (intake's wrong tries of a tracking code). What goes by the fast lane meets none of this.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil
from time import monotonic
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from dossier_shared.http.addresses import Network, address_in
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import Problem
from dossier_shared.settings.quotas import DEFAULTS, rate_of
from dossier_shared.telemetry.metrics import QUOTA_REFUSED

_ASKED: Final = "dossier.asked"  # in the scope
_MOST: Final = (
    100_000  # counted one by one; who comes after shares a count, so that addresses without end take no memory
)


@dataclass(frozen=True, slots=True)
class Limited:
    """`methods` on paths that `paths` matches, whole. `vi`, `en`: what is asked too often."""

    methods: frozenset[str]
    paths: re.Pattern[str]
    vi: str
    en: str
    by_address: bool = False  # nobody signs in


def _row(methods: str, paths: str, vi: str, en: str, *, by_address: bool = False) -> Limited:
    return Limited(frozenset(methods.split()), re.compile(paths), vi, en, by_address)


TABLE: Final[Mapping[str, Limited]] = {
    "search": _row("GET", r"(/api/v1)?/search", "Tìm hồ sơ", "searches"),
    "uploads": _row("POST", r"/api/v1/(documents|uploads)|/counter/file|/(filing|drafts)/[^/]+", "Gửi tệp", "uploads"),
    "exports": _row(
        "GET",
        r".*\.(csv|xlsx|pdf)|(/open-data)?/dossiers\.json|/api/v1/(officers|throughput)\.json|/api/v1/register|/api/v1/forms/01",
        "Kết xuất dữ liệu",
        "exports",
    ),
    "tracking": _row("GET", r"/track", "Tra cứu", "look-ups", by_address=True),
    "published": _row(
        "GET", r"/procedures(/[^/]*)?|/sitemap\.xml|/robots\.txt", "Xem thủ tục", "published pages", by_address=True
    ),
    "streams": _row(
        "GET", r"/api/v1/(.*/)?(stream|changes)", "Mở luồng theo dõi", "open streams"
    ),  # at once, not a minute
}
FAILURES: Final = ("Đăng nhập không thành công", "failed authentications")


class TooManyRequests(Problem):
    status = 429

    def __init__(self, vi: str, en: str, wait: float, *, opened: bool = False) -> None:
        seconds = max(1, ceil(wait))
        super().__init__(
            "too-many-requests",
            f"{vi} quá nhiều lần. "
            + ("Hãy đóng bớt trang đang mở rồi thử lại." if opened else f"Hãy thử lại sau {seconds} giây."),
            f"Too many {en}. "
            + ("Close some of the pages and try again." if opened else f"Try again in {seconds} seconds."),
        )
        self.headers = {"retry-after": str(seconds)}


class Rate:
    """So many in any span of `seconds`, as counted in this span and, by its share, the one before."""

    def __init__(self, rate: str, tick: Callable[[], float] = monotonic) -> None:
        self.limit, self.seconds = rate_of(rate)
        self._tick, self._span = tick, -1
        self._now: Counter[str] = Counter()
        self._before: Counter[str] = Counter()

    def hit(self, who: str) -> float:
        """Counts it and answers 0, or for how many seconds it must wait."""
        at = self._tick() / self.seconds
        span, gone = int(at), at % 1
        if span != self._span:
            self._before = self._now if span == self._span + 1 else Counter()
            self._now, self._span = Counter(), span
        if len(self._now) >= _MOST and who not in self._now:
            who = ""
        if self._now[who] + self._before[who] * (1 - gone) < self.limit:
            self._now[who] += 1
            return 0.0
        return (1 - gone) * self.seconds


class Guard:
    """The counts of one process."""

    def __init__(
        self, quotas: Mapping[str, str], proxies: tuple[Network, ...] = (), tick: Callable[[], float] = monotonic
    ) -> None:
        given = {**DEFAULTS, **quotas}
        self._rates = {name: Rate(rate, tick) for name, rate in given.items() if name != "streams"}
        self._streams, self._proxies = rate_of(given["streams"])[0], proxies
        self._open: Counter[str] = Counter()

    def address(self, scope: Scope) -> str:
        return address_in(scope, self._proxies)

    def opened(self, sub: str) -> None:
        if self._open[sub] >= self._streams:
            raise refused("streams", 30)
        self._open[sub] += 1

    def count(self, name: str, who: str) -> None:
        if wait := self._rates[name].hit(who):
            raise refused(name, wait)

    def closed(self, sub: str) -> None:
        self._open[sub] -= 1
        if not self._open[sub]:
            del self._open[sub]


class _Asked:
    """What is limited of one request, until it is counted, and whose stream it has opened."""

    __slots__ = ("guard", "name", "stream_of")

    def __init__(self, guard: Guard, name: str) -> None:
        self.guard = guard
        self.name: str | None = name
        self.stream_of: str | None = None


class Quotas:
    """The layer, inside the fast lane and outside the routes: marks what the table limits, for `demand`."""

    def __init__(self, app: ASGIApp, guard: Guard) -> None:
        self.app, self.guard = app, guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = _named(scope) if scope["type"] == "http" else None
        if name is None:
            await self.app(scope, receive, send)
        elif TABLE[name].by_address:
            self.guard.count(name, self.guard.address(scope))
            await self.app(scope, receive, send)
        else:
            asked = scope[_ASKED] = _Asked(self.guard, name)
            try:
                await self.app(scope, receive, send)
            finally:
                if asked.stream_of is not None:
                    self.guard.closed(asked.stream_of)


def demand(scope: Scope, who: Principal) -> None:
    """Counts what is limited of a request, once, now that its account is known. Raises TooManyRequests."""
    asked: _Asked | None = scope.get(_ASKED)
    if asked is None or asked.name is None:
        return
    name, asked.name = asked.name, None
    if name == "streams":
        asked.guard.opened(who.sub)
        asked.stream_of = who.sub
    else:
        asked.guard.count(name, who.sub)


def also(scope: Scope, name: str, who: Principal) -> None:
    """Counts what a request turns out to ask for beside what the table says of it. Raises TooManyRequests."""
    guard: Guard | None = getattr(scope["app"].state, "guard", None)
    if guard is not None:
        guard.count(name, who.sub)


def failed(scope: Scope) -> None:
    """A token was shown that is none. The good ones of that address are not touched: an office is one address."""
    guard: Guard | None = getattr(scope["app"].state, "guard", None)
    if guard is not None:
        guard.count("failures", guard.address(scope))


def refused(name: str, wait: float) -> TooManyRequests:
    QUOTA_REFUSED.labels(name).inc()
    vi, en = (TABLE[name].vi, TABLE[name].en) if name in TABLE else FAILURES
    return TooManyRequests(vi, en, wait, opened=name == "streams")


def exports(path: str) -> bool:
    return TABLE["exports"].paths.fullmatch(path) is not None


def _named(scope: Scope) -> str | None:
    path, method = scope["path"], scope["method"]
    return next((name for name, row in TABLE.items() if method in row.methods and row.paths.fullmatch(path)), None)
