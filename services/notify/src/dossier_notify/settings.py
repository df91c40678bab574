from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from dossier_notify.alarms import Policy as AlarmPolicy
from dossier_notify.push.services import WELL_KNOWN, checked
from dossier_notify.push.vapid import Vapid, usable
from dossier_notify.rules.messages import Policy, Texts
from dossier_shared.settings import risks
from dossier_shared.settings.risks import Risk
from dossier_shared.settings.sign_in import SignInSettings
from dossier_shared.settings.types import Address, Database, Port, Seconds, matching, sendable
from dossier_shared.vocabulary.phone import MobilePhone

Agency = Annotated[str, matching(r"[A-Za-z0-9][A-Za-z0-9.-]{0,39}", "an agency's code, or operators")]


class Settings(SignInSettings):
    """`claim_seconds`: how long the process that recorded an intent may act on it before another may take over."""

    model_config = SettingsConfigDict(env_prefix="NOTIFY_")
    service: str = "notify"
    port: Port = 8004
    database: Database = "dossier_notify"

    provider_url: Address = "http://127.0.0.1:8011"
    provider_token: Annotated[SecretStr | None, AfterValidator(sendable)] = None
    provider_timeout_seconds: Seconds = 5.0
    claim_seconds: Seconds = 30.0
    sweep_seconds: Seconds = 2.0
    attempts: int = Field(default=5, ge=1, le=100)  # of a message that fails by itself, before it is given up

    result_text: Policy = "plain"
    refused_text: Policy = "plain"
    max_parts: int = Field(default=2, ge=1, le=10)

    # who is told of alarms: agency code, or `operators` for those about services -> phone numbers
    alarm_recipients: dict[Agency, list[MobilePhone]] = Field(default_factory=dict)
    alarm_expires_hours: float = Field(
        default=24.0, gt=0, le=8784, allow_inf_nan=False
    )  # an alarm heard later than that is told to nobody

    # by which key push services know us, and whom they may write to; without them no device is sent anything
    vapid_private_key: Annotated[SecretStr | None, AfterValidator(usable)] = None
    vapid_subject: Annotated[
        str, matching(r"(mailto:[^@\s]+@[^@\s]+\.[^@\s]+|https://[^/\s]+)?", "mailto:name@host or https://host")
    ] = ""
    push_services: Annotated[str, AfterValidator(checked)] = WELL_KNOWN

    def model_post_init(self, context: Any, /) -> None:
        super().model_post_init(context)
        if (self.vapid_private_key is None) == bool(self.vapid_subject):
            raise ValueError("NOTIFY_VAPID_PRIVATE_KEY and NOTIFY_VAPID_SUBJECT go together: set both, or neither")
        if not self.development and "http://" in self.push_services.lower():
            raise ValueError("NOTIFY_PUSH_SERVICES has an http:// address, which is for development only: take it out")

    def risks(self) -> Iterator[Risk]:
        yield from super().risks()
        yield from risks.of_address("http-provider", "NOTIFY_PROVIDER_URL", self.provider_url)

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
    def vapid(self) -> Vapid | None:
        """None: notices to devices are off."""
        key = self.vapid_private_key
        return Vapid(key.get_secret_value(), self.vapid_subject) if key is not None else None

    @property
    def texts(self) -> Texts:
        return Texts(policies={"result": self.result_text, "refused": self.refused_text}, max_parts=self.max_parts)

    @property
    def alarm_policy(self) -> AlarmPolicy:
        return AlarmPolicy(self.alarm_recipients, timedelta(hours=self.alarm_expires_hours), self.max_parts)
