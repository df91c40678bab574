"""What the indicators' API answers; the endpoints render it themselves."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from dossier_monitor.indicators.definitions import INDICATORS, WITHOUT_SOURCE
from dossier_monitor.indicators.periods import Kind
from dossier_monitor.lists.filters import one_of
from dossier_monitor.projection.domain import Outcome, Stage


class TargetView(BaseModel):
    """`grade`: V seen in an official text, S second-hand, A assumed or local."""

    value: float
    source: str
    grade: str


class ShareNumber(BaseModel):
    """`share`: a fraction, None where `of` is 0."""

    hit: int
    of: int
    share: float | None


class ShareOfPeriod(ShareNumber):
    period: str


class ShareIndicator(ShareNumber):
    """`reached` None: no target, or nothing to judge."""

    name: Annotated[str, one_of(*INDICATORS)]
    unit: Literal["share"]
    target: TargetView | None
    reached: bool | None
    series: list[ShareOfPeriod]


class SavedNumber(BaseModel):
    """Fractions of the time allowed, less than 0 where it took longer; None where `of` is 0."""

    of: int
    median: float | None
    mean: float | None


class SavedOfPeriod(SavedNumber):
    period: str


class SavedIndicator(SavedNumber):
    """`reached`: by the median; None: no target, or nothing to judge."""

    name: Literal["time_saved"]
    unit: Literal["saved"]
    target: TargetView | None
    reached: bool | None
    series: list[SavedOfPeriod]


class IndicatorsView(BaseModel):
    """`from`, `to`: Vietnamese days, both included. `period` of a series: `2026-11-22`, `2026-11` or `2026-Q4`."""

    scope: str | None
    period: Kind
    begin: str = Field(alias="from")
    end: str = Field(alias="to")
    now: str
    indicators: list[ShareIndicator | SavedIndicator]
    without_source: list[Annotated[str, one_of(*WITHOUT_SOURCE)]]


class CountedFacts(BaseModel):
    """As `facts.facts` has them."""

    agency: str
    procedure: str
    channel: str
    filed: str | None
    due: str | None
    ended: str | None
    outcome: Outcome | None
    on_time: bool | None
    stage: Stage


class CountedDossier(CountedFacts):
    """`day`: by which it is counted; None: overdue and not ended."""

    id: str
    code: str | None
    procedure_name: str | None
    day: str | None


class CountedDossiers(BaseModel):
    """`total`: of all pages. `next`: the `after` of the following page, None on the last."""

    total: int
    items: list[CountedDossier]
    next: str | None
