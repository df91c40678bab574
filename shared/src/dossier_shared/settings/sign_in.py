"""What a service whose pages people sign in to reads besides: who it is at the issuer, and how long a session lasts."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr

from dossier_shared.settings.service import ServiceSettings, plain
from dossier_shared.settings.types import Seconds, matching

_ClientId = Annotated[str, matching(r"[!-~]{0,200}", "as the issuer knows it: letters, digits and signs of ASCII")]
_Scope = Annotated[str, matching(r"(\S+ )*openid( \S+)*", "scopes with a space between, openid among them")]


class SignInSettings(ServiceSettings):
    """`client_id`: the service at the issuer; empty: `<service>`. Without `client_secret` it is a public client (PKCE is used
    in any case). `session_idle_seconds`: without a page opened or anything sent; `session_seconds`: at most, whatever is done.
    """

    client_id: _ClientId = ""
    client_secret: SecretStr = SecretStr("")
    oidc_scope: _Scope = Field(default="openid", validation_alias=plain("oidc_scope"))
    session_idle_seconds: Seconds = Field(default=3600.0, validation_alias=plain("session_idle_seconds"))
    session_seconds: Seconds = Field(default=43_200.0, validation_alias=plain("session_seconds"))

    @property
    def client(self) -> str:
        return self.client_id or self.service
