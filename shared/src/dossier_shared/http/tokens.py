"""Tokens verified against the issuer's published keys. A repeated token costs one dictionary lookup.

While the issuer is away the keys in hand go on working. Only a service that has never seen its keys answers 503.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import httpx
import structlog
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError

from dossier_shared.http.issuer_keys import ALGORITHMS, SigningKey, import_keys
from dossier_shared.problems import Invalid, ServiceUnavailable, Unauthorised
from dossier_shared.runtime.emergencies import Emergency
from dossier_shared.vocabulary.identity import citizen_id
from dossier_shared.vocabulary.persons import person_of
from dossier_shared.vocabulary.text import clean_text, written_out

log = structlog.get_logger("dossier.tokens")

LEEWAY = 30
CACHED_TOKENS = 10_000
KEYS_FRESH_FOR = 600.0
REFETCH_EVERY = 10.0
MAX_TOKEN = 8192
LONGEST = 86_400  # seconds a token may be good for
_NUMBER = re.compile(r"[0-9]{1,2}$", re.ASCII)
TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})  # of an access token (RFC 9068); a header may say none
# In the header: whence to take the key, or what else must be understood. None is ours to follow.
FOREIGN = frozenset({"jku", "jwk", "x5u", "x5c", "crit"})
# In the claims of what is no access token: ID tokens have the first two, those of back-channel logout the third.
_NO_ACCESS = ("at_hash", "c_hash", "events")
_NO_ACCESS_TYPES = frozenset({"id", "logout", "refresh", "offline"})  # of Keycloak's claim `typ`


@dataclass(frozen=True, slots=True)
class Principal:
    """Who acts: `agency` is None for citizens and for staff of no one office; `person` where the token says their number;
    `lent`: of the roles those held only for somebody else; `lent_by`: role and account of each who lends it; `emergencies`:
    dossiers of others that they may read for now; `asked`: when they ask, by the service's clock."""

    sub: str
    roles: frozenset[str]
    agency: str | None = None
    name: str = ""
    person: str | None = None
    lent: frozenset[str] = frozenset()
    level: str = ""  # of assurance, as the issuer says it: how surely this is they
    lent_by: frozenset[tuple[str, str]] = frozenset()
    # when they last proved who they are (`auth_time`), seconds since 1970; 0: the issuer does not say
    proved: float = 0.0
    emergencies: tuple[Emergency, ...] = ()
    asked: datetime | None = None
    # the citizen's number as the token says it: for asking a register about oneself, never written down or shown
    number: str = field(default="", repr=False)

    def lenders(self, role: str) -> tuple[Principal, ...]:
        """As whom they act in a role that is lent: each is known by account and agency only."""
        if role not in self.lent:
            return ()
        return tuple([Principal(sub, frozenset({role}), self.agency) for lent, sub in self.lent_by if lent == role])

    @property
    def assurance(self) -> int:
        """The number at the end of it (`2`, `urn:…:loa:2`); 0 where there is none."""
        found = _NUMBER.search(self.level)
        return int(found[0]) if found else 0


class PersonClaim(NamedTuple):
    """Which claim says the citizen's number, and the key that makes an id of it; without a key nobody is a person."""

    claim: str = ""
    key: str = ""

    def of(self, claims: Mapping[str, Any]) -> str | None:
        number = self.number(claims)
        return person_of(self.key.encode(), "citizen", number) if number else None

    def number(self, claims: Mapping[str, Any]) -> str:
        """Empty where nobody is a person."""
        said = claims.get(self.claim)
        if not self.key or not isinstance(said, str):
            return ""
        try:
            return citizen_id(said).number
        except Invalid:
            return ""


NO_PERSONS = PersonClaim()


class ClaimNames(NamedTuple):
    """What the issuer calls them; `realm_access.roles` is a claim within another, where none has that very name."""

    roles: str = "roles"
    agency: str = "agency"
    name: str = "name"
    level: str = "acr"


OUR_NAMES = ClaimNames()


def token_invalid() -> Unauthorised:
    return Unauthorised(
        "token-invalid",
        "Mã truy cập không hợp lệ. Hãy đăng nhập lại.",
        "The access token is not valid. Sign in again.",
    )


