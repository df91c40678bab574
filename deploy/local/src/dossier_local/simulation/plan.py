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
TOGETHER = (SIGN, ASSIGN)


@dataclass(frozen=True, slots=True)
class Step:
    """`action` as in `reconciliation.world.ACTIONS`; `sign` and `assign` are sent in one batch with all that the same officer
    signs or assigns at the same moment. `events`: how many it asks for. `waits_on`: codes of refusals that here mean that
    what it builds on is still on its way.
    """

    at: datetime
    action: str
    who: Account
    body: dict[str, Any] = field(default_factory=dict)
    events: int = 1
    waits_on: tuple[str, ...] = ()

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

    @property
    def waits_at_the_end(self) -> bool:
        """Signed, and there for whoever comes for it."""
        wish = self.filed.body.get("delivery", {}).get("how")
        return bool(self.steps) and self.steps[-1].action == SIGN and wish == "counter"

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
        ordered.append(replace(step, at=at))
    return ordered
