"""What a catalogue document may hold. Field meanings: the head of data/procedures.yaml and agencies.yaml."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from dossier_intake.forms.values import normal_schema
from dossier_intake.rules.calendars import CalendarRules, One
from dossier_intake.rules.deadlines import Amount, Flag, Limit, Unit
from dossier_shared.vocabulary.codes import CatalogueCode as Code
from dossier_shared.vocabulary.moments import Day
from dossier_shared.vocabulary.money import WrittenDong
from dossier_shared.vocabulary.text import Human

Text = Annotated[str, Human(2000, lines=False)]
OptionalText = Annotated[str | None, Human(2000, lines=False, optional=True)]
Note = Annotated[str | None, Human(4000, optional=True)]
Level = Literal["commune", "province", "ministry"]
Channel = Literal["direct", "online", "postal"]
Moment = Literal["refused", "result"]
COMPLETION_DAYS = 10
KEEP_YEARS = 10  # assumed; each procedure may say otherwise
"""Working days in which what the counter has asked for is to be handed in, where a procedure does not say otherwise."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Graded(_Entry):
    source: dict[str, Any] = Field(default_factory=dict)
    confidence: Literal["verified", "secondary", "assumed"] = "assumed"
    confidence_overrides: dict[str, Text] = Field(default_factory=dict)
    note: Note = None


class Signature(_Entry):
    """How what an agency signs begins and ends, where its name alone does not say so.

    `title`: of who signs (`Chủ tịch`); `place`: before the date; `on_behalf_of`: the line `TM. …` above the title;
    `letterhead`: the name as its lines are broken at the head of a document.
    """

    title: Text
    place: Text
    on_behalf_of: Text | None = None
    letterhead: tuple[Text, ...] = ()


class Agency(_Graded):
    code: Code
    name_vi: Text
    name_en: Text
    parent: Code | None = None
    level: Level
    kind: Text
    gso_code: OptionalText = None
    unit_name_vi: OptionalText = None
    legacy_code: OptionalText = None
    former_names: tuple[dict[str, Any], ...] = ()
    serves: tuple[Code, ...] = ()
    """Of a one-stop centre: agencies for which its counter receives."""
    signature: Signature | None = None
    """Without one, signing derives it from the name."""


class Executor(_Entry):
    """Every agency of a level and kind, or one agency by its code."""

    level: Level | None = None
    kind: Text | None = None
    agency: Code | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.agency is None) == (self.level is None or self.kind is None):
            raise PydanticCustomError(
                "executor",
                "{en}",
                {"vi": "ghi agency, hoặc cả level và kind", "en": "give either agency, or both level and kind"},
            )
        return self

    def matches(self, agency: Agency) -> bool:
        if self.agency is not None:
            return agency.code == self.agency
        return (agency.level, agency.kind) == (self.level, self.kind)


class Sample(_Entry):
    """How a paper looks, in both languages. `lines`: of one filled in with people nobody is, as they stand below each other."""

    vi: Text
    en: Text
    lines: Annotated[tuple[Text, ...], Field(max_length=40)] = ()


class Paper(_Entry):
    """One document a procedure asks for."""

    code: Code
    name_vi: Text
    kind: Literal["original", "copy", "electronic"]
    copies: Annotated[int, Field(strict=True, ge=0, le=100)] = 1
    required: Flag = True
    reusable_from: Literal["population_db", "results_repository"] | None = None
    portal_qty: OptionalText = None
    only_channels: tuple[Channel, ...] | None = None
    present_only: Flag = False
    answered_by_form: Flag = False
    sample: Sample | None = None

    def demanded(self, channel: str) -> bool:
        """A file must come with a filing by `channel`. Papers of the results repository may be waived one by one."""
        if not self.required or self.present_only or self.reusable_from == "population_db":
            return False
        if self.only_channels is not None and channel not in self.only_channels:
            return False
        return not (channel == "online" and (self.answered_by_form or self.kind == "electronic"))


class Fee(_Entry):
    name: Text
    amount_vnd: WrittenDong


class Consultation(_Entry):
    with_vi: Text
    amount: Amount | None = None
    unit: Unit | None = None
    silence_means: Text | None = None
    confidence: Literal["verified", "secondary", "assumed"] = "assumed"


class Result(_Entry):
    name_vi: Text
    code: OptionalText = None
    kind: Literal[
        "certificate", "extract", "certified_copy", "decision", "permit", "card", "notification", "database_update"
    ]


def _fee(value: Any) -> str:
    return "list" if isinstance(value, list | tuple) else "amount"


Fees = Annotated[
    Annotated[WrittenDong, Tag("amount")] | Annotated[tuple[Fee, ...], Tag("list")], Discriminator(_fee)
]  # a fault is then told once, not once for each branch


class Procedure(_Graded):
    code: Code
    name_vi: Text
    name_en: Text
    field: Text
    level: Level
    agency_vi: tuple[Text, ...] = ()
    executed_by: Annotated[tuple[Executor, ...], Field(min_length=1)]
    online: Literal["full", "partial", "info"]
    deadline: Limit
    fee_vnd: Fees | None = None
    documents: tuple[Paper, ...] = ()
    result: Result
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    consultation: tuple[Consultation, ...] = ()
    legal_basis: tuple[Text, ...] = ()
    legacy_code: OptionalText = None
    straight_through: Flag = False
    assurance: Annotated[int, Field(strict=True, ge=1, le=2)] = 1
    """How surely a citizen must be known to file it by their own account: level 2 is by the chip of the citizen ID."""
    separate_signing: Flag = False
    """Whoever approved or rejected may not sign: another leader must."""
    completion_days: Annotated[int, Field(strict=True, gt=0, le=365)] = COMPLETION_DAYS
    keep_years: Annotated[int, Field(strict=True, ge=0, le=100)] = KEEP_YEARS
    """How long after its end a dossier must be kept: before, nobody is erased from it."""
    messages: tuple[Moment, ...] = ("refused", "result")
    valid_from: Day | None = None
    valid_until: Day | None = None
    form: Annotated[dict[str, Any], AfterValidator(normal_schema)] | None = None
    """JSON Schema 2020-12 of the electronic form."""

    @property
    def key(self) -> tuple[str, date]:
        """Of this version of the procedure."""
        return self.code, self.valid_from or date.min

    @property
    def registry_entry(self) -> bool:
        """Ends in an entry of a register: nothing to print or to sign."""
        return self.result.kind == "database_update"

    def offers(self, channel: str) -> bool:
        return channel in self.channels and not (channel == "online" and self.online == "info")

    def demanded(self, channel: str) -> tuple[Paper, ...]:
        """The papers a filing by `channel` must bring as files."""
        return tuple(paper for paper in self.documents if paper.demanded(channel))

    def in_force(self, day: date) -> bool:
        return (self.valid_from or date.min) <= day <= (self.valid_until or date.max)


class CatalogueDocument(_Entry):
    """A whole catalogue, as kept in a file or sent to `PUT /api/v1/catalogue`."""

    version: One = 1
    gathered_on: Day | None = None
    agencies: tuple[Agency, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    calendar: CalendarRules = Field(default_factory=CalendarRules)
