"""Where each service keeps in clear what was sealed: listed in `personal_data.txt`, and nowhere else; and gone once it is erased.

The golden stories have every event with everything that can be sealed in it: each text of theirs is a canary.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from dossier_monitor.timelines.search_keys import PHONE_END, folded_name
from dossier_shared.clock import instant
from dossier_shared.contracts.envelope import Event, decode
from dossier_shared.contracts.topics import SERVICES, heard_by
from dossier_shared.journal.dossier import Dossier, Rules, hear
from dossier_shared.journal.forgetting import forget

from .test_events import NOW, record_of, story
from .test_registry import rules_of

LISTED = Path(__file__).parent / "personal_data.txt"
WORK = ("status", "stage", "code", "agency", "due", "appointment", "entries", "mark", "facts", "messages", "result")
OFFICERS = ("leader_name",)  # sealed, too, and not the person's
SHORTEST = 4  # letters: less stands anywhere


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, one in value.items():
            if name not in OFFICERS:
                yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)
    elif isinstance(value, str) and len(value) >= SHORTEST:
        yield value


def canaries(events: list[Event]) -> set[str]:
    """As they were sealed, and as search keeps them; without what the same events also say where nothing is personal."""
    sealed = {text for event in events for text in texts(event.open())}
    known = {text for event in events for text in texts(event.data)}
    found = sealed - known
    return found | {folded_name(text) for text in found}


def places(value: Any, birds: set[str], at: str = "") -> Iterator[str]:
    """Of fields that have one of them in their text."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from places(one, birds, f"{at}.{name}" if at else name)
    elif isinstance(value, list):
        for one in value:
            yield from places(one, birds, f"{at}[]")
    elif isinstance(value, str) and any(bird in value or _ends(bird, value) for bird in birds):
        yield at


def _ends(bird: str, text: str) -> bool:
    """The last digits of a phone number, which monitor finds dossiers by."""
    return bird.startswith("+84") and text in (bird[-PHONE_END:], f"p{bird[-PHONE_END:][::-1]}")


def told(service: str) -> tuple[Rules, list[Dossier], set[str]]:
    """The service's dossiers as they stand after each event, and the canaries."""
    rules, topics = rules_of(service), {topic.name for topic in heard_by(service)}
    bare: Rules[Any] = Rules(source=rules.source, evolve=rules.evolve, causal_sources=rules.causal_sources)
    dossiers: dict[str, Dossier] = {}
    stands, events = list[Dossier](), [decode(record_of(example)) for example in story()]
    for example, event in zip(story(), events, strict=True):
        dossier = dossiers.setdefault(event.dossier, Dossier(event.dossier))
        if example["topic"] in topics:
            assert hear(bare, dossier, event, NOW, instant(NOW))
        elif event.source == service:
            dossier.state = rules.evolve(dossier.state, event)
        else:
            continue
        state = rules.settle(dossier.state) if rules.settle is not None else dossier.state
        stands.append(Dossier(event.dossier, state=state))
    return rules, stands, canaries(events)


def listed(service: str) -> list[str]:
    lines = [line.partition("#")[0].split() for line in LISTED.read_text("utf-8").splitlines()]
    return [line[1] for line in lines if line and line[0] == service]


@pytest.mark.parametrize("service", SERVICES)
def test_what_was_sealed_stands_in_clear_where_it_is_listed_and_nowhere_else(service: str) -> None:
    _, stands, birds = told(service)
    found = sorted({place for dossier in stands for place in places(dossier.state, birds)})
    assert found == sorted(listed(service)), f"{LISTED.name} says where personal data stand in clear"


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_of_it_is_left_of_who_is_erased(service: str) -> None:
    rules, stands, birds = told(service)
    assert rules.forget is not None
    for dossier in stands:
        left = rules.forget(dossier.state)
        assert list(places(left, birds)) == []
        assert rules.forget(left) == left
        assert all(left[name] == value for name, value in dossier.state.items() if name in WORK), "the work stays"


def test_a_state_that_says_nothing_of_a_person_is_left_as_it_is() -> None:
    state = {"status": "signed", "messages": [{"reference": "r"}], "phone": None}
    assert forget(state, {"phone": "x", "text": "x"}) is state
