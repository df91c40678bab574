"""What the timelines take from every event. Nothing follows from them: monitor records no event of its own."""

from __future__ import annotations

from dataclasses import replace

from dossier_monitor.timelines.search_keys import forgotten
from dossier_monitor.timelines.state import State
from dossier_monitor.timelines.story import Above, evolve, settle
from dossier_shared.journal.dossier import Rules

# `causal_sources` is empty on purpose: a story may be told in any order of sources, so no event need wait for its cause
RULES = Rules(
    source="monitor", evolve=evolve, causal_sources=frozenset(), publishes=False, settle=settle, forget=forgotten
)


def rules(above: Above) -> Rules[State]:
    """With the tree of agencies in force."""
    return replace(RULES, settle=lambda state: settle(state, above))
