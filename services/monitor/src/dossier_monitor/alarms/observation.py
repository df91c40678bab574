"""What is judged: the figures of one moment, wherever they came from. Pure data.

What could not be learnt this time is None (or a service that is not in its mapping): nothing is raised or cleared by it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dossier_shared.vocabulary.moments import Works, monday_to_friday


@dataclass(frozen=True, slots=True)
class AgencyFigures:
    """`last_event`: the latest of its own dossiers, None where not known."""

    code: str
    open: int  # with those of the agencies below, as `late`
    late: int
    own_open: int = 0
    stages: Mapping[str, int] = field(default_factory=dict)  # its own dossiers in hand
    name: str = ""
    above: tuple[str, ...] = ()  # the nearest first
    last_event: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stalled:
    """Dossiers of one agency that nobody moves. `since`: when the oldest of them came to where it stands."""

    count: int
    codes: tuple[str, ...] = ()  # some of them
    since: str | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """`now` is the board's (business time); `wall` this machine's, by which services are judged."""

    now: datetime
    wall: datetime
    agencies: Sequence[AgencyFigures] | None = None
    works: Callable[[str], Works] = field(default=lambda agency: monday_to_friday)  # days an agency works on
    stalled: Mapping[str, Mapping[str, Stalled]] = field(default_factory=dict)  # rule id -> agency -> figures
    emergencies: Mapping[str, Sequence[str]] = field(
        default_factory=dict
    )  # agency -> codes of dossiers others read now
    parked: Mapping[str, int] = field(default_factory=dict)  # service -> events
    hearing: Mapping[str, int] = field(default_factory=dict)  # service -> 1 where it has stopped
    dead_letters: Mapping[str, int] = field(default_factory=dict)  # service -> records since the beginning
    lag: Mapping[str, int] = field(default_factory=dict)  # service -> events
    behind: Mapping[str, float] = field(default_factory=dict)  # service -> minutes
