"""What is on `monitor.board` (compacted), as keys and JSON. README.md has the table for other readers.

`<partition>|<agency>|<procedure>|<channel>`  a cell: absolute counts of one source partition
`<partition>|<agency>`                        what an agency is called and who is above it
`<partition>`                                 a sign of life, every second
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from dossier_monitor.cells import Cell, as_numbers
from dossier_shared.envelope import Record


def _key(*parts: str | int) -> bytes:
    return "|".join([str(part).replace("%", "%25").replace("|", "%7C") for part in parts]).encode()


def cell_record(cell: Cell, counts: list[int]) -> Record:
    return _record(_key(*cell), {"kind": "cell", **cell._asdict(), **as_numbers(counts)})


def agency_record(partition: int, agency: str, name: str, overseers: list[str]) -> Record:
    """`overseers`: the agencies above, the nearest first."""
    body = {"kind": "agency", "partition": partition, "agency": agency, "name": name, "overseers": overseers}
    return _record(_key(partition, agency), body)


@dataclass(frozen=True, slots=True)
class Pulse:
    """One source partition's sign of life. Instants are ISO 8601; None: no event yet."""

    partition: int
    at: str  # wall clock of the worker
    now: str | None  # the instant by which lateness is judged
    last_time: str | None  # business time of the latest event
    last_recorded: str | None  # wall clock at which the latest event was recorded in its service
    lag: int  # records on the four topics not folded yet
    positions: dict[str, int]  # topic -> next offset to fold
    folded: int  # events taken up since this worker started
    skipped: int  # records it could not read
    worker: str


def pulse_record(pulse: Pulse) -> Record:
    body = {"kind": "pulse", **{name: getattr(pulse, name) for name in Pulse.__slots__}}
    return _record(_key(pulse.partition), body)


def _record(key: bytes, body: dict[str, Any]) -> Record:
    return Record(key, orjson.dumps(body), [])


def read(value: bytes | None) -> dict[str, Any] | None:
    """The body, or None where it is not one of ours."""
    try:
        body = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return None
    return body if isinstance(body, dict) and body.get("kind") in ("cell", "agency", "pulse") else None


def pulse_of(body: dict[str, Any]) -> Pulse:
    return Pulse(**{name: body[name] for name in Pulse.__slots__})


def cell_of(body: dict[str, Any]) -> Cell:
    return Cell(body["partition"], body["agency"], body["procedure"], body["channel"])
