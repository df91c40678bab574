"""What is on `monitor.board` (compacted), as keys and JSON. README.md has the table for other readers.

`<partition>|cell|<agency>|<procedure>|<channel>`  absolute counts of one source partition
`<partition>|officer|<agency>|<subject>`           the same of one officer
`<partition>|flow|<agency>|<slot>`                 the same of one hour's throughput; an hour's slot is used again later
`<partition>|deeds|<agency>|<subject>|<slot>`      the same of one hour of what an officer did
`<partition>|agency|<agency>`                      what an agency is called and who is above it
`<partition>|procedure|<procedure>`                what a procedure is called
`<partition>|pulse`                                a sign of life, every second
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import orjson

from dossier_monitor.projection.cells import KEEP_HOURS, BoardPlace, Cell, Counts, Deeds, Flow, Hourly, Officer
from dossier_shared.contracts.envelope import Record

SLOTS: Final = KEEP_HOURS + 2  # keys of throughput per agency or officer, and partition
_KINDS: Final[dict[str, type[BoardPlace]]] = {"cell": Cell, "officer": Officer, "flow": Flow, "deeds": Deeds}
_NAMES: Final[dict[type, str]] = {kind: name for name, kind in _KINDS.items()}


def _key(*parts: str | int) -> bytes:
    return "|".join([str(part).replace("%", "%25").replace("|", "%7C") for part in parts]).encode()


def place_record(place: BoardPlace, counts: Counts) -> Record:
    kind = _NAMES[type(place)]
    parts = (*place[1:-1], place.hour % SLOTS) if isinstance(place, Hourly) else place[1:]
    return _record(_key(place.partition, kind, *parts), {"kind": kind, **place._asdict(), "counts": counts})


def agency_record(partition: int, agency: str, name: str, overseers: list[str]) -> Record:
    """`overseers`: the agencies above, the nearest first."""
    body = {"kind": "agency", "partition": partition, "agency": agency, "name": name, "overseers": overseers}
    return _record(_key(partition, "agency", agency), body)


def procedure_record(partition: int, procedure: str, name: str) -> Record:
    body = {"kind": "procedure", "partition": partition, "procedure": procedure, "name": name}
    return _record(_key(partition, "procedure", procedure), body)


@dataclass(frozen=True, slots=True)
class Heartbeat:
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
    ahead: int  # events said to have happened more than a year from now: counted, but not believed as a clock
    worker: str


def heartbeat_record(heartbeat: Heartbeat) -> Record:
    body = {"kind": "pulse", **{name: getattr(heartbeat, name) for name in Heartbeat.__slots__}}
    return _record(_key(heartbeat.partition, "pulse"), body)


def _record(key: bytes, body: dict[str, Any]) -> Record:
    return Record(key, orjson.dumps(body), [])


def read(value: bytes | None) -> dict[str, Any] | None:
    """The body, or None where it is not one of ours."""
    try:
        body = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return None
    return body if isinstance(body, dict) and body.get("kind") in (*_KINDS, "agency", "procedure", "pulse") else None


def heartbeat_of(body: dict[str, Any]) -> Heartbeat:
    return Heartbeat(**{name: body[name] for name in Heartbeat.__slots__})


def place_of(body: dict[str, Any]) -> BoardPlace | None:
    kind = _KINDS.get(body["kind"])
    return kind(*(body[name] for name in kind._fields)) if kind else None
