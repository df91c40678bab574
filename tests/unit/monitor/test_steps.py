"""What a dossier added to the board at any instant, beside the measures of a mark that heard only what had happened."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from dossier_monitor.history.steps import counts
from dossier_monitor.marks import Mark, micros, take
from dossier_monitor.measures import measures
from dossier_shared.envelope import Event

from .stories import lives
from .test_story import heard

DAY = 86_400_000_000


def at(steps: list[dict[str, int]], instant: int) -> dict[str, int]:
    code = 0
    for step in steps:
        if step["t"] <= instant:
            assert step["b"] == code
            code = step["c"]
    return counts(code)


def by_the_board(story: list[Event], instant: int) -> dict[str, int]:
    mark = Mark()
    known = [event for event in story if micros(event.time) <= instant]
    for event in known:
        take(mark, event)
    if not known:
        return {}
    names = ("stage", "late", "filed", "accepted", "refused", "approved", "rejected", "signed", "delivered")
    wanted = (*names, "on_time", "ended_late", "unfiled")
    return {name: n for name, n in measures(mark, instant).items() if name.partition(":")[0] in wanted}


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 9999), random=st.randoms(use_true_random=False), swapped=st.booleans())
def test_at_every_instant_it_is_what_the_board_would_have_shown(seed: int, random: Random, swapped: bool) -> None:
    story = lives(1, seed)[0]
    by_source = {source: [e for e in story if e.source == source] for source in {e.source for e in story}}
    mixed: list[Event] = [] if swapped else list(story)
    while swapped and any(by_source.values()):
        mixed.append(by_source[random.choice([s for s, left in by_source.items() if left])].pop(0))
    steps = heard(mixed).state["steps"]
    edges = [micros(event.time) for event in story]
    edges += [micros(e.data["appointment"]) for e in story if e.data.get("appointment")]
    asked = {edge + by for edge in edges for by in (-1, 0, 1)} | {max(edges) + DAY, min(edges) - DAY}
    for instant in asked | {Random(seed).randrange(min(edges), max(edges) + DAY) for _ in range(20)}:
        assert at(steps, instant) == by_the_board(story, instant)
    assert [step["t"] for step in steps] == sorted({step["t"] for step in steps})
