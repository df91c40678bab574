"""A session's life: renewed by one, ended by idleness, by age, by the issuer; what may be known of it meanwhile."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from pymongo.errors import ServerSelectionTimeoutError

from dossier_shared.http.sessions.provider import Away, Refused, Tokens
from dossier_shared.http.sessions.sealing import digest, seal, unseal
from dossier_shared.http.sessions.sessions import Sessions
from dossier_shared.http.sessions.ways import allowed
from dossier_shared.problems import ServiceUnavailable, Unauthorised

from .signing_in import MemoryStore

NOW = 1_800_000_000.0
WHO = {"sub": "officer-1", "sid": "s-1"}


@dataclass
class Issuer:
    """Gives a new pair each time; a refresh token is good once, as where they rotate."""

    now: float = NOW
    lasts: float = 300.0
    given: int = 1
    fails: Exception | None = None
    asked: list[str] = field(default_factory=list)
    claims: dict[str, Any] = field(default_factory=lambda: {"iss": "i", "jti": "j-1", **WHO})

    def tokens(self) -> Tokens:
        return Tokens(f"access-{self.given}", f"refresh-{self.given}", f"id-{self.given}", self.now + self.lasts)

    async def refresh(self, token: str) -> Tokens:
        self.asked.append(token)
        await asyncio.sleep(0.01)
        if self.fails is not None:
            raise self.fails
        if token != f"refresh-{self.given}":
            raise Refused("invalid_grant")
        self.given += 1
        return self.tokens()

    async def id_claims(self, token: str, nonce: str | None) -> dict[str, Any]:
        return {"sub": "officer-1" if token.startswith("id-") else token}

    async def logout_claims(self, token: str) -> dict[str, Any]:
        return self.claims


class Place:
    """Replicas of one service over one database."""

    def __init__(self, idle: float = 3600, lasts: float = 43_200) -> None:
        self.issuer, self.store = Issuer(), MemoryStore()
        self.replicas = [
            Sessions(self.store, self.issuer, idle, lasts, now=lambda: self.issuer.now)  # type: ignore[arg-type]
            for _ in range(2)
        ]

    async def begin(self) -> str:
        return await self.replicas[0].begin(self.issuer.tokens(), WHO)

    def wait(self, seconds: float) -> None:
        self.issuer.now += seconds


@pytest.fixture
def place() -> Place:
    return Place()


async def test_a_token_about_to_end_is_renewed_once_for_all_that_ask(place: Place) -> None:
    secret = await place.begin()
    place.wait(280)
    asked = [replica.access_token(secret) for replica in place.replicas for _ in range(20)]
    assert set(await asyncio.gather(*asked)) == {"access-2"}
    assert place.issuer.asked == ["refresh-1"]
    place.wait(290)
    assert await place.replicas[1].access_token(secret) == "access-3"


async def test_a_browser_that_goes_away_does_not_lose_the_new_tokens(place: Place) -> None:
    secret = await place.begin()
    place.wait(280)
    request = asyncio.create_task(place.replicas[0].access_token(secret))
    await asyncio.sleep(0.005)
    request.cancel()
    await asyncio.sleep(0.03)
    assert await place.replicas[1].access_token(secret) == "access-2"


async def test_who_died_while_renewing_holds_nobody_up_for_long(place: Place) -> None:
    secret = await place.begin()
    place.wait(280)
    [key] = place.store.rows
    assert await place.store.claim(key, 1, place.issuer.now, place.issuer.now + 15)
    place.wait(16)
    assert await place.replicas[0].access_token(secret) == "access-2"


async def test_what_the_issuer_refuses_ends_the_session(place: Place) -> None:
    secret = await place.begin()
    place.issuer.fails = Refused("invalid_grant")
    place.wait(280)
    with pytest.raises(Unauthorised, match="token-expired"):
        await place.replicas[0].access_token(secret)
    assert place.store.rows == {}


async def test_while_the_issuer_is_away_a_token_serves_to_its_end(place: Place) -> None:
    secret = await place.begin()
    place.issuer.fails = Away("down")
    place.wait(280)
    assert await place.replicas[0].access_token(secret) == "access-1"
    place.wait(30)
    with pytest.raises(ServiceUnavailable, match="issuer-unavailable"):
        await place.replicas[0].access_token(secret)
    place.issuer.fails = None
    assert await place.replicas[0].access_token(secret) == "access-2"


async def test_without_a_refresh_token_it_ends_with_the_access_token(place: Place) -> None:
    secret = await place.replicas[0].begin(place.issuer.tokens()._replace(refresh=""), WHO)
    place.wait(280)
    with pytest.raises(Unauthorised, match="token-expired"):
        await place.replicas[0].access_token(secret)
    assert place.issuer.asked == []


async def test_tokens_of_another_person_end_it(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = await place.begin()
    monkeypatch.setattr(Issuer, "tokens", lambda self: Tokens("a", "r", "officer-2", self.now + 300))
    place.wait(280)
    with pytest.raises(Unauthorised, match="token-expired"):
        await place.replicas[0].access_token(secret)


async def test_idle_it_ends_and_a_page_that_asks_by_itself_does_not_keep_it(place: Place) -> None:
    place.issuer.lasts = 86_400
    used, left = await place.begin(), await place.begin()
    for _ in range(3):
        place.wait(1500)
        await place.replicas[0].access_token(used)
        if place.issuer.now < NOW + 3600:
            await place.replicas[0].access_token(left, active=False)
    with pytest.raises(Unauthorised, match="token-expired"):
        await place.replicas[0].access_token(left)
    assert list(place.store.rows) == [digest(used)]
    assert place.store.rows[digest(used)]["gone"] == place.issuer.now + 3600  # when the database drops it by itself


async def test_whatever_is_done_it_ends_one_day(place: Place) -> None:
    place = Place(lasts=3000)
    place.issuer.lasts = 86_400
    secret = await place.begin()
    for _ in range(2):
        place.wait(1400)
        await place.replicas[0].access_token(secret)
    place.wait(300)
    with pytest.raises(Unauthorised, match="token-expired"):
        await place.replicas[0].access_token(secret)


@pytest.mark.parametrize("named", [("sid",), ("sub",), ("sid", "sub")])
async def test_the_issuer_ends_the_sessions_it_names_and_no_other(place: Place, named: tuple[str, ...]) -> None:
    secret = await place.begin()
    other = await place.replicas[0].begin(place.issuer.tokens(), {"sub": "officer-2", "sid": "s-2"})
    for replica in place.replicas:
        await replica.access_token(secret)
    place.issuer.claims = {"iss": "i", "jti": "j-1", **{name: WHO[name] for name in named}}
    await place.replicas[0].ended_by_issuer("token")
    with pytest.raises(Unauthorised):
        await place.replicas[0].access_token(secret)
    place.wait(5)  # as long as another replica may not know
    with pytest.raises(Unauthorised):
        await place.replicas[1].access_token(secret)
    assert await place.replicas[1].access_token(other) == "access-1"


async def test_a_logout_token_is_heard_once(place: Place) -> None:
    await place.replicas[0].ended_by_issuer("token")
    secret = await place.begin()
    with pytest.raises(Refused, match="before"):
        await place.replicas[1].ended_by_issuer("token")
    assert await place.replicas[0].access_token(secret) == "access-1"


async def test_a_logout_that_failed_on_the_way_may_be_said_again(place: Place) -> None:
    await place.begin()
    place.store.down = ServerSelectionTimeoutError("down")
    with pytest.raises(ServerSelectionTimeoutError):
        await place.replicas[0].ended_by_issuer("token")
    place.store.down = None
    await place.replicas[0].ended_by_issuer("token")
    assert place.store.rows == {}


async def test_while_the_database_is_away_whoever_is_known_goes_on(place: Place) -> None:
    known, unknown = await place.begin(), await place.begin()
    await place.replicas[0].access_token(known)
    place.store.down = ServerSelectionTimeoutError("down")
    place.wait(120)
    assert await place.replicas[0].access_token(known) == "access-1"
    with pytest.raises(ServerSelectionTimeoutError):
        await place.replicas[0].access_token(unknown)


async def test_what_is_no_secret_of_ours_is_no_session(place: Place) -> None:
    secret = await place.begin()
    [key] = place.store.rows
    for wrong in ("", "x", key, secret[:-1], secret + "x", "\ud800" * 43, "A" * 43):
        with pytest.raises(Unauthorised):
            await place.replicas[0].access_token(wrong)


def test_only_its_own_secret_opens_what_is_stored() -> None:
    sealed = seal("a" * 43, {"access": "token"})
    assert unseal("a" * 43, sealed) == {"access": "token"}
    assert unseal("b" * 43, sealed) is None
    assert unseal("a" * 43, sealed[:-1] + bytes([sealed[-1] ^ 1])) is None
    assert b"token" not in sealed
    assert sealed != seal("a" * 43, {"access": "token"})


OURS = ["https://one.example/intake", "https://two.example"]


@pytest.mark.parametrize(
    "good", ["/", "/work?lang=vi", "/a#b", "https://one.example/intake/x", "https://two.example/y?z"]
)
def test_a_sign_in_leads_to_our_own_pages(good: str) -> None:
    assert allowed(good, OURS, "/home") == good


@pytest.mark.parametrize(
    "bad",
    ["", "work", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\tevil", "/a b", "https://evil.example/",
     "https://one.example.evil.example/intake", "https://one.example@evil.example/intake", "https://one.example/intakes",
     "http://one.example/intake", "https://two.example:444/", "javascript:alert(1)", "https://[", "/" + "x" * 2000],
)  # fmt: skip
def test_and_nowhere_else(bad: str) -> None:
    assert allowed(bad, OURS, "/home") == "/home"
