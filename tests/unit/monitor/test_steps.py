"""What a dossier added to the board at any instant, beside the measures of a mark that heard only what had happened."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dossier_monitor.projection.dossier import DossierProjection, micros, take
from dossier_monitor.projection.measures import counted
from dossier_monitor.projection.steps import counts
from dossier_shared.clock import instant
from dossier_shared.contracts.envelope import Event

from .stories import START, Chain, lives
from .test_story import heard

DAY = 86_400_000_000


def at(steps: list[dict[str, int]], instant: int) -> dict[str, int]:
    code = 0
    for step in steps:
        if step["t"] <= instant:
            assert step["b"] == code
            code = step["c"]
    return dict(counts(code))


def by_the_board(story: list[Event], instant: int) -> dict[str, int]:
    projection = DossierProjection()
    known = [event for event in story if micros(event.time) <= instant]
    for event in known:
        take(projection, event)
    if not known:
        return {}
    names = ("stage", "late", "filed", "accepted", "refused", "approved", "rejected", "signed", "delivered")
    wanted = (*names, "stopped", "withdrawn", "on_time", "ended_late", "unfiled")
    return {name: n for name, n in counted(projection, instant)[0].items() if name.partition(":")[0] in wanted}


def asked_for_more(random: Random) -> list[Event]:
    """A supplement is asked for and given, which moves the deadline; it is decided late or not at all."""
    chain, now, story = Chain(), START, list[Event]()
    due = START + timedelta(hours=random.randrange(1, 60))

    def add(source: str, kind: str, data: dict[str, Any] | None = None) -> None:
        nonlocal now
        now += timedelta(minutes=random.randrange(1, 900))
        story.append(chain.event("d", source, kind, now, data=data))

    filing = {"code": "c", "procedure": "p", "catalogue": "1", "owner": "o", "overseers": ["H19"]}
    add("intake", "submitted", {**filing, "channel": "online"})
    add("intake", "accepted", {"appointment": instant(due), "lines": []})
    if random.random() < 0.5:
        add("review", "appraised", {"proposal": "approve"})
    add("review", "supplement-requested", {"documents": []})
    later = due + timedelta(hours=random.randrange(1, 60))
    add("intake", "supplement-received", {"appointment": instant(later), "lines": []})
    story[-1].heard = {"review": story[-2].seq}
    if random.random() < 0.5:
        add("review", "appraised", {"proposal": "approve"})
        add("review", "approved", {**filing, "result_kind": "decision", "appointment": instant(later)})
        add("signing", "signed", {"reference": "d", "number": "1", "kind": "decision", "outcome": "approved"})
    return story


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 9999), random=st.randoms(use_true_random=False), swapped=st.booleans(), waits=st.booleans())
def test_at_every_instant_it_is_what_the_board_would_have_shown(
    seed: int, random: Random, swapped: bool, waits: bool
) -> None:
    story = asked_for_more(Random(seed)) if waits else lives(1, seed)[0]
    by_source = {source: [e for e in story if e.source == source] for source in {e.source for e in story}}
    mixed: list[Event] = [] if swapped else list(story)
    while swapped and any(by_source.values()):
        mixed.append(by_source[random.choice([s for s, left in by_source.items() if left])].pop(0))
    steps = heard(mixed).state["steps"]
    edges = [micros(event.time) for event in story]
    edges += [micros(e.data["appointment"]) for e in story if e.data.get("appointment")]
    asked = {edge + by for edge in edges for by in (-1, 0, 1)} | {max(edges) + DAY, min(edges) - DAY}
    for moment in asked | {Random(seed).randrange(min(edges), max(edges) + DAY) for _ in range(20)}:
        assert at(steps, moment) == by_the_board(story, moment)
    assert [step["t"] for step in steps] == sorted({step["t"] for step in steps})
