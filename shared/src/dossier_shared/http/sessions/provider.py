"""The OpenID provider, as a service's pages need it: its addresses (discovery), its tokens, and what it says of who signed in.

What it says is believed only as far as a key of its own signed it for us. Keys come from its published set; one that is not known
yet is looked for there, at most every few seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import httpx
import structlog
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.client import OAuth2Client
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from dossier_shared.http.issuer_keys import ALGORITHMS, import_keys
from dossier_shared.http.step_up import FRESH
from dossier_shared.http.tokens import FOREIGN

log = structlog.get_logger("dossier.sign-in")
LEEWAY = 30  # seconds two clocks may differ
FRESH_FOR = 600.0  # discovery and keys
AGAIN_AFTER = 5.0
LONGEST = 16_384  # of a token
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_AGE = 300  # seconds a logout token is taken, whatever it says of its end


class Away(Exception):
    """The provider does not answer, or answers nonsense: worth trying again."""


class Refused(Exception):
    """The provider says no, or what it says is not good: the person has to sign in again."""


class Tokens(NamedTuple):
    """`until`: when the access token ends, seconds since 1970. `refresh`, `id` may be empty."""

    access: str
    refresh: str
    id: str
    until: float


class _Client(OAuth2Client):  # type: ignore[misc]
    """Over httpx; Authlib's own adapter for it is deprecated."""

    async def _fetch_token(self, url: str, body: str, headers: Mapping[str, str], auth: Any, **_: object) -> Any:
        url, headers, body = auth.prepare("POST", url, dict(headers), body)
        answer = await self.session.post(url, content=body, headers=headers)
        if answer.status_code >= 500:
            answer.raise_for_status()
        return self.parse_response_token(answer)


