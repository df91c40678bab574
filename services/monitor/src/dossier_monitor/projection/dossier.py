"""What the board remembers of one dossier. Pure.

Between topics there is no order, and a record may come again at any time. So it only ever takes up facts in
ways that do not depend on the order (highest, earliest, counts guarded by sequence): any order, any repeats, same projection.
Instants are microseconds since 1970, so that a recount compares what the events say, not what a float made of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from dossier_shared.contracts.envelope import Event
from dossier_shared.errors import BadRecord

SOURCES: Final = ("intake", "review", "signing", "notify")
# once in a dossier's life each; a mark keeps when
MILESTONES: Final = (
    "submitted", "accepted", "refused", "approved", "rejected", "signing-requested", "signed", "delivered", "stopped",
)  # fmt: skip
SUBMITTED, ACCEPTED, REFUSED, APPROVED, REJECTED, REQUESTED, SIGNED, DELIVERED, STOPPED = range(len(MILESTONES))
PEOPLE: Final = (
    "counter",
    "specialist",
    "leader",
    "signer",
)  # who accepted or refused, appraised, decided, asked to sign
COUNTER, SPECIALIST, LEADER, SIGNER = range(len(PEOPLE))
# review's requests, and whom or what the dossier waits for until they are answered
ASKS: Final = {"supplement-requested": "citizen", "payment-requested": "payment", "consultation-requested": "agency"}

_SOURCE = {name: index for index, name in enumerate(SOURCES)}
_MILESTONE = {name: index for index, name in enumerate(MILESTONES)}
_NOBODY = len(SOURCES)
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 — in UTC, and without saying so


@dataclass(slots=True)
class DossierProjection:
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
    due_from: list[int] = field(default_factory=lambda: [_NOBODY, 0])  # source, minus its sequence: its latest counts
    last: int = 0  # the latest event's time
    turn: int = 0  # review's latest move to and fro: twice its sequence, plus one where it was a return
    turn_at: int = 0
    times: list[int] = field(default_factory=lambda: [0] * len(MILESTONES))
    people: list[str] = field(default_factory=lambda: [""] * len(PEOPLE))  # subjects; empty: nobody yet, or by rule
    appraised: int = 0  # sequence of the latest appraisal
    assigned: int = 0  # sequence of the latest assignment
    officer: str = ""  # to whom
    asked: int = 0  # sequence of review's latest request to wait for
    asked_at: int = 0
    asked_of: str = ""  # one of ASKS' values
    answered: int = 0  # review's requests up to this sequence are answered
    signing: int = 0  # signing's latest attempt: twice its sequence, plus one where it failed
    messages: int = 0
    appraised_at: int = 0  # when the latest appraisal was, whatever has been returned since

    def encode(self) -> bytes:
        return orjson.dumps(row(self))

    @classmethod
    def decode(cls, value: bytes) -> DossierProjection:
        projection = cls(*orjson.loads(value))
        projection.times += [0] * (len(MILESTONES) - len(projection.times))  # of an earlier release, which knew fewer
        return projection


def row(of: DossierProjection) -> tuple[Any, ...]:
    return (
        of.seen, of.agency, of.agency_from, of.procedure, of.channel, of.overseers, of.filing_from,
        of.due, of.due_from, of.last, of.turn, of.turn_at, of.times, of.people, of.appraised,
        of.assigned, of.officer, of.asked, of.asked_at, of.asked_of, of.answered, of.signing,
        of.messages, of.appraised_at,
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
    return f"{(_EPOCH + timedelta(microseconds=at)).isoformat(timespec='microseconds')}Z"


def take(projection: DossierProjection, event: Event) -> bool:
    """Takes one event up. False: it was known. Raises BadRecord, and leaves the mark alone, where it makes no sense."""
    source = _SOURCE[event.source]
    seen, seq = projection.seen[source], event.seq
    if seq <= seen[0] or seq in seen:
        return False
    time, data, kind = micros(event.time), event.data, event.type
    due = data.get("appointment")
    due_at = micros(due) if due else None
    _seen(seen, seq)
    if time > projection.last:
        projection.last = time
    if (source, event.agency) < (projection.agency_from, projection.agency):
        projection.agency, projection.agency_from = event.agency, source
    if kind in _ATTEMPTS:
        projection.signing = max(projection.signing, 2 * seq + _ATTEMPTS[kind])
    milestone = _MILESTONE.get(kind)
    if milestone is not None:
        _reached(projection, milestone, time, event.actor)
    elif kind in _TURNS:
        _turned(projection, seq, time, kind, event.actor)
    elif kind == "message-sent":
        projection.messages += 1
    elif kind == "assigned":
        if seq > projection.assigned:
            projection.assigned, projection.officer = seq, data["officer"]
    elif kind in ASKS:
        if seq > projection.asked:
            projection.asked, projection.asked_at, projection.asked_of = seq, time, ASKS[kind]
    elif kind in ANSWERS:
        projection.answered = max(
            projection.answered, seq if event.source == "review" else event.heard.get("review", 0)
        )
    if kind in _WITH_FILING and source < projection.filing_from:
        projection.procedure, projection.filing_from = data["procedure"], source
        projection.overseers = data.get("overseers", [])
    if kind == "submitted":
        projection.channel = data["channel"]
    if due_at is not None and [source, -seq] < projection.due_from:
        projection.due, projection.due_from = due_at, [source, -seq]
    return True


_WITH_FILING: Final = frozenset({"submitted", "approved", "rejected"})
_ATTEMPTS: Final = {"signing-requested": 0, "signing-failed": 1}
_TURNS: Final = {"appraised": 0, "returned": 1}
ANSWERS: Final = frozenset({"supplement-received", "payment-confirmed", "consultation-answered", "request-withdrawn"})
_BY: Final = {ACCEPTED: COUNTER, REFUSED: COUNTER, APPROVED: LEADER, REJECTED: LEADER, REQUESTED: SIGNER}


def _reached(projection: DossierProjection, milestone: int, time: int, actor: str) -> None:
    before = projection.times[milestone]
    person = _BY.get(milestone)
    if person is not None:
        who = subject(actor)
        if not before or (time, who) < (before, projection.people[person]):
            projection.people[person] = who
    projection.times[milestone] = min(before, time) if before else time


def _turned(projection: DossierProjection, seq: int, time: int, kind: str, actor: str) -> None:
    turn = 2 * seq + _TURNS[kind]
    if turn > projection.turn:
        projection.turn, projection.turn_at = turn, time
    if kind == "appraised" and seq > projection.appraised:
        projection.appraised, projection.appraised_at, projection.people[SPECIALIST] = seq, time, subject(actor)


def subject(actor: str) -> str:
    """Of `<role>:<subject>`; empty for a rule."""
    role, _, who = actor.partition(":")
    return "" if role == "rule" else who


def _seen(seen: list[int], seq: int) -> None:
    """A gap cannot be on a topic; where one is all the same, what is beyond it is remembered one by one."""
    if seq != seen[0] + 1:
        seen.append(seq)
        return
    seen[0] = seq
    while seen[0] + 1 in seen:
        seen.remove(seen[0] + 1)
        seen[0] += 1
