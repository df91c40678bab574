"""What is read in place of the sealed part of an erased person's event: what its readers rely on, without saying anything."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

from pydantic import BaseModel

from dossier_shared.contracts.events import MODELS
from dossier_shared.vocabulary.persons import GONE


def stand_in(type_: str) -> dict[str, Any]:
    """By the event's short name."""
    return deepcopy(_stand_in(type_))


@cache
def _stand_in(type_: str) -> dict[str, Any]:
    model = MODELS[type_].sealed
    return _of(model) if model is not None else {}


def _of(model: type[BaseModel]) -> dict[str, Any]:
    """Its required fields only: what else is missing its readers are used to."""
    return {name: _value(field.annotation) for name, field in model.model_fields.items() if field.is_required()}


def _value(annotation: object) -> Any:
    if annotation is str:
        return GONE
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _of(annotation)
    raise TypeError(f"nothing stands in for {annotation}")
