"""How a dossier stands at an instant: of all that is counted of it, what many dossiers have in common. Pure."""

from __future__ import annotations

from typing import Final, NamedTuple

from dossier_monitor.projection.domain import OPEN_STAGES, due_state, on_time, since, stage, unfinished, waits_for
from dossier_monitor.projection.dossier import SUBMITTED, DossierProjection
from dossier_monitor.projection.durations import born, bucket

_OPEN: Final = frozenset(OPEN_STAGES)


class Standing(NamedTuple):
    """Few of them occur, however many dossiers there are: what follows from one is worked out once."""

    stage: str
    filed: bool
    on_time: bool | None
    waits: str | None = None  # None, as what follows: it has ended
    age: int | None = None  # bucket of the time since filing
    stood: int | None = None  # bucket of the time in its stage
    due: str | None = None  # how it stands with its deadline; None: finished


def standing(projection: DossierProjection, now: int) -> Standing:
    at, filed, judged = stage(projection), projection.times[SUBMITTED] > 0, on_time(projection)
    if at not in _OPEN:
        return Standing(at, filed, judged)
    due = due_state(projection, now) if unfinished(projection) else None
    age, stood = bucket(now - born(projection)), bucket(now - since(projection, at))
    return Standing(at, filed, judged, waits_for(projection, at), age, stood, due)
