from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from dossier_shared.settings.deployed import DeployedSettings
from dossier_shared.settings.risks import Risk
from dossier_shared.settings.types import Database, Folder, Port, Seconds


class Settings(DeployedSettings):
    """`data`: folder of the development authority and the leaders' keys.

    `claim_seconds`: how long an intent is for its recorder alone to act on.
    """

    model_config = SettingsConfigDict(env_prefix="SIGNING_")
    service: str = "signing"
    port: Port = 8003
    database: Database = "dossier_signing"
    data: Folder = Path(".dossier/signing-keys")
    workers: Annotated[int, Field(ge=1, le=256)] = 1
    claim_seconds: Seconds = 60.0
    attempts: Annotated[int, Field(ge=1, le=100)] = 5  # of a signature that fails by itself, before it is given up

    def risks(self) -> Iterator[Risk]:
        """There is no other provider of keys yet than the development authority in `data`."""
        yield from super().risks()
        yield Risk("self-made-signatures", "no provider of the agency's keys can be set yet: do not run signing")
