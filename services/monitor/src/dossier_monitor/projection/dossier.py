"""What the board remembers of one dossier. Pure.

Between topics there is no order, and a record may come again at any time. So it only ever takes up facts in
ways that do not depend on the order (highest, earliest, counts guarded by sequence): any order, any repeats, same projection.
Instants are microseconds since 1970, so that a recount compares what the events say, not what a float made of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from dossier_shared.contracts.envelope import Event
from dossier_shared.errors import BadRecord

SOURCES: Final = ("intake", "review", "signing", "notify")
# once in a dossier's life each, unless a decision is sent back; a mark keeps when
MILESTONES: Final = (
    "submitted", "accepted", "refused", "approved", "rejected", "signing-requested", "signed", "delivered", "stopped",
    "withdrawn",
)  # fmt: skip
SUBMITTED, ACCEPTED, REFUSED, APPROVED, REJECTED, REQUESTED, SIGNED, DELIVERED, STOPPED, WITHDRAWN = range(
    len(MILESTONES)
)
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
_NOBODY = len(SOURCES)
_HANDED: Final = -1  # before all sources: where it was handed over to is believed most
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
    # review's latest move to and fro: twice its sequence, plus one where it is to be appraised (again)
    turn: int = 0
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
    handed: int = 0  # sequence of review's latest handing over to another agency
    completing: int = 0  # intake's latest: twice its sequence, plus one where the applicant is to complete it
    decision: int = 0  # sequence of the decision that stands
    undone: int = 0  # review's decisions up to this sequence have been sent back by signing
    back: int = 0  # signing's sequence of the latest such
    requested: int = 0  # sequence of the first request for a signature since then
    again: list[tuple[int, int, str]] = field(default_factory=list)  # later ones: sequence, time, who

    def encode(self) -> bytes:
        return orjson.dumps(row(self))

    @classmethod
    def decode(cls, value: bytes) -> DossierProjection:
        fields = orjson.loads(value)
        times, due_from = fields[_TIMES], fields[_DUE_FROM]
        since = due_from[2:]
        if not since:  # of an earlier release
            times += [0] * (len(MILESTONES) - len(times))
            return cls(*fields)
        del due_from[2:]
        times.append(since[0])
        return cls(*fields, *since[1:])


# A mark that the release before can read and hand on, for who goes back to it: its 24 fields and nine milestones, and what has
# come since behind the two parts of `due_from` that it compares.
_TIMES: Final = 12
_DUE_FROM: Final = 8


def row(of: DossierProjection) -> tuple[Any, ...]:
    *times, withdrawn = of.times
    since = (withdrawn, of.handed, of.completing, of.decision, of.undone, of.back, of.requested, of.again)
    return (
        of.seen, of.agency, of.agency_from, of.procedure, of.channel, of.overseers, of.filing_from,
        of.due, (*of.due_from, *since), of.last, of.turn, of.turn_at, times, of.people, of.appraised,
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
    time, data = micros(event.time), event.data
    due = data.get("appointment")
    due_at = micros(due) if due else None
    _seen(seen, seq)
    if time > projection.last:
        projection.last = time
    if (source, event.agency) < (projection.agency_from, projection.agency):
        projection.agency, projection.agency_from = event.agency, source
    taken = _TAKEN.get(event.type)
    if taken is not None:
        taken(projection, event, time)
    if due_at is not None and [source, -seq] < projection.due_from:
        projection.due, projection.due_from = due_at, [source, -seq]
    return True


ANSWERS: Final = frozenset(
    {"supplement-received", "payment-confirmed", "consultation-answered", "consultation-withdrawn", "request-withdrawn"}
)
Taken = Callable[[DossierProjection, Event, int], None]
_BY: Final = {ACCEPTED: COUNTER, REFUSED: COUNTER}


def _reached(milestone: int) -> Taken:
    person = _BY.get(milestone)

    def taken(projection: DossierProjection, event: Event, time: int) -> None:
        before = projection.times[milestone]
        if person is not None:
            who = subject(event.actor)
            if not before or (time, who) < (before, projection.people[person]):
                projection.people[person] = who
        projection.times[milestone] = min(before, time) if before else time

    return taken


def _submitted(projection: DossierProjection, event: Event, time: int) -> None:
    _FILED(projection, event, time)
    _filing(projection, event)
    projection.channel = event.data["channel"]


def _filing(projection: DossierProjection, event: Event) -> None:
    source = _SOURCE[event.source]
    if source < projection.filing_from:
        projection.procedure, projection.filing_from = event.data["procedure"], source
        if not projection.handed:
            projection.overseers = event.data.get("overseers", [])


def _decided(projection: DossierProjection, event: Event, time: int) -> None:
    """The latest stands, unless it has been sent back."""
    _filing(projection, event)
    if event.seq <= projection.undone or event.seq < projection.decision:
        return
    _undecided(projection)
    projection.decision, projection.people[LEADER] = event.seq, subject(event.actor)
    projection.times[APPROVED if event.type == "approved" else REJECTED] = time


def _undecided(projection: DossierProjection) -> None:
    projection.times[APPROVED] = projection.times[REJECTED] = projection.decision = 0
    projection.people[LEADER] = ""


def _requested(projection: DossierProjection, event: Event, time: int) -> None:
    """The first request counts since it was last sent back; a later one says only that it is being tried once more."""
    seq = event.seq
    projection.signing = max(projection.signing, 2 * seq)
    if seq > projection.back:
        _signer(projection, [(seq, time, subject(event.actor)), *_requests(projection)])


def _failed(projection: DossierProjection, event: Event, _time: int) -> None:
    projection.signing = max(projection.signing, 2 * event.seq + 1)


def _sent_back(projection: DossierProjection, event: Event, time: int) -> None:
    """Which of review's decisions it sends back is told by what it had heard of review: what review says later counts."""
    told = event.heard.get("review", 0)
    projection.undone = max(projection.undone, told)
    if projection.decision <= projection.undone:
        _undecided(projection)
    projection.back = max(projection.back, event.seq)
    _signer(projection, [one for one in _requests(projection) if one[0] > projection.back])
    _failed(projection, event, time)
    _turn(projection, 2 * told + 1, time)