def token_expired() -> Unauthorised:
    return Unauthorised(
        "token-expired",
        "Phiên đăng nhập đã hết hạn. Hãy đăng nhập lại.",
        "The session has expired. Sign in again.",
    )


def token_too_long(seconds: int) -> Unauthorised:
    return Unauthorised(
        "token-too-long",
        f"Mã truy cập có thời hạn quá {seconds // 60} phút, không được chấp nhận. Hãy đăng nhập lại, hoặc xin mã ngắn hạn hơn.",
        f"The access token is good for more than {seconds // 60} minutes and is not taken. Sign in again, or ask for one that"
        " ends sooner.",
    )


def issuer_unavailable() -> ServiceUnavailable:
    return ServiceUnavailable(
        "issuer-unavailable",
        "Chưa kiểm tra được mã truy cập vì hệ thống định danh tạm gián đoạn. Hãy thử lại sau giây lát.",
        "The access token cannot be checked because the identity provider is away. Try again in a moment.",
    )


class TokenVerifier:
    """`principal` is the whole interface; `client` and the two clocks (wall, monotonic; seconds) are for tests."""

    def __init__(
        self,
        issuer: str,
        audience: str,
        *,
        persons: PersonClaim = NO_PERSONS,
        longest: int = LONGEST,
        names: ClaimNames = OUR_NAMES,
        client: httpx.AsyncClient | None = None,
        now: Callable[[], float] = time.time,
        tick: Callable[[], float] = time.monotonic,
    ) -> None:
        self.issuer, self.audience, self._persons, self._longest = issuer, audience, persons, longest
        self._names = names
        self._client = client or httpx.AsyncClient(timeout=5.0, follow_redirects=False, trust_env=False)
        self._now, self._tick = now, tick
        self._keys: dict[str, SigningKey] = {}
        self._fetched = self._tried = float("-inf")
        self._fetching = asyncio.Lock()
        self._refresh: asyncio.Task[None] | None = None
        self._verified: OrderedDict[str, tuple[float, Principal]] = OrderedDict()
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(self._now()),
            leeway=LEEWAY,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            sub={"essential": True},
            exp={"essential": True},
        )

    async def principal(self, token: str) -> Principal:
        """Raises Unauthorised, or ServiceUnavailable where no key was ever seen."""
        stale = self._tick() - self._fetched > KEYS_FRESH_FOR
        if self._keys and stale and (self._refresh is None or self._refresh.done()):
            self._refresh = asyncio.create_task(self._fetch())  # nobody waits for it
        known = self._verified.get(token)
        if known is not None:
            expires, principal = known
            if expires > self._now():
                self._verified.move_to_end(token)
                return principal
            del self._verified[token]
            raise token_expired()
        return await self._verify(token)

    async def keep(self) -> None:
        """Fetches the keys for ever, whether or not a token needs one: what was withdrawn ends the tokens remembered by it."""
        while True:
            await self._fetch()
            fresh = self._tick() - self._fetched < KEYS_FRESH_FOR
            await asyncio.sleep(KEYS_FRESH_FOR if fresh else REFETCH_EVERY if self._keys else 1.0)

    async def aclose(self) -> None:
        if self._refresh is not None:
            self._refresh.cancel()
        await self._client.aclose()

    async def _verify(self, token: str) -> Principal:
        if len(token) > MAX_TOKEN or token.count(".") != 2:
            raise token_invalid()
        try:
            header = jwt_header(token)
            kind = ALGORITHMS.get(header.get("alg", ""))
            if kind is None or not of_access(header):
                raise token_invalid()
            key = await self._key(header.get("kid"))
            if not isinstance(key, kind):
                raise token_invalid()
            claims = jwt.decode(token, key, algorithms=list(ALGORITHMS)).claims
            self._claims.validate(claims)
            if not for_access(claims):
                raise token_invalid()
            lasts = float(claims["exp"]) - float(claims.get("iat", self._now()))
        except ExpiredTokenError:
            raise token_expired() from None
        except (JoseError, ValueError, TypeError, RecursionError):  # the last: nested as deep as no issuer nests
            raise token_invalid() from None
        if lasts > self._longest + LEEWAY:
            raise token_too_long(self._longest)
        principal = principal_of_claims(claims, self._persons, self._names)
        self._verified[token] = (float(claims["exp"]) + LEEWAY, principal)
        if len(self._verified) > CACHED_TOKENS:
            self._verified.popitem(last=False)
        return principal

    async def _key(self, kid: object) -> SigningKey:
        key = self._find(kid)
        if key is not None:
            return key
        await self._fetch()
        key = self._find(kid)
        if key is not None:
            return key
        raise token_invalid() if self._keys else issuer_unavailable()

    def _find(self, kid: object) -> SigningKey | None:
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(kid) if isinstance(kid, str) else None

    async def _fetch(self) -> None:
        """At most every ten seconds (one while there is no key at all); on failure the keys in hand stay."""
        async with self._fetching:
            if self._tick() - self._tried < (REFETCH_EVERY if self._keys else 1.0):
                return
            self._tried = self._tick()
            try:
                discovery = await self._get(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
                if discovery.get("issuer") != self.issuer:
                    raise ValueError(f"discovery names another issuer: {discovery.get('issuer')!r}")
                place = str(discovery["jwks_uri"])
                if self.issuer.startswith("https://") and not place.startswith("https://"):
                    raise ValueError(f"discovery leads to keys without TLS: {place!r}")
                keys = import_keys(await self._get(place))
            except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError, AttributeError) as error:
                log.warning(
                    "issuer-unavailable", issuer=self.issuer, error=type(error).__name__, detail=str(error)[:200]
                )
                return
            there = {kid: key.thumbprint() for kid, key in keys.items()}
            if any(there.get(kid) != key.thumbprint() for kid, key in self._keys.items()):
                self._verified.clear()  # a key withdrawn, or another under its name, is a token withdrawn
            self._keys, self._fetched = keys, self._tick()

    async def _get(self, url: str) -> Any:
        answer = await self._client.get(url)
        answer.raise_for_status()
        return answer.json()


