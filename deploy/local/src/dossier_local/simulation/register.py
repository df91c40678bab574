"""An office's own register: a table (tables.py), one line per event, read through a small mapping file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from importlib.resources import files
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from dossier_local.errors import StackError
from dossier_local.simulation.tables import read_table
from dossier_shared.problems import Invalid
from dossier_shared.vocabulary import yaml as yaml_reader
from dossier_shared.vocabulary.codes import CatalogueCode
from dossier_shared.vocabulary.moments import FIRST_DAY, LAST_DAY, clock_time, typed_day
from dossier_shared.vocabulary.text import Line, human

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
DAY_BEGINS, DAY_ENDS = time(0), time(23, 59, 59)
_TYPED = re.compile(
    r"([0-9]{1,2}[/.\-][0-9]{1,2}[/.\-][0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]+([0-9][0-9hg:]*(?:\s*[^\W\d_]{2,})?))?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[+-]?[0-9]{1,7}(?:[.,][0-9]+)?|[+-]?[0-9]+[.,][0-9]+|[0-9](?:[.,][0-9]+)?E[+-][0-9]+")
_SHORTENED = re.compile(r"-?[0-9](?:[.,][0-9]+)?E[+-][0-9]+", re.IGNORECASE)
_FAULT = re.compile(r"#(?:N/A|[A-Z/0]+[!?])|#{3,}")
TEXTS = ("case", "channel", "department", "responsible", "activity", "resource")
COLUMNS = ("case", "channel", "department", "deadline", "responsible", "activity", "resource", "timestamp")


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of a case."""

    activity: str
    resource: str
    at: datetime


@dataclass(slots=True)
class Case:
    """`entries` in time order."""

    id: str
    channel: str
    department: str
    responsible: str
    deadline: datetime
    entries: list[Entry] = field(default_factory=list)

    @property
    def late(self) -> bool:
        return self.entries[-1].at > self.deadline


@dataclass(frozen=True, slots=True)
class Adviser:
    """`answered`: how the activity begins in which this adviser's opinion comes; `agency`: who stands for them."""

    answered: Line
    agency: CatalogueCode


@dataclass(frozen=True, slots=True)
class Advice:
    """`asked`: how the activity begins by which opinions are asked for."""

    asked: Line
    advisers: tuple[Adviser, ...]


@dataclass(frozen=True, slots=True)
class Hold:
    """How the activities begin by which the case is held, and goes on."""

    asked: Line
    answered: Line


@dataclass(frozen=True, slots=True)
class Mapping:
    """How a register's words become actions; see permit_log.yaml."""

    procedure: CatalogueCode
    agency: CatalogueCode
    channels: dict[str, Literal["online", "direct", "postal"]]
    appraisal: Line
    approval: Line
    deputy: Line
    advice: Advice | None = None
    hold: Hold | None = None

    @classmethod
    def read(cls, path: Path | None = None) -> Mapping:
        """The packaged one for the permit log, unless a file is named."""
        source = path if path is not None else files("dossier_local.simulation") / "permit_log.yaml"
        try:
            written = yaml_reader.read(source.read_bytes())
        except OSError as error:
            raise StackError(f"The mapping file cannot be read: {error.strerror}.") from None
        except yaml_reader.Unreadable as wrong:
            raise StackError(f"The mapping file cannot be read. {wrong}") from None
        try:
            return _MAPPING.validate_python(written.data)
        except ValidationError as wrong:
            (first, *_) = wrong.errors(include_url=False, include_input=False)
            line, name = written.line(first["loc"]), ".".join(map(str, first["loc"]))
            raise StackError(
                f"The mapping file lacks or misuses {name or 'everything'} (line {line}): {first['msg']}."
            ) from None


_MAPPING = TypeAdapter(Mapping)


def read_register(path: Path) -> list[Case]:
    """The cases by their first event. Raises StackError with the line number where a line cannot be understood."""
    cases: dict[str, Case] = {}
    for line, row in read_table(path, COLUMNS):
        try:
            texts = {column: _text(column, row[column]) for column in TEXTS}
            case = cases.get(texts["case"])
            if case is None:
                case = cases[texts["case"]] = Case(
                    texts["case"],
                    texts["channel"],
                    texts["department"],
                    texts["responsible"],
                    moment(row["deadline"], DAY_ENDS),
                )
            case.entries.append(Entry(texts["activity"], texts["resource"], moment(row["timestamp"])))
        except ValueError as error:
            raise StackError(f"{path.name}, line {line}: {error}") from None
    if not cases:
        raise StackError(f"{path.name} has no events below its columns.")
    for case in cases.values():
        case.entries.sort(key=lambda entry: entry.at)
    return sorted(cases.values(), key=lambda case: (case.entries[0].at, case.id))


def _text(column: str, told: str | date) -> str:
    """What a reader sees of it. What Excel has spoilt is no name: all that it spoilt would become one case, or one person."""
    text = str(told)
    if _SHORTENED.fullmatch(text):
        raise ValueError(
            f"{column} is {_short(text)}, a number Excel has shortened, so its last digits are lost. "
            "Format the column as text and enter it again."
        )
    if _FAULT.fullmatch(text):
        raise ValueError(
            f"{column} is {_short(text)}, a fault of a formula or of a column too narrow. Mend it in Excel."
        )
    try:
        return human(text, lines=False)
    except Invalid as wrong:
        raise ValueError(f"column {column}: {wrong.en}") from None


def moment(told: str | date, day_is: time = DAY_BEGINS) -> datetime:
    """ISO 8601, or as Excel has it, `31/01/2026 2:05 CH`; without an offset by Vietnam's clock. `day_is`: of a day alone."""
    if isinstance(told, datetime):
        if told.tzinfo is None and told.time() == DAY_BEGINS:  # a workbook has no day without a time
            told = datetime.combine(told.date(), day_is)
        return _utc(told)
    if isinstance(told, date):
        return _utc(datetime.combine(told, day_is))
    if (typed := _TYPED.fullmatch(told)) is not None:
        try:
            at = clock_time(typed[2]) if typed[2] else day_is
            return _utc(datetime.combine(typed_day(typed[1]), at))
        except Invalid as wrong:
            raise ValueError(f"{_short(told)}: {wrong.en}") from None
    if _NUMBER.fullmatch(told):
        raise ValueError(f"{told[:40]} is a number, no date. Format the column as a date (dd/mm/yyyy hh:mm).")
    try:
        return _utc(datetime.fromisoformat(told))
    except ValueError:
        raise ValueError(
            f"{_short(told)} is no time that can be read. Write it like 31/01/2026 14:05 or 2026-01-31T14:05:00+07:00, "
            "in a year from 1900 to 2200."
        ) from None


def _utc(at: datetime) -> datetime:
    """By the clock of Vietnam where no other is named. The ends of the calendar have no UTC, and nobody means them."""
    if not FIRST_DAY <= at.date() <= LAST_DAY:
        raise ValueError(f"{at.date()} is no day of a register: the year must be from 1900 to 2200.")
    return at.replace(tzinfo=at.tzinfo or VIETNAM).astimezone(UTC)


def _short(told: str) -> str:
    return repr(told if len(told) <= 40 else told[:39] + "…")