def _requests(projection: DossierProjection) -> list[tuple[int, int, str]]:
    asked = projection.times[REQUESTED]
    first = [(projection.requested, asked, projection.people[SIGNER])] if asked else []
    return [*first, *((seq, time, who) for seq, time, who in projection.again)]


def _signer(projection: DossierProjection, requests: list[tuple[int, int, str]]) -> None:
    first, *projection.again = sorted(requests) or [(0, 0, "")]
    projection.requested, projection.times[REQUESTED], projection.people[SIGNER] = first


def _appraised(projection: DossierProjection, event: Event, time: int) -> None:
    seq = event.seq
    _turn(projection, 2 * seq, time)
    if seq > projection.appraised:
        projection.appraised, projection.appraised_at = seq, time
        projection.people[SPECIALIST] = subject(event.actor)


def _returned(projection: DossierProjection, event: Event, time: int) -> None:
    _turn(projection, 2 * event.seq + 1, time)


def _handed_over(projection: DossierProjection, event: Event, time: int) -> None:
    """From here on it is the other agency's, which appraises it itself."""
    _turn(projection, 2 * event.seq + 1, time)
    if event.seq > projection.handed:
        projection.handed, projection.agency, projection.agency_from = event.seq, event.data["to"], _HANDED
        projection.overseers = event.data.get("overseers", [])


def _turn(projection: DossierProjection, turn: int, time: int) -> None:
    if (turn, time) > (projection.turn, projection.turn_at):
        projection.turn, projection.turn_at = turn, time


def _assigned(projection: DossierProjection, event: Event, _time: int) -> None:
    if event.seq > projection.assigned:
        projection.assigned, projection.officer = event.seq, event.data["officer"]


def _asked(projection: DossierProjection, event: Event, time: int) -> None:
    if event.seq > projection.asked:
        projection.asked, projection.asked_at, projection.asked_of = event.seq, time, ASKS[event.type]


def _answered(projection: DossierProjection, event: Event, _time: int) -> None:
    """Of opinions asked of several agencies, the answer after which none is awaited any more."""
    if not event.data.get("awaited"):
        up_to = event.seq if event.source == "review" else event.heard.get("review", 0)
        projection.answered = max(projection.answered, up_to)


def _completing(asked: int) -> Taken:
    def taken(projection: DossierProjection, event: Event, _time: int) -> None:
        projection.completing = max(projection.completing, 2 * event.seq + asked)

    return taken


def _sent(projection: DossierProjection, _event: Event, _time: int) -> None:
    projection.messages += 1


_FILED: Final = _reached(SUBMITTED)
_WITHDRAWN: Final = _reached(WITHDRAWN)
# what is not here moves nothing: only that it was heard, and when
_TAKEN: Final[dict[str, Taken]] = {
    "submitted": _submitted, "completion-requested": _completing(1), "completed": _completing(0),
    "accepted": _reached(ACCEPTED), "refused": _reached(REFUSED), "withdrawn": _WITHDRAWN,
    "assigned": _assigned, "appraised": _appraised, "returned": _returned, "handed-over": _handed_over,
    "approved": _decided, "rejected": _decided, "stopped": _reached(STOPPED), "withdrawal-granted": _WITHDRAWN,
    "signing-requested": _requested, "signing-failed": _failed, "sent-back": _sent_back, "signed": _reached(SIGNED),
    "message-sent": _sent, "delivered": _reached(DELIVERED),
    **dict.fromkeys(ASKS, _asked), **dict.fromkeys(ANSWERS, _answered),
}  # fmt: skip


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
