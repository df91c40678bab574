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
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self
from urllib.parse import urlsplit

import structlog
from pydantic import AfterValidator, AliasChoices, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SecretsSettingsSource, SettingsConfigDict

from dossier_shared.contracts.deployments import called
from dossier_shared.settings import risks
from dossier_shared.settings import wrapping_key as wrapping
from dossier_shared.settings.broker import Broker, Mechanism, Protocol
from dossier_shared.settings.event_key import of_development, read_event_key, usable
from dossier_shared.settings.quotas import Quotas
from dossier_shared.settings.risks import Risk
from dossier_shared.settings.types import (
    Address,
    Addresses,
    CrashPoint,
    Database,
    Host,
    Hosts,
    Insecure,
    Instance,
    LogLevel,
    MaybeFile,
    MongodbUrl,
    Networks,
    PersonalData,
    Port,
    Seconds,
    Servers,
    Signatures,
    Text,
)

log = structlog.get_logger()
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
    # a token that is good for longer is not taken, whoever signed it
    oidc_token_max_seconds: int = Field(
        default=86_400, ge=60, le=31_536_000, validation_alias=plain("oidc_token_max_seconds")
    )
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
    # which risks of production are taken with open eyes (`risks.py`); in development all are
    insecure: Insecure = Field(default="", validation_alias=plain("insecure"))
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

    # addresses or networks of our own proxies, whose X-Forwarded-For is believed
    proxies: Networks = ""
    # instead of the defaults: how much one account or address may ask for (`quotas.py`)
    quotas: Quotas = Field(default_factory=dict, validation_alias=plain("quotas"))
    # PEM: what this service signs its events with, once the administrator has published its public half; without one it does not
    event_key: Annotated[str, AfterValidator(usable)] = Field(
        default="", validation_alias=plain("event_key"), repr=False
    )
    # of events heard: `demand` what the published keys demand, `warn` of what would be refused, or `off`
    event_signatures: Signatures = Field(default="demand", validation_alias=plain("event_signatures"))
    # sealed parts of what is filed from now on: in `clear`, or `encrypted` with the person's key; both are read
    personal_data: PersonalData = Field(default="clear", validation_alias=plain("personal_data"))
    # PEM or PKCS #11 URIs, the newest first: persons' keys are wrapped to them; development has its own
    wrapping_key: Annotated[str, AfterValidator(wrapping.usable)] = Field(default="", repr=False)

    # the others' public base URLs as JSON, `{"signing": "https://…"}`; who is not named is not linked to
    neighbours: Addresses = Field(default_factory=dict, validation_alias=plain("neighbours"))
    # none: in development any, else that of its own address among `neighbours`
    allowed_hosts: Hosts = Field(default="", validation_alias=plain("allowed_hosts"))

    def risks(self) -> Iterator[Risk]:
        """What of these settings is fit for development only."""
        prefix = self.model_config["env_prefix"]
        yield from risks.of_broker(self.broker)
        yield from risks.of_signatures(self.event_signatures)
        yield from risks.of_proxies(f"{prefix}PROXIES", self.proxies)
        if not self.database:  # the monitor's worker: nobody signs in there, and no person is known
            return
        yield from risks.of_database(self.mongodb_url)
        yield from risks.of_address("http-issuer", "OIDC_ISSUER", self.oidc_issuer)
        if not self.person_key:
            yield Risk("no-person-key", "PERSON_KEY is missing: set the one all services have")
        yield from risks.of_secret("PERSON_KEY", self.person_key)
        if not self.event_key:
            yield Risk("unsigned-events", "EVENT_KEY is missing: make one with `dossier keys new`")
        for field in type(self).model_fields:
            if isinstance(value := getattr(self, field), SecretStr):
                yield from risks.of_secret(f"{prefix}{field.upper()}", value.get_secret_value())

    @property
    def wrapping_keys(self) -> str:
        """As given; empty: persons' keys cannot be unwrapped here."""
        if self.wrapping_key or not self.development:
            return self.wrapping_key
        return wrapping.written(wrapping.of_development(self.called))

    @property
    def refused(self) -> list[Risk]:
        """For which it must not start."""
        return self._risks(named=False)

    @property
    def taken(self) -> list[Risk]:
        """With which it runs all the same, because somebody said so."""
        return self._risks(named=True)

    def _risks(self, *, named: bool) -> list[Risk]:
        names = risks.accepted(self.insecure)
        return [] if self.development else [one for one in self.risks() if (one.name in names) is named]

    def tell_risks(self) -> None:
        """At each start, in the log."""
        for risk in self.taken:
            log.warning("risk taken", risk=risk.name, what=risks.RISKS[risk.name])

    @property
    def identity(self) -> dict[str, str]:
        """Which process it is, as health tells it, with the risks it takes."""
        names = ", ".join(sorted({risk.name for risk in self.taken}))
        own = {"service": self.service, "deployment": self.deployed_as, "instance": self.instance, "insecure": names}
        return {name: value for name, value in own.items() if value}

    @property
    def hosts(self) -> frozenset[str] | None:
        """Under which names browsers and programs may ask it; None, in development: any. This machine, and its name inside,
        always may."""
        named = {name.strip().strip("[]").lower() for name in self.allowed_hosts.split(",") if name.strip()}
        if not named and self.development:
            return None
        if not named:
            named = {urlsplit(url).hostname or "" for name, url in self.neighbours.items() if name == self.service}
        return frozenset(named | {self.service, "localhost", "127.0.0.1", "::1"})

    @property
    def member_id(self) -> str:
        """The name Kafka's static member begins with."""
        return f"{self.called}-{self.instance}"

    @property
    def deployed_as(self) -> str:
        """The deployment's name (`settings/deployed.py`); empty: the one that serves whom no other does."""
        return ""

    @property
    def called(self) -> str:
        """Its consumer group and its user at the broker: `review`, `review.long-khanh`."""
        return called(self.service, self.deployed_as)

    def model_post_init(self, context: Any, /) -> None:
        if self.crash_at and not self.development:
            raise ValueError("CRASH_AT is for development only: set DEVELOPMENT=true or remove it")
        if self.person_key == DEVELOPMENT_KEY and not self.development:  # ids made with it can be guessed from a number
            raise ValueError("PERSON_KEY is the one of development, known to everybody: set one of your own")
        if self.event_key and not self.development:
            self._demand_own_key()
        self._demand_wrapping_key()

    def _demand_wrapping_key(self) -> None:
        if self.development or not self.database:  # the monitor's worker opens nothing
            return
        variable = f"{self.model_config['env_prefix']}WRAPPING_KEY"
        if not self.wrapping_key:
            if self.personal_data == "encrypted":
                raise ValueError(
                    f"PERSONAL_DATA is encrypted, and {variable} is missing: `dossier privacy new-key` makes one"
                )
            return
        known = {wrapping.of_development(name).private_bytes_raw() for name in (self.service, self.called)}
        if known & {key.private_bytes_raw() for key in wrapping.read_wrapping_keys(self.wrapping_key)}:
            raise ValueError(f"{variable} is the one of development, known to everybody: make one of your own")

    def _demand_own_key(self) -> None:
        if read_event_key(self.event_key).private_bytes_raw() == of_development(self.service):
            raise ValueError(
                "EVENT_KEY is the one of development, known to everybody: make one with `dossier keys new`"
            )
