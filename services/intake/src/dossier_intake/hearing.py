"""What intake records by itself: in answer to what it hears, and once a limit has passed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.promises import promise_with
from dossier_intake.state import State
from dossier_shared.clock import parse_instant
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.events import Refused, RefusedSealed, Rescheduled
from dossier_shared.contracts.lifecycle import ENDED
from dossier_shared.journal.dossier import Dossier, Handler, New
from dossier_shared.problems import Conflict
from dossier_shared.vocabulary.moments import VIETNAM


def on_request_withdrawn(state: State, event: Event, catalogue: Catalogue) -> Sequence[New]:
    """The clock runs on: the appointment is computed anew, as after an answer."""
    pauses = state.get("pauses", ())
    if state["status"] != "in_review" or not pauses or pauses[-1].get("taken_back") != event.seq:
        return ()  # decided meanwhile, or nothing stood still
    return _rescheduled(state, catalogue)


def on_time_moved(state: State, event: Event, catalogue: Catalogue) -> Sequence[New]:
    """More time was granted, or another agency goes on with it."""
    if state.get("status", "draft") in ENDED | {"draft", "signed"}:
        return ()
    return _rescheduled(state, catalogue)


def _rescheduled(state: State, catalogue: Catalogue) -> Sequence[New]:
    if "limit" not in state or "accepted_at" not in state:
        return ()  # filed elsewhere
    try:
        return [New(Rescheduled(**promise_with(state, state.get("pauses", ()), catalogue)))]
    except Conflict:
        return ()  # nothing can be computed with its limit: the appointment stays until that is put right


def answers(catalogue: Callable[[], Catalogue]) -> dict[str, Handler[State]]:
    """By the event heard. `catalogue`: the one in force."""
    return {
        "request-withdrawn": lambda state, event: on_request_withdrawn(state, event, catalogue()),
        "extended": lambda state, event: on_time_moved(state, event, catalogue()),
        "handed-over": lambda state, event: on_time_moved(state, event, catalogue()),
    }


def limit_passed(dossier: Dossier[State], now: str) -> Sequence[New]:
    """Not completed in time: it is refused. Nothing where it has been completed, or decided, meanwhile."""
    state = dossier.state
    limit = state.get("act_by")
    if limit is None or limit > now or state["status"] != "awaiting_completion":
        return ()
    return [New(Refused(), RefusedSealed(reason=lapsed(parse_instant(limit))))]


def lapsed(limit: datetime) -> str:
    return (
        f"Hồ sơ không được hoàn thiện trước {limit.astimezone(VIETNAM):%H:%M ngày %d/%m/%Y} như đã yêu cầu. "
        "Có thể nộp lại hồ sơ đầy đủ bất cứ lúc nào."
    )
