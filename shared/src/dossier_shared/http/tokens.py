"""Tokens verified against the issuer's published keys. A repeated token costs one dictionary lookup.

While the issuer is away the keys in hand go on working. Only a service that has never seen its keys answers 503.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import httpx
import structlog
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import ECKey, JWKRegistry, RSAKey

from dossier_shared.problems import Invalid, ServiceUnavailable, Unauthorised
from dossier_shared.vocabulary.identity import citizen_id
from dossier_shared.vocabulary.persons import person_of
from dossier_shared.vocabulary.text import clean_text, written_out

log = structlog.get_logger("dossier.tokens")

ALGORITHMS: dict[str, type[RSAKey] | type[ECKey]] = {"RS256": RSAKey, "ES256": ECKey}
LEEWAY = 30
CACHED_TOKENS = 10_000
KEYS_FRESH_FOR = 600.0
REFETCH_EVERY = 10.0
MAX_TOKEN = 8192


@dataclass(frozen=True, slots=True)
class Principal:
    """Who acts: `agency` is None for citizens and for staff of no one office; `person` where the token says their number."""

    sub: str
    roles: frozenset[str]
    agency: str | None = None
    name: str = ""
    person: str | None = None
    level: str = ""  # of assurance, as the issuer says it: how surely this is they


class PersonClaim(NamedTuple):
    """Which claim says the citizen's number, and the key that makes an id of it; without a key nobody is a person."""

    claim: str = ""
    key: str = ""

    def of(self, claims: Mapping[str, Any]) -> str | None:
        number = claims.get(self.claim)
        if not self.key or not isinstance(number, str):
            return None
        try:
            return person_of(self.key.encode(), "citizen", citizen_id(number).number)
        except Invalid:
            return None


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
        names: ClaimNames = OUR_NAMES,
        client: httpx.AsyncClient | None = None,
        now: Callable[[], float] = time.time,
        tick: Callable[[], float] = time.monotonic,
    ) -> None:
        self.issuer, self.audience, self._persons, self._names = issuer, audience, persons, names
        self._client = client or httpx.AsyncClient(timeout=5.0, follow_redirects=False, trust_env=False)
        self._now, self._tick = now, tick
        self._keys: dict[str, RSAKey | ECKey] = {}
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
        known = self._verified.get(token)
        if known is not None:
            expires, principal = known
            if expires > self._now():
                self._verified.move_to_end(token)
                return principal
            del self._verified[token]
            raise token_expired()
        return await self._verify(token)

    async def warm(self) -> bool:
        """Fetches the keys ahead of the first token; False where the issuer is away."""
        await self._fetch()
        return bool(self._keys)

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
            if kind is None:
                raise token_invalid()
            key = await self._key(header.get("kid"))
            if not isinstance(key, kind):
                raise token_invalid()
            claims = jwt.decode(token, key, algorithms=list(ALGORITHMS)).claims
            self._claims.validate(claims)
        except ExpiredTokenError:
            raise token_expired() from None
        except (JoseError, ValueError, TypeError, RecursionError):  # the last: nested as deep as no issuer nests
            raise token_invalid() from None
        principal = principal_of_claims(claims, self._persons, self._names)
        self._verified[token] = (float(claims["exp"]) + LEEWAY, principal)
        if len(self._verified) > CACHED_TOKENS:
            self._verified.popitem(last=False)
        return principal

    async def _key(self, kid: object) -> RSAKey | ECKey:
        stale = self._tick() - self._fetched > KEYS_FRESH_FOR
        if self._keys and stale and (self._refresh is None or self._refresh.done()):
            self._refresh = asyncio.create_task(self._fetch())  # nobody waits for it
        key = self._find(kid)
        if key is not None:
            return key
        await self._fetch()
        key = self._find(kid)
        if key is not None:
            return key
        raise token_invalid() if self._keys else issuer_unavailable()

    def _find(self, kid: object) -> RSAKey | ECKey | None:
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
                keys = import_keys(await self._get(str(discovery["jwks_uri"])))
            except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError, AttributeError) as error:
                log.warning(
                    "issuer-unavailable", issuer=self.issuer, error=type(error).__name__, detail=str(error)[:200]
                )
                return
            if keys.keys() != self._keys.keys():
                self._verified.clear()  # a key withdrawn is a token withdrawn
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


def import_keys(document: Mapping[str, Any]) -> dict[str, RSAKey | ECKey]:
    """Signature keys of the two accepted kinds; raises ValueError where there is none."""
    keys: dict[str, RSAKey | ECKey] = {}
    for entry in document["keys"]:
        if entry.get("use", "sig") != "sig":
            continue
        try:
            key = JWKRegistry.import_key(entry)
        except (JoseError, ValueError):
            continue
        if isinstance(key, (RSAKey, ECKey)):
            keys[entry.get("kid") or key.thumbprint()] = key
    if not keys:
        raise ValueError("no signature key published")
    return keys


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
    return Principal(sub, frozenset(roles), agency or None, _shown(name or ""), persons.of(claims), str(level or ""))


def _shown(name: str) -> str:
    """As it is recorded and printed; empty where nothing of it can be seen, and the account's subject stands for it."""
    try:
        return clean_text(name, lines=False)
    except Invalid:
        return ""