class Provider:
    """`client` and `now` are for tests."""

    def __init__(
        self,
        issuer: str,
        client_id: str,
        secret: str,
        scope: str = "openid",
        *,
        client: httpx.AsyncClient | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.issuer, self.client_id = issuer, client_id
        self._secret, self._scope, self._now = secret, scope, now
        self._http = client or httpx.AsyncClient(timeout=5.0, follow_redirects=False, trust_env=False)
        self._document: dict[str, Any] = {}
        self._keys: KeySet | None = None
        self._read = self._tried = float("-inf")

    async def aclose(self) -> None:
        await self._http.aclose()

    def _client(self) -> OAuth2Client:
        return _Client(
            self._http, self.client_id, self._secret or None, scope=self._scope, code_challenge_method="S256"
        )

    async def authorize_url(
        self, back: str, state: str, nonce: str, verifier: str, prompt: str = "", acr: str = ""
    ) -> str:
        """`acr`: at least this level of assurance, proved just now."""
        address = await self._address("authorization_endpoint")
        also = {"prompt": prompt} if prompt else {}
        also |= {"acr_values": acr, "max_age": str(FRESH)} if acr else {}
        url, _ = self._client().create_authorization_url(
            address, state, verifier, nonce=nonce, redirect_uri=back, **also
        )
        return str(url)

    async def exchange(self, code: str, verifier: str, back: str) -> Tokens:
        address = await self._address("token_endpoint")
        return await self._ask(
            lambda client: client.fetch_token(
                address, grant_type="authorization_code", code=code, code_verifier=verifier, redirect_uri=back
            )
        )

    async def refresh(self, token: str) -> Tokens:
        address = await self._address("token_endpoint")
        return await self._ask(
            lambda client: client.fetch_token(address, grant_type="refresh_token", refresh_token=token)
        )

    async def end_session_url(self) -> str | None:
        """None where it has no such address, or is away: then the session ends here alone."""
        try:
            return str((await self._discovered()).get("end_session_endpoint") or "") or None
        except Away:
            return None

    async def id_claims(self, token: str, nonce: str | None) -> dict[str, Any]:
        """Of the ID token of a sign-in, or of a renewal (`nonce` None). Raises Refused."""
        claims = await self._verified(token, ("jwt", None))
        if nonce is not None and claims.get("nonce") != nonce:
            raise Refused("nonce")
        if not isinstance(claims.get("sub"), str) or claims.get("azp", self.client_id) != self.client_id:
            raise Refused("sub or azp")
        return claims

    async def logout_claims(self, token: str) -> dict[str, Any]:
        """As OpenID Connect Back-Channel Logout 1.0, §2.6. Raises Refused."""
        claims = await self._verified(token, ("logout+jwt", "jwt", None))
        events, age = claims.get("events"), self._now() - float(claims["iat"])
        if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict) or "nonce" in claims:
            raise Refused("no logout token")
        named = [claims.get(name) for name in ("sid", "sub")]
        if not any(named) or not all(one is None or isinstance(one, str) for one in named):
            raise Refused("neither sid nor sub")
        if not isinstance(claims.get("jti"), str) or not -LEEWAY <= age <= LOGOUT_AGE:
            raise Refused("old, or without jti")
        return claims

    async def _ask(self, ask: Callable[[Any], Any]) -> Tokens:
        try:
            answer = await ask(self._client())
            access, lasts = answer["access_token"], float(answer.get("expires_in") or 60)
            refresh, id_token = answer.get("refresh_token") or "", answer.get("id_token") or ""
        except OAuth2Error as error:
            if error.error in ("server_error", "temporarily_unavailable"):
                raise Away(error.error) from error
            log.info("issuer-refused", error=str(error.error)[:100])
            raise Refused(str(error.error)) from error
        except (httpx.HTTPError, KeyError, ValueError, TypeError, AttributeError) as error:
            raise Away(type(error).__name__) from error
        if not all(isinstance(one, str) and len(one) <= LONGEST for one in (access, refresh, id_token)):
            raise Refused("oversized")
        return Tokens(access, refresh, id_token, self._now() + lasts)

    async def _verified(self, token: str, types: tuple[str | None, ...]) -> dict[str, Any]:
        """Signed by a key of the issuer for this client, in force. `types`: what its header may call it."""
        if len(token) > LONGEST:
            raise Refused("oversized")
        try:
            try:
                found = jwt.decode(token, await self._key_set(), algorithms=list(ALGORITHMS))
            except (InvalidKeyIdError, BadSignatureError):  # the keys may have been rotated
                found = jwt.decode(token, await self._key_set(again=True), algorithms=list(ALGORITHMS))
            rules = jwt.JWTClaimsRegistry(
                now=lambda: int(self._now()),
                leeway=LEEWAY,
                iss={"essential": True, "value": self.issuer},
                aud={"essential": True, "value": self.client_id},
                exp={"essential": True},
                iat={"essential": True},
            )
            rules.validate(found.claims)
            kind = found.header.get("typ")
            if (kind.lower() if isinstance(kind, str) else kind) not in types or not FOREIGN.isdisjoint(found.header):
                raise Refused("header")
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            raise Refused(type(error).__name__) from error
        return dict(found.claims)

    async def _key_set(self, *, again: bool = False) -> KeySet:
        await self._discovered(again=again)
        if self._keys is None:
            raise Away("no keys")
        return self._keys

    async def _address(self, name: str) -> str:
        found = (await self._discovered()).get(name)
        if not isinstance(found, str):
            raise Away(f"no {name}")
        try:
            return self._sure(found)
        except ValueError as error:
            raise Away(str(error)) from None

    def _sure(self, address: str) -> str:
        """As it is; raises ValueError where an issuer over TLS leads to a place without."""
        if self.issuer.startswith("https://") and not address.startswith("https://"):
            raise ValueError(f"discovery leads to a place without TLS: {address!r}")
        return address

    async def _discovered(self, *, again: bool = False) -> dict[str, Any]:
        now = self._now()
        due = now - self._read > (AGAIN_AFTER if again else FRESH_FOR)
        if due and (now - self._tried > AGAIN_AFTER or not self._document):
            self._tried = now
            try:
                document = await self._get(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
                if document.get("issuer") != self.issuer:
                    raise ValueError("discovery names another issuer")
                self._keys = KeySet([*import_keys(await self._get(self._sure(document["jwks_uri"]))).values()])
                self._document, self._read = document, now
            except (httpx.HTTPError, httpx.InvalidURL, JoseError, ValueError, KeyError, TypeError) as error:
                log.warning("issuer-unavailable", issuer=self.issuer, error=type(error).__name__)
        if not self._document:
            raise Away("discovery")
        return self._document

    async def _get(self, url: str) -> Any:
        return (await self._http.get(url)).raise_for_status().json()
