from __future__ import annotations

from pydantic_settings import SettingsConfigDict

from dossier_shared.settings.service import ServiceSettings
from dossier_shared.settings.types import Database, Port


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="REVIEW_")
    service: str = "review"
    port: Port = 8002
    database: Database = "dossier_review"
