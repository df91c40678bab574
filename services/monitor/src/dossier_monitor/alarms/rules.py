"""The rules alarms follow, as data: read from YAML or JSON, checked, and refused with words that say what to change."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from dossier_shared.vocabulary.codes import coded
from dossier_shared.vocabulary.text import Human
from dossier_shared.vocabulary.yaml import Unreadable, read

Kind = Literal[
    "late-share", "growing-stage", "silent-agency", "stalled", "parked", "hearing", "dead-letters", "lag", "behind",
    "emergency",
]  # fmt: skip
Severity = Literal["critical", "warning", "info"]
OF_SERVICES = frozenset({"parked", "hearing", "dead-letters", "lag", "behind"})
_Number = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
_Name = Annotated[str, Human(100, lines=False)]


class RulesRefused(ValueError):
    """A rules file that cannot be used; says where and why."""


class Named(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    vi: _Name
    en: _Name


class Rule(BaseModel):
    """`raise_at`, `clear_at` in the unit of the kind; `hold`, `window` in minutes of the board's clock; see rules.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    kind: Kind
    name: Named
    raise_at: _Number = Field(alias="raise")
    clear_at: _Number = Field(alias="clear")
    hold: _Number = 0.0
    severity: Severity
    told: tuple[Literal["agency", "above", "operators"], ...] = Field(min_length=1)
    within: Annotated[str, coded(100)] | None = None
    at_least: int = Field(default=0, strict=True, ge=0)
    window: _Number | None = None
    days: _Number | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.clear_at >= self.raise_at:
            raise ValueError("`clear` must be less than `raise`, or the alarm would come and go with every change")
        if (self.window or 0) <= 0 and self.kind == "growing-stage":
            raise ValueError("growing-stage needs `window`: over how many minutes the growth is measured")
        if self.days is None and self.kind == "stalled":
            raise ValueError("stalled needs `days`: for how long a dossier may stand in one stage")
        if self.kind in OF_SERVICES and (self.within is not None or set(self.told) != {"operators"}):
            raise ValueError(f"{self.kind} is about a service: no `within`, and only `operators` can be told")
        if self.kind == "late-share" and self.raise_at > 1:
            raise ValueError("late-share is a share: `raise` is at most 1")
        return self


_RULES = TypeAdapter(list[Rule])


def read_rules(path: Path | None = None) -> list[Rule]:
    """The package's own without a path. Raises RulesRefused."""
    where = str(path) if path else "rules.yaml"
    try:
        found = read(path.read_bytes() if path else files(__package__).joinpath("rules.yaml").read_bytes()).data
    except OSError as error:
        raise RulesRefused(f"{where}: cannot be read: {error.strerror or type(error).__name__}") from error
    except Unreadable as error:
        raise RulesRefused(f"{where}: cannot be read: {error}") from None
    try:
        rules = _RULES.validate_python(found)
    except ValidationError as error:
        lines = (f"{_place(found, fault['loc'])}: {fault['msg']}" for fault in error.errors(include_url=False))
        raise RulesRefused(f"{where}: {'; '.join(lines)}") from error
    doubles = sorted({rule.id for rule in rules if sum(other.id == rule.id for other in rules) > 1})
    if doubles:
        raise RulesRefused(f"{where}: more than one rule is called {', '.join(doubles)}")
    return rules


def _place(found: Any, loc: Sequence[int | str]) -> str:
    if not loc:
        return "the whole file"
    number = loc[0]
    own = found[number] if isinstance(found, list) and isinstance(number, int) else None
    name = own.get("id") if isinstance(own, dict) else None
    head = f"rule {name}" if name else f"rule number {int(number) + 1}" if isinstance(number, int) else str(number)
    return ", ".join([head, *(f"`{part}`" for part in loc[1:])])