def jwt_header(token: str) -> dict[str, Any]:
    """Unverified: names the algorithm and the key to try."""
    part = token.split(".", 1)[0]
    header = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    if not isinstance(header, dict):
        raise ValueError("header is not an object")
    return header


def of_access(header: Mapping[str, Any]) -> bool:
    """Whether the header may be an access token's."""
    kind = header.get("typ", "jwt")
    return isinstance(kind, str) and kind.lower() in TYPES and FOREIGN.isdisjoint(header)


def for_access(claims: Mapping[str, Any]) -> bool:
    """False where the claims show that it was made for something else than access."""
    kind = claims.get("typ")
    said = isinstance(kind, str) and kind.lower() in _NO_ACCESS_TYPES
    return not said and not any(name in claims for name in _NO_ACCESS)


def _whole(text: str) -> bool:
    """No half of a surrogate pair, which no database and no digest takes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _found(claims: Mapping[str, Any], name: str) -> Any:
    if name in claims or "." not in name:
        return claims.get(name)
    first, _, rest = name.partition(".")
    inner = claims.get(first)
    return _found(inner, rest) if isinstance(inner, Mapping) else None


def principal_of_claims(
    claims: Mapping[str, Any], persons: PersonClaim = NO_PERSONS, names: ClaimNames = OUR_NAMES
) -> Principal:
    sub, (roles, agency, name, level) = claims["sub"], (_found(claims, each) for each in names)
    roles = [] if roles is None else roles
    if (
        not isinstance(sub, str)
        or not _whole(sub)
        or not written_out(sub)  # it stands in files, boards and results as it is
        or not isinstance(roles, list)
        or not all(isinstance(role, str) for role in roles)
    ):
        raise token_invalid()
    if not (agency is None or isinstance(agency, str)) or not (name is None or isinstance(name, str)):
        raise token_invalid()
    return Principal(
        sub,
        frozenset(roles),
        agency or None,
        _shown(name or ""),
        persons.of(claims),
        level=str(level or ""),
        proved=_proved(claims.get("auth_time")),
        number=persons.number(claims),
    )


def _proved(said: Any) -> float:
    return float(said) if isinstance(said, int | float) and not isinstance(said, bool) and said > 0 else 0.0


def _shown(name: str) -> str:
    """As it is recorded and printed; empty where nothing of it can be seen, and the account's subject stands for it."""
    try:
        return clean_text(name, lines=False)
    except Invalid:
        return ""
