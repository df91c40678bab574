"""Whom the simulated registers know, and the documents of what they hold."""

from __future__ import annotations

from functools import cached_property
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from dossier_local.simulation.papers import scan
from dossier_shared.vocabulary.yaml import read


class Result(BaseModel):
    code: str
    name: str
    number: str
    issued_by: str
    valid_from: str | None = None
    valid_until: str | None = None
    text: str

    @cached_property
    def document(self) -> bytes:
        return scan(self.text, 1)

    def told(self) -> dict[str, Any]:
        told = self.model_dump(exclude={"text"}, exclude_none=True)
        return {**told, "sha256": sha256(self.document).hexdigest()}


class Person(BaseModel):
    number: str
    name: str
    date_of_birth: str
    sex: str
    residence: str
    household_head: str
    results: list[Result] = []

    def told(self) -> dict[str, Any]:
        return self.model_dump(exclude={"results"})


def people(file: Path | None = None) -> dict[str, Person]:
    """By number. `file`: of one's own."""
    text = (file or resources.files("dossier_local.registers").joinpath("persons.yaml")).read_text("utf-8")
    found = [Person.model_validate(one) for one in read(text).data]
    return {one.number: one for one in found}
