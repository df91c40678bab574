"""What the board remembers of one dossier, and what follows from it. Pure.

Between topics there is no order, and a record may come again at any time. A `Mark` therefore only ever takes up facts in
ways that do not depend on the order (highest, earliest, counts guarded by sequence): any order, any repeats, same mark.
Instants are microseconds since 1970, so that a recount compares what the events say, not what a float made of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from dossier_shared.envelope import Event
from dossier_shared.errors import BadRecord

SOURCES: Final = ("intake", "review", "signing", "notify")
# once in a dossier's life each; a mark keeps when
MILESTONES: Final = (
    "submitted", "accepted", "refused", "approved", "rejected", "signing-requested", "signed", "delivered",
)  # fmt: skip
OPEN_STAGES: Final = ("submitted", "appraisal", "approval", "signing", "delivery")  # whose turn it is
STAGES: Final = (*OPEN_STAGES, "refused", "delivered")
TOTALS: Final = (
    "filed", "accepted", "refused", "approved", "rejected", "signed", "delivered",
    "on_time", "ended_late", "messages", "unfiled",
)  # fmt: skip

_SOURCE = {name: index for index, name in enumerate(SOURCES)}
_MILESTONE = {name: index for index, name in enumerate(MILESTONES)}
_SUBMITTED, _ACCEPTED, _REFUSED, _APPROVED, _REJECTED, _REQUESTED, _SIGNED, _DELIVERED = range(len(MILESTONES))
_NOBODY = len(SOURCES)


@dataclass(slots=True)
class Mark:
    """`…_from`: the source a fact was taken from; the earlier in the loop, the more it is believed."""

    seen: list[list[int]] = field(
        default_factory=lambda: [[0] for _ in SOURCES]
    )  # high-water mark, then what is beyond a gap
    agency: str = ""
    agency_from: int = _NOBODY
    procedure: str = ""
    channel: str = ""
    overseers: list[str] = field(default_factory=list)  # agencies above, the nearest first
    filing_from: int = _NOBODY
    due: int | None = None
    due_from: int = _NOBODY
    last: int = 0  # the latest event's time
    turn: int = 0  # review's latest move to and fro: twice its sequence, plus one where it was a return
    times: list[int] = field(default_factory=lambda: [0] * len(MILESTONES))
    messages: int = 0

    def encode(self) -> bytes:
        return orjson.dumps(_row(self))

    @classmethod
    def decode(cls, value: bytes) -> Mark:
        return cls(*orjson.loads(value))


def _row(mark: Mark) -> tuple[Any, ...]:
    return (
        mark.seen, mark.agency, mark.agency_from, mark.procedure, mark.channel, mark.overseers, mark.filing_from,
        mark.due, mark.due_from, mark.last, mark.turn, mark.times, mark.messages,
    )  # fmt: skip


def micros(text: str) -> int:
    """Raises BadRecord where it is no instant."""
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise ValueError("no offset")
        return round(at.timestamp() * 1_000_000)
    except (ValueError, OverflowError) as error:
        raise BadRecord("invalid-data", f"not an instant: {text[:50]!r}") from error


def iso(at: int) -> str:
    seconds, rest = divmod(at, 1_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:06d}Z"


def take(mark: Mark, event: Event) -> bool:
    """Takes one event up. False: it was known. Raises BadRecord, and leaves the mark alone, where it makes no sense."""
    source = _SOURCE[event.source]
    seen, seq = mark.seen[source], event.seq
    if seq <= seen[0] or seq in seen:
        return False
    time, data, kind = micros(event.time), event.data, event.type
    due = data.get("appointment") if kind in _WITH_DUE else None
    due_at = micros(due) if due else None
    _seen(seen, seq)
    if time > mark.last:
        mark.last = time
    if (source, event.agency) < (mark.agency_from, mark.agency):
        mark.agency, mark.agency_from = event.agency, source
    milestone = _MILESTONE.get(kind)
    if milestone is not None:
        before = mark.times[milestone]
        mark.times[milestone] = min(before, time) if before else time
    elif kind in _TURNS:
        mark.turn = max(mark.turn, 2 * seq + _TURNS[kind])
    elif kind == "message-sent":
        mark.messages += 1
    if kind in _WITH_FILING and source < mark.filing_from:
        mark.procedure, mark.filing_from = data["procedure"], source
        mark.overseers = data.get("overseers", [])
    if kind == "submitted":
        mark.channel = data["channel"]
    if due_at is not None and (mark.due is None or (source, due_at) < (mark.due_from, mark.due)):
        mark.due, mark.due_from = due_at, source
    return True


_WITH_DUE: Final = frozenset({"accepted", "approved", "rejected"})
_WITH_FILING: Final = frozenset({"submitted", "approved", "rejected"})
_TURNS: Final = {"appraised": 0, "returned": 1}


def _seen(seen: list[int], seq: int) -> None:
    """A gap cannot be on a topic; where one is all the same, what is beyond it is remembered one by one."""
    if seq != seen[0] + 1:
        seen.append(seq)
        return
    seen[0] = seq
    while seen[0] + 1 in seen:
        seen.remove(seen[0] + 1)
        seen[0] += 1


def stage(mark: Mark) -> str:
    """The furthest of what the sources say."""
    times = mark.times
    if times[_DELIVERED]:
        return "delivered"
    if times[_SIGNED]:
        return "delivery"
    if times[_APPROVED] or times[_REJECTED] or times[_REQUESTED]:
        return "signing"
    if mark.turn:
        return "appraisal" if mark.turn & 1 else "approval"
    if times[_REFUSED]:
        return "refused"
    return "appraisal" if times[_ACCEPTED] else "submitted"


def late(mark: Mark, now: int) -> bool:
    """Not finished, and its appointment has passed."""
    return mark.due is not None and mark.due < now and _unfinished(mark)


def may_become_late(mark: Mark, now: int) -> bool:
    return mark.due is not None and mark.due >= now and _unfinished(mark)


def _unfinished(mark: Mark) -> bool:
    times = mark.times
    return not (times[_SIGNED] or times[_DELIVERED] or times[_REFUSED])


def totals(mark: Mark) -> list[int]:
    """As `TOTALS`. On time (766/QĐ-TTg): finished, which is signed, no later than the appointment."""
    times = mark.times
    finished = times[_SIGNED]
    judged = bool(finished) and mark.due is not None
    on_time = judged and finished <= (mark.due or 0)
    return [
        1 if times[_SUBMITTED] else 0,
        1 if times[_ACCEPTED] else 0,
        1 if times[_REFUSED] else 0,
        1 if times[_APPROVED] else 0,
        1 if times[_REJECTED] else 0,
        1 if finished else 0,
        1 if times[_DELIVERED] else 0,
        1 if on_time else 0,
        1 if judged and not on_time else 0,
        mark.messages,
        0 if times[_SUBMITTED] else 1,
    ]
