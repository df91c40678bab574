"""What follows from a mark at an instant: where the dossier stands, whose turn it is, how it stands with its deadline. Pure.

Instants are microseconds since 1970. Days are Vietnam's.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

from dossier_monitor.projection.dossier import (
    ACCEPTED,
    APPROVED,
    DELIVERED,
    LEADER,
    REFUSED,
    REJECTED,
    REQUESTED,
    SIGNED,
    SPECIALIST,
    STOPPED,
    SUBMITTED,
    WITHDRAWN,
    DossierProjection,
)

OpenStage = Literal["submitted", "appraisal", "approval", "signing", "delivery"]  # whose turn it is
Stage = Literal[OpenStage, "refused", "delivered", "stopped", "withdrawn"]
# for whom or what an open dossier waits
Waits = Literal["counter", "specialist", "leader", "citizen", "payment", "agency", "signing", "delivery"]
Outcome = Literal["approved", "rejected", "refused", "stopped", "withdrawn"]
OPEN_STAGES: Final[tuple[str, ...]] = get_args(OpenStage)
STAGES: Final[tuple[str, ...]] = get_args(Stage)
WAITS: Final[tuple[str, ...]] = get_args(Waits)
DUE: Final = ("late", "today", "soon", "later", "paused", "none")  # how an unfinished dossier stands with its deadline
SECOND: Final = 1_000_000
DAY: Final = 86_400 * SECOND
_VIETNAM: Final = 7 * 3600 * SECOND
FAR: Final = 400 * DAY  # further ahead than any replay is set; what is said to happen later is a broken clock
SOON_DAYS: Final = 3
STOPS_THE_CLOCK: Final = frozenset({"citizen", "payment"})


def stage(projection: DossierProjection) -> str:
    """The furthest of what the sources say."""
    times = projection.times
    if times[DELIVERED]:
        return "delivered"
    if times[SIGNED]:
        return "delivery"
    if times[APPROVED] or times[REJECTED] or times[REQUESTED]:
        return "signing"
    if times[STOPPED]:
        return "stopped"
    if times[WITHDRAWN]:
        return "withdrawn"
    if projection.turn:
        return "appraisal" if projection.turn & 1 else "approval"
    if times[REFUSED]:
        return "refused"
    return "appraisal" if times[ACCEPTED] else "submitted"


def since(projection: DossierProjection, at: str) -> int:
    """When it came to stage `at`; the earliest thing known of it where the event itself has not been heard."""
    times = projection.times
    if at == "delivered":
        return times[DELIVERED]
    if at == "delivery":
        return times[SIGNED]
    if at == "signing":
        return decided(projection) or times[REQUESTED]
    if at == "stopped":
        return times[STOPPED]
    if at == "withdrawn":
        return times[WITHDRAWN]
    if at == "approval" or projection.turn:
        return projection.turn_at
    return times[REFUSED] if at == "refused" else times[ACCEPTED] or times[SUBMITTED] or projection.last


def decided(projection: DossierProjection) -> int:
    """When it was approved or rejected; 0: not yet."""
    return projection.times[APPROVED] or projection.times[REJECTED]


def waits_for(projection: DossierProjection, at: str) -> str:
    """One of WAITS, for an open dossier at stage `at`; empty for an ended one."""
    if at == "appraisal":
        return projection.asked_of if projection.asked > projection.answered else "specialist"
    if at == "signing":
        return "signing" if _at_the_machine(projection) else "leader"
    if at == "submitted" and projection.completing & _TO_COMPLETE:
        return "citizen"
    return _WAITS.get(at, "")


_TO_COMPLETE: Final = 1  # of `completing`: the applicant's turn
_WAITS: Final = {"submitted": "counter", "approval": "leader", "delivery": "delivery"}


def holder(projection: DossierProjection, at: str) -> str:
    """The officer known to have it in hand; empty: anyone of that role in its agency, or nobody."""
    if at == "appraisal":
        handed = projection.handed  # who had it in the agency that gave it away has it no more
        given = projection.officer if projection.assigned > handed else ""
        return given or (projection.people[SPECIALIST] if projection.turn & 1 and projection.appraised > handed else "")
    return projection.people[LEADER] if at == "signing" and not _at_the_machine(projection) else ""


def _at_the_machine(projection: DossierProjection) -> bool:
    """A signature was asked for and has not failed since; a failed one is the leader's again."""
    return projection.signing > 0 and not projection.signing & 1


def unfinished(projection: DossierProjection) -> bool:
    times = projection.times
    return not (times[SIGNED] or times[DELIVERED] or times[REFUSED] or times[STOPPED] or times[WITHDRAWN])


def paused(projection: DossierProjection) -> bool:
    """The legal clock stands: a supplement or a payment is awaited, and was asked for before the deadline had passed; or it does
    not run yet, for the applicant is to complete it."""
    if projection.completing & _TO_COMPLETE and stage(projection) == "submitted":
        return True
    return (
        projection.asked > projection.answered
        and projection.asked_of in STOPS_THE_CLOCK
        and not decided(projection)
        and not projection.times[STOPPED]
        and not projection.times[WITHDRAWN]
        and (projection.due is None or projection.asked_at <= projection.due)
    )


def due_state(projection: DossierProjection, now: int) -> str:
    """One of DUE, for an unfinished dossier."""
    due = projection.due
    if due is None:
        return "none"
    if paused(projection):
        return "paused"
    if due < now:
        return "late"
    days = day(due) - day(now)
    if days == 0:
        return "today"
    return "soon" if days <= SOON_DAYS else "later"


def late(projection: DossierProjection, now: int) -> bool:
    """Not finished, its appointment has passed, and the clock does not stand."""
    return projection.due is not None and projection.due < now and unfinished(projection) and not paused(projection)


def day(at: int) -> int:
    """Number of the Vietnamese day."""
    return (at + _VIETNAM) // DAY


def day_begins(number: int) -> int:
    return number * DAY - _VIETNAM


def on_time(projection: DossierProjection) -> bool | None:
    """766/QĐ-TTg: finished, which is signed, no later than the appointment. None: not finished, or without one."""
    finished = projection.times[SIGNED]
    return finished <= projection.due if finished and projection.due is not None else None
