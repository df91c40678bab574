"""How a list's pages are asked for and named (`adapters/cursors.py` finds them)."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from dossier_shared.adapters.cursors import LENGTH

CursorQuery = Annotated[str | None, Query(max_length=LENGTH, description="`next` of the page before")]
LimitQuery = Annotated[int, Query(ge=1, le=500)]


class Paged(BaseModel):
    """`next`: the `cursor` of the following page, null on the last."""

    next: str | None = None
