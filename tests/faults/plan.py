"""Who is killed where: deterministic, every service at every one of its crash points in each round of 25.

Wherever it happens to be, each service is killed in test_killed_once.py.
"""

from __future__ import annotations

import random
from typing import NamedTuple

ROUND = 25
ANYWHERE = "anywhere"  # SIGKILL from outside, wherever it happens to be
_COMMON = ("write.before", "write.after", "publish.acked", "consume.written")
_EFFECTS = ("effect.intent", "effect.done")
_SOON = {"limits.due": 1, **dict.fromkeys((*_EFFECTS, "upload.piece", "upload.whole", "opening.noted"), 4)}
POINTS = {
    "intake": (*_COMMON, "upload.piece", "upload.whole", "opening.noted"),
    "review": (*_COMMON, "limits.due"),
    "signing": (*_COMMON, *_EFFECTS),
    "notify": (*_COMMON, *_EFFECTS),
    "provider": (ANYWHERE,),
}


class Kill(NamedTuple):
    """`nth`: at which passage of the point; for ANYWHERE, after how many events published."""

    service: str
    point: str
    nth: int


def plan(number: int) -> list[list[Kill]]:
    """So many kills in rounds; the same in every run."""
    rng = random.Random(20260601)
    rounds = []
    for start in range(0, number, ROUND):
        kills = [
            Kill(service, point, rng.randint(1, _SOON.get(point, 12)))
            for service, points in POINTS.items()
            for point in points
        ]
        rng.shuffle(kills)
        rounds.append(kills[: number - start])
    return rounds
