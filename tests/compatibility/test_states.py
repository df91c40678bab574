"""States of the last release and of today: a dossier that one left half way, the other follows to its end.

A service that goes forward finds states the last release wrote, and one that goes back finds today's. What they go on with is
what the other wrote, so that every key which one of them does not have must be one that the other can do without.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from . import baseline
from .test_events import one_story, yesterdays

HALF_WAY = Path(__file__).with_name("half_way.py")


@pytest.mark.parametrize("whose", ["yesterday", "today"])
def test_what_one_release_left_half_way_the_other_follows_to_its_end(whose: str) -> None:
    records = one_story(yesterdays())
    roots = [baseline.checkout(), baseline.ROOT]
    left, goes_on = roots if whose == "today" else reversed(roots)
    states = baseline.ask(left, HALF_WAY, given={"records": records})
    assert len([state for dossiers in states.values() for passed in dossiers.values() for state in passed]) > 60
    assert baseline.ask(goes_on, HALF_WAY, "--on", given={"records": records, "states": states}) == []
