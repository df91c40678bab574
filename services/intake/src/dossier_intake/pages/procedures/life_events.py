"""Moments of a life, who asks for a procedure and what people call it: `life_events.yaml`, read once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dossier_shared.vocabulary.codes import CatalogueCode
from dossier_shared.vocabulary.text import Human
from dossier_shared.vocabulary.yaml import read

Audience = Literal["person", "organisation"]
Id = Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,39}$")]
Said = Annotated[str, Human(100, lines=False)]
EVERYBODY: tuple[Audience, ...] = get_args(Audience)


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LifeEvent(_Entry):
    id: Id
    name_vi: Said
    name_en: Said


class Known(_Entry):
    """What is known of a procedure beside the catalogue. `words`: by which people look for it."""

    events: tuple[Id, ...] = ()
    audience: Annotated[tuple[Audience, ...], Field(min_length=1)] = EVERYBODY
    words: tuple[Said, ...] = ()


class LifeEvents(_Entry):
    version: Literal[1]
    confidence: Literal["assumed"]
    events: tuple[LifeEvent, ...]
    procedures: Mapping[CatalogueCode, Known]

    @model_validator(mode="after")
    def _named(self) -> Self:
        known = {event.id for event in self.events}
        strange = {name for one in self.procedures.values() for name in one.events} - known
        if strange or len(known) < len(self.events):
            raise ValueError(f"life events unknown or given twice: {sorted(strange)}")
        return self

    def of(self, code: str) -> Known:
        return self.procedures.get(code, Known())


@lru_cache(maxsize=1)
def life_events() -> LifeEvents:
    text = (files(__package__) / "life_events.yaml").read_text("utf-8")
    return LifeEvents.model_validate(read(text).data)
