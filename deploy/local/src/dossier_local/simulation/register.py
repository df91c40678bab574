"""An office's own register: CSV or CSV.gz, one line per event, read through a small mapping file."""

from __future__ import annotations

import csv
import gzip
import io
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from dossier_local.errors import GroundError
from dossier_shared import yaml_reader

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

    procedure: str
    agency: str
    channels: dict[str, str]
    appraisal: str
    approval: str
    deputy: str

    @classmethod
    def read(cls, path: Path | None = None) -> Mapping:
        """The packaged one for the permit log, unless a file is named."""
        source = path if path is not None else files("dossier_local.simulation") / "permit_log.yaml"
        try:
            raw: dict[str, Any] = yaml_reader.read(source.read_bytes()).data
            return cls(
                procedure=str(raw["procedure"]),
                agency=str(raw["agency"]),
                channels=dict(raw["channels"]),
                appraisal=str(raw["appraisal"]),
                approval=str(raw["approval"]),
                deputy=str(raw["deputy"]),
            )
        except yaml_reader.Unreadable as wrong:
            raise GroundError(f"The mapping file cannot be read. {wrong}") from None
        except (KeyError, TypeError, ValueError) as error:
            raise GroundError(f"The mapping file lacks or misuses {error}.") from None


def read_register(path: Path) -> list[Case]:
    """The cases by their first event. Raises GroundError with the line number where a line cannot be understood."""
    packed = path.suffix == ".gz"
    cases: dict[str, Case] = {}
    with gzip.open(path, "rb") if packed else path.open("rb") as raw:
        reader = csv.DictReader(io.TextIOWrapper(raw, "utf-8-sig", newline=""))
        if missing := [name for name in COLUMNS if name not in (reader.fieldnames or ())]:
            raise GroundError(f"{path.name} has no column {', '.join(missing)}; a register has {', '.join(COLUMNS)}.")
        for row in reader:
            try:
                case = cases.get(row["case"])
                if case is None:
                    case = cases[row["case"]] = Case(
                        row["case"], row["channel"], row["department"], row["responsible"], _instant(row["deadline"])
                    )
                case.entries.append(Entry(row["activity"], row["resource"], _instant(row["timestamp"])))
            except (ValueError, TypeError) as error:
                raise GroundError(f"{path.name}, line {reader.line_num}: {error}") from None
    for case in cases.values():
        case.entries.sort(key=lambda entry: entry.at)
    return sorted(cases.values(), key=lambda case: (case.entries[0].at, case.id))


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no offset from UTC")
    return at.astimezone(UTC)
