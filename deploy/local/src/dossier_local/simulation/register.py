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

from dossier_local.errors import GroundError
from dossier_local.simulation.tables import read_table
from dossier_shared import yaml_reader
from dossier_shared.errors import Invalid
from dossier_shared.vocabulary.codes import CatalogueCode
from dossier_shared.vocabulary.moments import local_time, typed_day
from dossier_shared.vocabulary.text import Line

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
DAY_BEGINS, DAY_ENDS = time(0), time(23, 59, 59)
_TYPED = re.compile(r"([0-9]{1,2}[/.][0-9]{1,2}[/.][0-9]{4})(?:[ T]+([0-9hg:]+))?", re.IGNORECASE)
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
class Mapping:
    """How a register's words become actions; see permit_log.yaml."""

    procedure: CatalogueCode
    agency: CatalogueCode
    channels: dict[str, Literal["online", "direct", "postal"]]
    appraisal: Line
    approval: Line
    deputy: Line

    @classmethod
    def read(cls, path: Path | None = None) -> Mapping:
        """The packaged one for the permit log, unless a file is named."""
        source = path if path is not None else files("dossier_local.simulation") / "permit_log.yaml"
        try:
            written = yaml_reader.read(source.read_bytes())
        except OSError as error:
            raise GroundError(f"The mapping file cannot be read: {error.strerror}.") from None
        except yaml_reader.Unreadable as wrong:
            raise GroundError(f"The mapping file cannot be read. {wrong}") from None
        try:
            return _MAPPING.validate_python(written.data)
        except ValidationError as wrong:
            (first, *_) = wrong.errors(include_url=False, include_input=False)
            line, name = written.line(first["loc"]), ".".join(map(str, first["loc"]))
            raise GroundError(
                f"The mapping file lacks or misuses {name or 'everything'} (line {line}): {first['msg']}."
            ) from None


_MAPPING = TypeAdapter(Mapping)


def read_register(path: Path) -> list[Case]:
    """The cases by their first event. Raises GroundError with the line number where a line cannot be understood."""
    cases: dict[str, Case] = {}
    for line, row in read_table(path, COLUMNS):
        try:
            case = cases.get(row["case"])
            if case is None:
                case = cases[row["case"]] = Case(
                    row["case"],
                    row["channel"],
                    row["department"],
                    row["responsible"],
                    _instant(row["deadline"], DAY_ENDS),
                )
            case.entries.append(Entry(row["activity"], row["resource"], _instant(row["timestamp"])))
        except ValueError as error:
            raise GroundError(f"{path.name}, line {line}: {error}") from None
    if not cases:
        raise GroundError(f"{path.name} has no events below its columns.")
    for case in cases.values():
        case.entries.sort(key=lambda entry: entry.at)
    return sorted(cases.values(), key=lambda case: (case.entries[0].at, case.id))


def _instant(told: str | date, day_is: time = DAY_BEGINS) -> datetime:
    """ISO 8601 with an offset; or as Vietnam's Excel has it, `31/01/2026 14:05`, by the clock there. `day_is`: of a day alone."""
    if isinstance(told, datetime):
        if told.tzinfo is None and told.time() == DAY_BEGINS:  # a workbook has no day without a time
            told = datetime.combine(told.date(), day_is)
        return told.replace(tzinfo=told.tzinfo or VIETNAM).astimezone(UTC)
    if isinstance(told, date):
        return datetime.combine(told, day_is, VIETNAM).astimezone(UTC)
    if (typed := _TYPED.fullmatch(told)) is not None:
        try:
            at = local_time(typed[2]) if typed[2] else day_is
            return datetime.combine(typed_day(typed[1]), at, VIETNAM).astimezone(UTC)
        except Invalid as wrong:
            raise ValueError(f"{told!r}: {wrong.en}") from None
    at_all = datetime.fromisoformat(told)
    if at_all.tzinfo is None:
        raise ValueError(f"{told!r} has no offset from UTC")
    return at_all.astimezone(UTC)
