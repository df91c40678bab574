"""Runs many schedules, each in an event loop of its own."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterable
from itertools import takewhile
from unittest.mock import patch

from dossier_shared.journal.dossier import Dossier

from .schedule import Schedule


def explore(seeds: Iterable[int]) -> Counter[str]:
    """Runs the schedules; answers how often each fault struck."""
    struck: Counter[str] = Counter()
    for seed in seeds:
        schedule = Schedule(seed)
        loop = asyncio.new_event_loop()
        loop.set_exception_handler(lambda *_: None)  # tasks of the killed end as they end
        try:
            with (
                patch("dossier_shared.journal.segments.movable", _movable),
                patch.object(random, "random", lambda: 0.0),
            ):  # losing a race again and again costs no real time
                loop.run_until_complete(schedule.run())
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}; faults: {dict(schedule.count)}") from error
        finally:
            loop.close()
        struck += schedule.count
    return struck


def _movable(dossier: Dossier) -> int:
    free = list(takewhile(lambda entry: not entry["command"], dossier.journal[:-1]))
    return max(0, min(dossier.published - dossier.base, len(free)))
