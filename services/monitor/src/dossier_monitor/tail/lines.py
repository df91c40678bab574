"""A record of a topic as the stream shows it: never its sealed part, of its data only what a reader of stories needs. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dossier_monitor.board.board import Board, sees
from dossier_monitor.lists.filters import Code, without_empty
from dossier_monitor.timelines.story import SHOWN
from dossier_shared.contracts.envelope import RawRecord
from dossier_shared.contracts.topics import SOURCE_OF_TOPIC, parted
from dossier_shared.errors import BadRecord
from dossier_shared.journal.keyring import Keyring
from dossier_shared.journal.registry import Registry
from dossier_shared.journal.stream import read_event

MAX_TEXT: Final = 200  # characters of one value


@dataclass(frozen=True, slots=True)
class Line:
    """`above`: as its own event has them. `number` counts the lines of this node's life. A broken record has a `reason`, and
    belongs to nobody: `agency` is empty."""

    number: int
    source: str
    type: str
    dossier: str
    agency: str
    above: tuple[str, ...]
    seq: int
    body: dict[str, Any]


class Wanted(BaseModel):
    """Which lines a reader asks for; all given conditions hold."""

    model_config = ConfigDict(frozen=True)

    agency: Code | None = Field(default=None, description="this agency and those below it")
    service: Code | None = Field(default=None, description="whose events")
    type: Code | None = None
    dossier: Code | None = Field(default=None, description="code or id")

    _drop_empty = model_validator(mode="before")(without_empty)


def line_of(
    record: RawRecord, number: int, board: Board, keys: Keyring | None = None, registry: Registry | None = None
) -> Line:
    place = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
    try:
        event = read_event(record, keys, registry)
    except BadRecord as why:
        source = SOURCE_OF_TOPIC.get(parted(record.topic)[0], "")
        return Line(
            number, source, "", "", "", (), 0, {"number": number, "source": source, "broken": why.reason, **place}
        )
    # of handed-over, they are those above the agency it goes to
    above = () if event.type == "handed-over" else tuple(event.data.get("overseers", ()))
    role, _, person = event.actor.partition(":")
    data = {name: _short(event.data[name]) for name in SHOWN.get(event.type, ()) if name in event.data}
    if "procedure_name" in data:
        data["procedure_name"] = board.procedure_name(event.data["procedure"], data["procedure_name"])
    body = {
        "number": number,
        "source": event.source,
        "type": event.type,
        "dossier": event.dossier,
        "seq": event.seq,
        "agency": event.agency,
        "time": event.time,
        "recorded": event.recorded,
        "role": role,
        "actor": person,
        "data": data,
        **place,
    }
    return Line(number, event.source, event.type, event.dossier, event.agency, above, event.seq, body)


def matches(line: Line, wanted: Wanted, scope: str | None, board: Board) -> bool:
    """By the tree as it is now. A broken record says nothing of any dossier: all who watch see that there is one, unless they
    ask for less."""
    if wanted.service and line.source != wanted.service:
        return False
    if not line.agency:
        return not (wanted.agency or wanted.dossier or wanted.type)
    return (
        sees(scope, line.agency, board.above(line.agency, line.above))
        and (not wanted.type or line.type == wanted.type)
        and (not wanted.dossier or line.dossier == wanted.dossier)
    )


def _short(value: Any) -> Any:
    """Explanations are for the dossier's own page."""
    if isinstance(value, str):
        return value if len(value) <= MAX_TEXT else value[:MAX_TEXT] + "…"
    return value if isinstance(value, (int, float, bool)) or value is None else None
