from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from dossier_review.lists import AHEAD
from dossier_shared.settings.deployed import DeployedSettings
from dossier_shared.settings.types import Database, Port


class Settings(DeployedSettings):
    """`warn_days`: working days before an appointment from which on officers are reminded to ask for more time."""

    model_config = SettingsConfigDict(env_prefix="REVIEW_")
    service: str = "review"
    port: Port = 8002
    database: Database = "dossier_review"
    warn_days: Annotated[int, Field(ge=0, le=30)] = AHEAD
