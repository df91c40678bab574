from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from dossier_shared.setting_types import Database, Linger, Port
from dossier_shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """`linger`: seconds the citizen's view may lag, so that several events of one dossier become one write."""

    model_config = SettingsConfigDict(env_prefix="INTAKE_")
    service: str = "intake"
    port: Port = 8001
    database: Database = "dossier_intake"
    linger: Linger = 1.0
    document_limit: Annotated[int, Field(ge=1, le=1024**3)] = 10 * 1024 * 1024
