"""A run, planned before it begins: per dossier its filing and the steps after it, each at a moment of business time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from dossier_local.simulation.client import Account
from dossier_shared.clock import instant

SIGN = "sign"
ASSIGN = "assign"


@dataclass(frozen=True, slots=True)
class Step:
    """`action` as in the services' addresses; `sign` joins the ceremony of its moment, agency and leader;
    `assign` is sent in one batch with all that the same officer assigns at the same moment.
    """

    at: datetime
    action: str
    who: Account
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def occurred_at(self) -> str:
        return instant(self.at)


@dataclass(slots=True)
class Story:
    """One dossier. `papers`: (code, variant) of each document handed in."""

    key: str
    agency: str
    filed: Step
    papers: Sequence[tuple[str, int]]
    steps: list[Step]
    by_rule: bool = False  # needs no officer

    def until(self, horizon: datetime) -> Story:
        """Without what would happen later: those dossiers stay open."""
        return replace(self, steps=[step for step in self.steps if step.at <= horizon])


class Pace:
    """Business time to wall time: the steps spread evenly over `seconds`, so that nights take no time."""

    def __init__(self, stories: Iterable[Story], seconds: float) -> None:
        self._moments = sorted(s.at for story in stories for s in (story.filed, *story.steps))
        self.seconds = seconds

    def wall(self, at: datetime) -> float:
        """Seconds after the start."""
        return self.seconds * bisect_left(self._moments, at) / max(len(self._moments), 1)

    def business(self, wall: float) -> datetime:
        """What time it is there."""
        place = min(int(wall / self.seconds * len(self._moments)), len(self._moments) - 1) if self.seconds else -1
        return self._moments[place]


def in_order(steps: Sequence[Step]) -> list[Step]:
    """A dossier's steps never share a moment: what follows is a microsecond later at least."""
    ordered: list[Step] = []
    for step in steps:
        at = step.at
        if ordered and at <= ordered[-1].at:
            at = ordered[-1].at + timedelta(microseconds=1)
        ordered.append(Step(at, step.action, step.who, step.body))
    return ordered
