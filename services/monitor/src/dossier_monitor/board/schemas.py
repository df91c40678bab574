"""What the board's API answers; the endpoints render it themselves."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from dossier_monitor.projection.registry import DEEDS, TOTALS


class InHand(BaseModel):
    open: int
    late: int


class StageNumbers(BaseModel):
    submitted: InHand
    appraisal: InHand
    approval: InHand
    signing: InHand
    delivery: InHand


class PastNumbers(BaseModel):
    """`unfiled`: known of by later events only."""

    open: int
    late: int
    stages: StageNumbers
    __annotations__.update({name: int for name in TOTALS if name != "messages"})


class Numbers(PastNumbers):
    messages: int


class AgencyName(BaseModel):
    code: str
    name_vi: str
    name_en: str


class AgencyView(AgencyName):
    """`above`: the nearest first. `own`: its own dossiers; `total`: also those of the agencies below."""

    above: list[str]
    own: Numbers
    total: Numbers


class CellView(BaseModel):
    """`counts`: measure -> number, zeros left out; see monitor's README."""

    partition: int
    agency: str
    procedure: str
    channel: str
    counts: dict[str, int]


class DeedNumbers(BaseModel):
    """Zeros are left out."""

    __annotations__ = dict.fromkeys(DEEDS, Annotated[int, Field(default=0)])


class DeedWindows(BaseModel):
    minutes: DeedNumbers = Field(alias="5m")
    hour: DeedNumbers = Field(alias="1h")
    day: DeedNumbers = Field(alias="1d")


class OfficerView(BaseModel):
    """`counts`: measure -> number, zeros left out; see monitor's README."""

    agency: str
    subject: str
    counts: dict[str, int]
    throughput: DeedWindows


class BoardView(BaseModel):
    """`scope` None: everything. `now`: the instant by which lateness is judged; ages in seconds; None: nothing heard yet.

    `lag`: events not counted yet; `skipped`: records that cannot be read; `ahead`: events said to have happened more than a
    year from now. `cells`, `officers`: with `detail` only.
    """

    scope: str | None
    tick: int
    now: str | None
    last_event: str | None
    last_event_age: float | None
    pulse_age: float | None
    frozen: bool
    lag: int
    skipped: int
    ahead: int
    total: Numbers
    agencies: list[AgencyView]
    cells: list[CellView] | None = None
    officers: list[OfficerView] | None = None
