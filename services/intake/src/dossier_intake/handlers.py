"""What intake does on each command; it answers none of the events it hears (they only move the citizen's view)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dossier_intake.calendars import WorkCalendar
from dossier_intake.deadlines import Limit, appointment
from dossier_intake.domain import evolve
from dossier_intake.filing import Checked
from dossier_shared.auth import same_agency
from dossier_shared.clock import instant
from dossier_shared.errors import NotFound
from dossier_shared.events import Accepted, Refused, RefusedSealed
from dossier_shared.journal import New, Rules, State
from dossier_shared.tokens import Principal


def submit_dossier(checked: Checked, code: str, at: datetime, calendar: WorkCalendar) -> Sequence[New]:
    """A straight-through procedure is accepted by rule in the same write."""
    filed = New(checked.submitted(code), checked.sealed)
    if not checked.procedure.straight_through:
        return [filed]
    return [filed, New(_acceptance(checked.procedure.deadline, at, calendar), actor="rule:intake")]


def accept_dossier(
    state: State, who: Principal, at: datetime, calendar: WorkCalendar, promised: str | None = None
) -> Sequence[New]:
    """`promised`: the appointment of an older register, taken as it is."""
    _mine(state, who)
    if promised is not None:
        return [New(Accepted(appointment=promised, lines=[]))]
    return [New(_acceptance(Limit.model_validate(state["limit"]), at, calendar))]


def refuse_dossier(state: State, who: Principal, reason: str) -> Sequence[New]:
    _mine(state, who)
    return [New(Refused(), RefusedSealed(reason=reason))]


def _mine(state: State, who: Principal) -> None:
    if "code" not in state:
        raise NotFound()
    same_agency(who, state["agency"])


def _acceptance(limit: Limit, at: datetime, calendar: WorkCalendar) -> Accepted:
    promise = appointment(at, limit, calendar)
    lines: list[dict[str, Any]] = [line._asdict() for line in promise.lines]
    return Accepted(appointment=instant(promise.instant), lines=lines)


RULES = Rules(source="intake", evolve=evolve)  # the view takes what others report in any order: no cause is waited for
