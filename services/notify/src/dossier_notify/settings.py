from __future__ import annotations

from datetime import timedelta

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from dossier_notify.messages import Policy, Texts
from dossier_shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """`claim_seconds`: how long the process that recorded an intent may act on it before another may take over."""

    model_config = SettingsConfigDict(env_prefix="NOTIFY_")
    service: str = "notify"
    port: int = 8004
    database: str = "dossier_notify"

    provider_url: str = "http://127.0.0.1:8011"
    provider_token: SecretStr | None = None
    provider_timeout_seconds: float = Field(default=5.0, gt=0)
    claim_seconds: float = Field(default=30.0, gt=0)
    sweep_seconds: float = Field(default=2.0, gt=0)

    result_text: Policy = "plain"
    refused_text: Policy = "plain"
    max_parts: int = Field(default=2, ge=1, le=10)

    @property
    def claim_for(self) -> timedelta:
        return timedelta(seconds=self.claim_seconds)

    @property
    def call_timeout(self) -> float:
        """Seconds one call to the provider may take, well within the claim however short that is."""
        return min(self.provider_timeout_seconds, self.claim_seconds / 4)

    @property
    def margin(self) -> timedelta:
        """No call is begun with less than this left of the claim: it must have ended before another may ask."""
        return timedelta(seconds=self.call_timeout * 1.5)

    @property
    def texts(self) -> Texts:
        return Texts(policies={"result": self.result_text, "refused": self.refused_text}, max_parts=self.max_parts)
