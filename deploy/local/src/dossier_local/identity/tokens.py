"""The tokens: what a service believes, who signed in, and that somebody signed out."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Any

from dossier_local.identity.keys import Keys
from dossier_local.identity.people import Person
from dossier_local.identity.settings import Settings

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


@dataclass(frozen=True, slots=True)
class Mint:
    settings: Settings
    keys: Keys

    def access(self, person: Person, ttl: int | None = None, sid: str | None = None, proved: int | None = None) -> str:
        claims = self._claims(self.settings.oidc_audience, person.ttl if ttl is None else ttl)
        claims |= person.model_dump(include={"sub", "roles", "agency", "name"})
        also = {"citizen_id": person.citizen_id, "acr": person.acr, "sid": sid, "auth_time": proved}
        return self.keys.sign(claims | {name: value for name, value in also.items() if value is not None})

    def id_token(self, person: Person, client: str, sid: str, nonce: str, proved: int) -> str:
        claims = self._claims(client, int(self.settings.identity_token_seconds))
        claims |= {"sub": person.sub, "sid": sid, "azp": client, "acr": person.acr or "1", "auth_time": proved}
        return self.keys.sign(claims | ({"nonce": nonce} if nonce else {}))

    def logout(self, client: str, sub: str, sid: str) -> str:
        claims = self._claims(client, 120) | {"sub": sub, "sid": sid, "events": {LOGOUT_EVENT: {}}}
        return self.keys.sign(claims, "logout+jwt")

    def _claims(self, audience: str, ttl: int) -> dict[str, Any]:
        now = int(time.time())
        issuer = self.settings.oidc_issuer
        return {"iss": issuer, "aud": audience, "iat": now, "exp": now + ttl, "jti": secrets.token_hex(8)}
