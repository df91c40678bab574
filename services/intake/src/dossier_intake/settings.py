from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from dossier_shared.settings import risks
from dossier_shared.settings.risks import Risk
from dossier_shared.settings.sign_in import SignInSettings
from dossier_shared.settings.types import Database, Linger, Port, address, sendable
from dossier_shared.settings.wrapping_key import read_readers, usable_readers

_HOST = re.compile(r"[A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\]")


def _socket(value: str) -> str:
    """Empty, as Compose hands on what is not set: none."""
    host, _, port = value.rpartition(":")
    if (
        value
        and not value.startswith("/")
        and not (_HOST.fullmatch(host) and port.isdigit() and 1 <= int(port) <= 65535)
    ):
        raise ValueError("must be host:port or the path of a socket")
    return value


def _register(value: str) -> str:
    """Empty, as Compose hands on what is not set: none."""
    return address(value) if value else value


class Settings(SignInSettings):
    """`linger`: seconds the citizen's view may lag, so that several events of one dossier become one write.

    `document_limit`, `resumable_limit`: bytes of a file that comes at once, and of one that comes in pieces.
    `active_content`: whether a PDF with JavaScript, embedded files and the like is refused, or kept without them.
    `clamd`: a virus scanner, `host:port` or the path of its socket.
    `proved_within_seconds`: how long ago the level of assurance that a procedure needs may have been proved; 0: not looked at.
    `emergency_seconds`: how long an emergency access lasts; `emergency_per_day`: how many an account may take in a day.
    `draft_days`: how long a draft is kept after it was saved last.
    `population_url`, `results_url`: registers of the State that are asked instead of the person; empty: not asked.
    `ask_again_seconds`: how long after a filing a register that did not answer is asked again, twice as long each next time; 0:
    never.
    `ask_again_days`: when it is given up.
    `helper_consent`: whether agents and batches must say by whose leave they file, or may.
    """

    model_config = SettingsConfigDict(env_prefix="INTAKE_")
    service: str = "intake"
    port: Port = 8001
    database: Database = "dossier_intake"
    linger: Linger = 1.0
    document_limit: Annotated[int, Field(ge=1, le=1024**3)] = 10 * 1024 * 1024
    resumable_limit: Annotated[int, Field(ge=1, le=1024**3)] = 30 * 1024 * 1024
    active_content: Literal["refuse", "clean"] = "refuse"
    helper_consent: Literal["recorded", "demanded"] = "recorded"
    proved_within_seconds: Annotated[int, Field(ge=0, le=86_400)] = 0
    emergency_seconds: Annotated[int, Field(ge=60, le=86_400)] = 3600
    draft_days: Annotated[int, Field(ge=1, le=365)] = 30
    emergency_per_day: Annotated[int, Field(ge=0, le=1000)] = 5
    population_url: Annotated[str, AfterValidator(_register)] = ""
    population_token: Annotated[SecretStr | None, AfterValidator(sendable)] = None
    results_url: Annotated[str, AfterValidator(_register)] = ""
    results_token: Annotated[SecretStr | None, AfterValidator(sendable)] = None
    ask_again_seconds: Annotated[int, Field(ge=0, le=86_400)] = 300
    ask_again_days: Annotated[int, Field(ge=1, le=30)] = 3
    clamd: Annotated[str, AfterValidator(_socket)] = ""
    # lines `name key`: public wrapping keys of services and their deployments (`review.long-khanh`); development has its own
    key_readers: Annotated[str, AfterValidator(usable_readers)] = ""

    def risks(self) -> Iterator[Risk]:
        yield from super().risks()
        for variable, url in (
            ("INTAKE_POPULATION_URL", self.population_url),
            ("INTAKE_RESULTS_URL", self.results_url),
        ):
            if url:
                yield from risks.of_address("http-register", variable, url)
        if self.personal_data == "clear":
            yield Risk("readable-persons", "PERSONAL_DATA is clear: set encrypted")

    @property
    def readers(self) -> dict[str, str]:
        """Public wrapping keys by name; none in development: those that everybody knows."""
        return read_readers(self.key_readers)
