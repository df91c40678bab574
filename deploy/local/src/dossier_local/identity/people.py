"""Whom a token is for: whoever is named to the issuer, or an account of the file of accounts."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from urllib.parse import urlsplit

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from pydantic import BaseModel, Field, field_validator

from dossier_local.identity.settings import loopback
from dossier_shared.vocabulary.yaml import read

_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash("no account has it")  # as slow for a name that is not known


class Person(BaseModel):
    """`ttl` of a token in seconds; `acr`: how surely it is they."""

    sub: str = Field(min_length=1, max_length=200)
    roles: list[str] = Field(default=[], max_length=20)
    agency: str | None = None
    name: str | None = None
    citizen_id: str | None = Field(default=None, max_length=40)
    acr: str | None = Field(default=None, max_length=40)
    ttl: int = Field(default=8 * 3600, ge=-3600, le=30 * 86400)  # negative: already expired, for tests


class Login(Person):
    """`next`: where the browser goes once it is signed in; a loopback page."""

    next: str

    @field_validator("next")
    @classmethod
    def _loopback(cls, value: str) -> str:
        return loopback(value)

    @property
    def host(self) -> str:
        return urlsplit(self.next).hostname or ""


class Account(Person):
    """`password`: its argon2 hash."""

    password: str = Field(pattern=r"^\$argon2id\$")


class Accounts:
    def __init__(self, file: Path | None = None) -> None:
        text = (file or resources.files("dossier_local.identity").joinpath("accounts.yaml")).read_text("utf-8")
        self._accounts = {name: Account.model_validate(facts) for name, facts in read(text).data.items()}

    def find(self, name: str, password: str) -> Person | None:
        account = self._accounts.get(name)
        try:
            _HASHER.verify(account.password if account else _NOBODY, password)
        except (Argon2Error, InvalidHashError):
            return None
        return Person(**account.model_dump(exclude={"password"})) if account else None
