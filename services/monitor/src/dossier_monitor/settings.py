from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, AliasChoices, Field
from pydantic_settings import SettingsConfigDict

from dossier_monitor.alarms.rules import read_rules
from dossier_monitor.indicators.definitions import targets as read_targets
from dossier_shared.contracts.topics import SERVICES
from dossier_shared.settings.service import ServiceSettings
from dossier_shared.settings.sign_in import SignInSettings
from dossier_shared.settings.types import Addresses, Database, Folder, Linger, MaybeFile, Port, Seconds

Clock = Literal["events", "wall"]
_SERVICES = {name: f"http://127.0.0.1:{8001 + number}" for number, name in enumerate(SERVICES)}


def _rules(path: Path | None) -> Path | None:
    read_rules(path)
    return path


def _targets(path: Path | None) -> Path | None:
    read_targets(path)
    return path


class Settings(SignInSettings):
    """The web and timelines process. By `client_id` and `client_secret` the issuer gives it a token of its own, too, with role
    `recount`. `linger`: seconds a timeline may lag, so that several events of one dossier become one
    write; the board and the open page of a dossier do not wait for it."""

    model_config = SettingsConfigDict(env_prefix="MONITOR_")
    other_prefixes = ("MONITOR_WORKER_", "MONITOR_CLOCK")
    service: str = "monitor"
    port: Port = 8005
    database: Database = "dossier_monitor"
    linger: Linger = 1.0
    targets: Annotated[MaybeFile, AfterValidator(_targets)] = (
        None  # of the indicators, as indicators/targets.json has them; None: those
    )
    audit_days: int = Field(default=730, ge=1, le=36_500)  # how long an entry of the audit is kept
    recount_hour: int = Field(default=2, ge=-1, le=23)  # of the Vietnamese day; -1: not every night
    frozen_after: Seconds = 5.0  # seconds without a word from the worker before the board says that it stands still
    alarm_rules: Annotated[MaybeFile, AfterValidator(_rules)] = None  # instead of the package's own
    alarm_seconds: Seconds = 5.0  # between two rounds of judging
    # where each service answers inside: /metrics for the alarms, /internal for the recount
    services: Addresses = Field(default_factory=lambda: dict(_SERVICES))


class WorkerSettings(ServiceSettings):
    """The Faust process. `clock`: by what "late" is judged; None: events in development, wall in production."""

    model_config = SettingsConfigDict(env_prefix="MONITOR_WORKER_")
    service: str = "monitor-worker"
    port: Port = 8006
    database: str = ""  # it has none
    data: Folder = Path(".dossier/monitor-worker")
    clock: Clock | None = Field(default=None, validation_alias=AliasChoices("MONITOR_CLOCK", "clock"))

    @property
    def judged_by(self) -> Clock:
        return self.clock or ("events" if self.development else "wall")
