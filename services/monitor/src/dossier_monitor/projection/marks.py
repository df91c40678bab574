"""What the board remembers of one dossier. Pure.

Between topics there is no order, and a record may come again at any time. A `Mark` therefore only ever takes up facts in
ways that do not depend on the order (highest, earliest, counts guarded by sequence): any order, any repeats, same mark.
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
    def decode(cls, value: bytes) -> Mark:
        mark = cls(*orjson.loads(value))
        mark.times += [0] * (len(MILESTONES) - len(mark.times))  # of an earlier release, which knew fewer
        return mark


def row(mark: Mark) -> tuple[Any, ...]:
    return (
        mark.seen, mark.agency, mark.agency_from, mark.procedure, mark.channel, mark.overseers, mark.filing_from,
        mark.due, mark.due_from, mark.last, mark.turn, mark.turn_at, mark.times, mark.people, mark.appraised,
        mark.assigned, mark.officer, mark.asked, mark.asked_at, mark.asked_of, mark.answered, mark.signing,
        mark.messages, mark.appraised_at,
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


def take(mark: Mark, event: Event) -> bool:
    """Takes one event up. False: it was known. Raises BadRecord, and leaves the mark alone, where it makes no sense."""
    source = _SOURCE[event.source]
    seen, seq = mark.seen[source], event.seq
    if seq <= seen[0] or seq in seen:
        return False
    time, data, kind = micros(event.time), event.data, event.type
    due = data.get("appointment")
    due_at = micros(due) if due else None
    _seen(seen, seq)
    if time > mark.last:
        mark.last = time
    if (source, event.agency) < (mark.agency_from, mark.agency):
        mark.agency, mark.agency_from = event.agency, source
    if kind in _ATTEMPTS:
        mark.signing = max(mark.signing, 2 * seq + _ATTEMPTS[kind])
    milestone = _MILESTONE.get(kind)
    if milestone is not None:
        _reached(mark, milestone, time, event.actor)
    elif kind in _TURNS:
        _turned(mark, seq, time, kind, event.actor)
    elif kind == "message-sent":
        mark.messages += 1
    elif kind == "assigned":
        if seq > mark.assigned:
            mark.assigned, mark.officer = seq, data["officer"]
    elif kind in ASKS:
        if seq > mark.asked:
            mark.asked, mark.asked_at, mark.asked_of = seq, time, ASKS[kind]
    elif kind in ANSWERS:
        mark.answered = max(mark.answered, seq if event.source == "review" else event.heard.get("review", 0))
    if kind in _WITH_FILING and source < mark.filing_from:
        mark.procedure, mark.filing_from = data["procedure"], source
        mark.overseers = data.get("overseers", [])
    if kind == "submitted":
        mark.channel = data["channel"]
    if due_at is not None and [source, -seq] < mark.due_from:
        mark.due, mark.due_from = due_at, [source, -seq]
    return True


_WITH_FILING: Final = frozenset({"submitted", "approved", "rejected"})
_ATTEMPTS: Final = {"signing-requested": 0, "signing-failed": 1}
_TURNS: Final = {"appraised": 0, "returned": 1}
ANSWERS: Final = frozenset({"supplement-received", "payment-confirmed", "consultation-answered", "request-withdrawn"})
_BY: Final = {ACCEPTED: COUNTER, REFUSED: COUNTER, APPROVED: LEADER, REJECTED: LEADER, REQUESTED: SIGNER}


def _reached(mark: Mark, milestone: int, time: int, actor: str) -> None:
    before = mark.times[milestone]
    person = _BY.get(milestone)
    if person is not None:
        who = subject(actor)
        if not before or (time, who) < (before, mark.people[person]):
            mark.people[person] = who
    mark.times[milestone] = min(before, time) if before else time


def _turned(mark: Mark, seq: int, time: int, kind: str, actor: str) -> None:
    turn = 2 * seq + _TURNS[kind]
    if turn > mark.turn:
        mark.turn, mark.turn_at = turn, time
    if kind == "appraised" and seq > mark.appraised:
        mark.appraised, mark.appraised_at, mark.people[SPECIALIST] = seq, time, subject(actor)


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
