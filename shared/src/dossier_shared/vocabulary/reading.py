"""How a function that reads text becomes a type of a pydantic model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from dossier_shared.problems import Invalid


def finding(wrong: Invalid) -> PydanticCustomError:
    """Keeps the code and both sentences; validation.py and the catalogue's reading show them."""
    return PydanticCustomError(wrong.code, "{en}", {"en": wrong.en, "vi": wrong.vi})


def told(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`read`, with its refusal as pydantic expects one."""

    def reading(value: Any) -> Any:
        try:
            return read(value)
        except Invalid as wrong:
            raise finding(wrong) from None

    return reading


@dataclass(frozen=True)
class Text:
    """`Annotated[str, Text(read, …)]`: a string, then what `read` makes of it. `schema`: said in JSON Schema beside the type."""

    read: Callable[[str], Any]
    schema: dict[str, Any] = field(default_factory=dict, hash=False)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(told(self.read), core_schema.str_schema())

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", **self.schema}


@dataclass(frozen=True)
class Value:
    """`Annotated[time, Value(read, …)]`: `read` is given whatever came, and says no to what is of the wrong kind."""

    read: Callable[[Any], Any]
    schema: dict[str, Any] = field(default_factory=dict, hash=False)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(told(self.read), handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return dict(self.schema)
