"""What the recounts' API answers; the endpoints render it themselves."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from dossier_shared.http.paging import Paged


class Difference(BaseModel):
    """Of a dossier, or of a place on the board: `partition|agency|cell|procedure|channel`, `…|officer|subject`, `…|flow|hour`,
    `…|deeds|hour|subject`; parts that are empty are left out."""

    dossier: str | None = None
    place: str | None = None
    field: str
    board: Any = Field(description="what the board says")
    service: Any = Field(description="what the services' journals say at the same cut")


class RecountView(BaseModel):
    id: str
    state: Literal["running", "finished", "failed"]
    by: str = Field(description="subject who asked, `night` or `command`")
    started: str
    finished: str | None
    problem: str | None = Field(description="why it failed")
    dossiers: int | None = None
    places: int | None = Field(
        default=None, description="cells, officers, hours of throughput of agencies and of officers"
    )
    moving: int | None = Field(default=None, description="dossiers that did not stand still for a comparison")
    moving_places: int | None = None
    frozen: bool | None = Field(
        default=None, description="the worker gave no sign of life: its numbers were not judged"
    )
    difference_count: int | None = None
    differences: list[Difference] | None = Field(default=None, description="the first hundred")
    seconds: float | None = None
    rate: float | None = Field(default=None, description="dossiers a second")


class RecountList(Paged):
    items: list[RecountView]
