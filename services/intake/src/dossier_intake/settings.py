from __future__ import annotations

from pydantic_settings import SettingsConfigDict

from dossier_shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """`linger`: seconds the citizen's view may lag, so that several events of one dossier become one write."""

    model_config = SettingsConfigDict(env_prefix="INTAKE_")
    service: str = "intake"
    port: int = 8001
    database: str = "dossier_intake"
    linger: float = 1.0
    document_limit: int = 10 * 1024 * 1024
