"""What the lists' API answers; the endpoints render it themselves."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, RootModel

from dossier_monitor.projection.domain import Outcome, Stage, Waits

DueState = Literal["late", "today", "soon", "later", "paused", "none"]


class DossierFacts(BaseModel):
    """As `facts.facts` has them."""

    agency: str
    procedure: str
    channel: str
    stage: Stage
    since: str | None
    waits: Waits | None
    officer: str | None
    filed: str | None
    accepted: str | None
    due: str | None
    paused: bool
    decided: str | None
    outcome: Outcome | None
    signed: str | None
    on_time: bool | None
    delivered: str | None


class DeskView(BaseModel):
    """The service in whose work list it waits; `url` only for who may act there."""

    service: Literal["intake", "review", "signing"]
    url: str | None


class ListedDossier(DossierFacts):
    """`procedure`, `channel` empty: not heard yet. `due_state` None: finished.

    `overdue`: seconds past the deadline, less than 0 before it; None where no clock runs.
    """

    id: str
    code: str | None
    procedure_name: str | None
    due_state: DueState | None
    overdue: int | None
    agency_name: str
    acts: DeskView | None


class DossierList(BaseModel):
    """`count`: of all pages. `next`: the `after` of the following page, None on the last."""

    scope: str | None
    now: str | None
    count: int
    items: list[ListedDossier]
    next: str | None


class PressingCounts(BaseModel):
    late: int
    today: int
    soon: int


class LateList(DossierList):
    counts: PressingCounts


class DossierExport(RootModel[list[ListedDossier]]):
    """All that the filter finds."""
