from __future__ import annotations

from pathlib import Path

from pydantic_settings import SettingsConfigDict

from dossier_shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """`data`: folder of the development authority and the leaders' keys.

    `claim_seconds`: how long an intent is for its recorder alone to act on.
    """

    model_config = SettingsConfigDict(env_prefix="SIGNING_")
    service: str = "signing"
    port: int = 8003
    database: str = "dossier_signing"
    data: Path = Path(".dossier/signing-keys")
    workers: int = 1
    claim_seconds: float = 60.0
