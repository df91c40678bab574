"""What every service reads from the environment. A service subclasses it with its prefix:

class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="INTAKE_")
    service: str = "intake"
    port: Port = 8001
    database: Database = "dossier_intake"

The common variables keep their plain names (`MONGODB_URL`) whatever the prefix; every value may instead be a file
of that name, in any case, in the folder `SECRETS_DIR` (say `/run/secrets`); the environment wins. What a value may
be: `types.py`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import AliasChoices, Field, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SecretsSettingsSource, SettingsConfigDict

from dossier_shared.settings.broker import Broker, Mechanism, Protocol
from dossier_shared.settings.types import (
    Address,
    Addresses,
    CrashPoint,
    Database,
    Host,
    Instance,
    LogLevel,
    MaybeFile,
    MongodbUrl,
    Port,
    Seconds,
    Servers,
    Text,
)

DEVELOPMENT_KEY = "of development, known to everybody"


def secrets_folder(environment: Mapping[str, str]) -> Path | None:
    """Images always name one; there may be nothing there."""
    given = environment.get("SECRETS_DIR")
    with suppress(OSError):
        return Path(given) if given and Path(given).is_dir() else None
    return None


def plain(name: str) -> AliasChoices:
    """The environment's name, and the field's own so that tests can construct settings by keyword."""
    return AliasChoices(name.upper(), name)


class BrokerSettings(BaseSettings):
    """How to reach Kafka. What does not fit together is refused at start, see `Broker`."""

    # an error must not print what was put in: passwords are among it
    model_config = SettingsConfigDict(extra="ignore", frozen=True, populate_by_name=True, hide_input_in_errors=True)

    kafka_bootstrap_servers: Servers = Field(
        default="127.0.0.1:19092", validation_alias=plain("kafka_bootstrap_servers")
    )
    kafka_security_protocol: Protocol = Field(default="PLAINTEXT", validation_alias=plain("kafka_security_protocol"))
    kafka_sasl_mechanism: Mechanism = Field(default="SCRAM-SHA-512", validation_alias=plain("kafka_sasl_mechanism"))
    kafka_username: str = Field(default="", validation_alias=plain("kafka_username"))
    kafka_password: str = Field(default="", validation_alias=plain("kafka_password"), repr=False)
    # PEM; without a CA file the system's authorities are trusted
    kafka_ca_file: MaybeFile = Field(default=None, validation_alias=plain("kafka_ca_file"))
    kafka_certificate_file: MaybeFile = Field(default=None, validation_alias=plain("kafka_certificate_file"))
    kafka_key_file: MaybeFile = Field(default=None, validation_alias=plain("kafka_key_file"))

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        _ = self.broker
        return self

    @property
    def broker(self) -> Broker:
        return Broker(
            self.kafka_bootstrap_servers,
            self.kafka_security_protocol,
            self.kafka_sasl_mechanism,
            self.kafka_username,
            self.kafka_password,
            self.kafka_ca_file,
            self.kafka_certificate_file,
            self.kafka_key_file,
        )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        folder = secrets_folder(os.environ)
        if folder is not None:
            return init_settings, env_settings, SecretsSettingsSource(settings_cls, secrets_dir=folder)
        return init_settings, env_settings


class ServiceSettings(BrokerSettings):
    model_config = SettingsConfigDict(env_prefix="SERVICE_")

    # of other processes, should their variables be in this one's environment, too (see configuration.py)
    other_prefixes: ClassVar[tuple[str, ...]] = ()

    service: str
    host: Host = "127.0.0.1"
    port: Port
    # what a proxy in front takes off before it asks us: `/intake` of https://…/intake/work; every link of ours begins with it
    path: str = Field(default="", pattern=r"^(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*$")
    database: Database
    instance: Instance = "1"

    mongodb_url: MongodbUrl = Field(
        default="mongodb://127.0.0.1:27117/?replicaSet=dossier", validation_alias=plain("mongodb_url"), repr=False
    )
    oidc_issuer: Address = Field(default="http://127.0.0.1:8010", validation_alias=plain("oidc_issuer"))
    oidc_audience: Text = Field(default="dossier", validation_alias=plain("oidc_audience"))
    # the token's claim with the citizen's number, and the key by which every service makes the same opaque id of it; without
    # a key a dossier is its filer's alone
    oidc_person_claim: Text = Field(default="citizen_id", validation_alias=plain("oidc_person_claim"))
    # claims with the account's roles, agency, name and level of assurance; `realm_access.roles`: a claim within another
    oidc_roles_claim: Text = Field(default="roles", validation_alias=plain("oidc_roles_claim"))
    oidc_agency_claim: Text = Field(default="agency", validation_alias=plain("oidc_agency_claim"))
    oidc_name_claim: Text = Field(default="name", validation_alias=plain("oidc_name_claim"))
    oidc_level_claim: Text = Field(default="acr", validation_alias=plain("oidc_level_claim"))
    person_key: str = Field(default="", pattern=r"^(.{16,200})?$", validation_alias=plain("person_key"), repr=False)
    development: bool = Field(default=False, validation_alias=plain("development"))
    crash_at: CrashPoint = Field(default="", validation_alias=plain("crash_at"))
    log_level: LogLevel = Field(default="INFO", validation_alias=plain("log_level"))
    # a member silent for so long loses its partitions; the broker must allow it (as it comes, up to half an hour)
    kafka_session_timeout_ms: int = Field(
        default=10_000, ge=1000, le=1_800_000, validation_alias=plain("kafka_session_timeout_ms")
    )
    # how old an unpublished event is before the sweeper comes for it
    sweep_after_seconds: Seconds = Field(default=10.0, validation_alias=plain("sweep_after_seconds"))
    # how long an event may be missing before its owner is asked to publish it again
    resend_after_seconds: Seconds = Field(default=60.0, validation_alias=plain("resend_after_seconds"))

    # the others' public base URLs as JSON, `{"signing": "https://…"}`; who is not named is not linked to
    neighbours: Addresses = Field(default_factory=dict, validation_alias=plain("neighbours"))

    @property
    def member_id(self) -> str:
        """The name Kafka's static member begins with."""
        return f"{self.service}-{self.instance}"

    def model_post_init(self, context: Any, /) -> None:
        if self.crash_at and not self.development:
            raise ValueError("CRASH_AT is for development only: set DEVELOPMENT=true or remove it")
        if self.person_key == DEVELOPMENT_KEY and not self.development:  # ids made with it can be guessed from a number
            raise ValueError("PERSON_KEY is the one of development, known to everybody: set one of your own")
