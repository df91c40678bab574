from __future__ import annotations

from pydantic_settings import SettingsConfigDict

from dossier_shared.settings import ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="REVIEW_")
    service: str = "review"
    port: int = 8002
    database: str = "dossier_review"
