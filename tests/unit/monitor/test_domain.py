"""What a mark takes up, and what follows from it."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

import pytest

from dossier_monitor.projection.domain import late, stage
from dossier_monitor.projection.dossier import DossierProjection, iso, micros, take
from dossier_monitor.projection.measures import counted
from dossier_shared.clock import instant
from dossier_shared.contracts.envelope import Event
from dossier_shared.errors import BadRecord

from .stories import START, Chain

DUE = START + timedelta(hours=8)
FILED = {"procedure": "1.001193", "channel": "online", "overseers": ["H19"]}


def mark_of(*events: Event) -> DossierProjection:
    projection = DossierProjection()
    for event in events:
        take(projection, event)
    return projection


def story(signed_at: timedelta | None = None) -> list[Event]:
    chain = Chain()
    events = [
        chain.event("d", "intake", "submitted", START, data=FILED),
        chain.event("d", "intake", "accepted", START, data={"appointment": instant(DUE)}),
    ]
    if signed_at is not None:
        events.append(chain.event("d", "signing", "signed", DUE + signed_at, data={}))
    return events


def numbers(projection: DossierProjection) -> dict[str, int]:
    return defaultdict(int, counted(projection, micros(instant(DUE)))[0])


@pytest.mark.parametrize(
    ("moves", "expected"),
    [
        ([("intake", "submitted")], "submitted"),
        ([("notify", "message-requested")], "submitted"),
        ([("intake", "accepted")], "appraisal"),
        ([("review", "appraised")], "approval"),
        ([("review", "appraised"), ("review", "returned")], "appraisal"),
        ([("review", "appraised"), ("review", "returned"), ("review", "appraised")], "approval"),
        ([("review", "appraised"), ("review", "rejected")], "signing"),
        ([("signing", "signing-requested")], "signing"),
        ([("signing", "signed"), ("intake", "submitted")], "delivery"),
        ([("notify", "delivered"), ("review", "appraised")], "delivered"),
        ([("intake", "submitted"), ("intake", "refused")], "refused"),
    ],
)
def test_the_stage_is_the_furthest_of_what_the_sources_say(moves: list[tuple[str, str]], expected: str) -> None:
    chain = Chain()
    events = [chain.event("d", source, kind, START, data=FILED) for source, kind in moves]
    assert stage(mark_of(*events)) == expected
    assert stage(mark_of(*reversed(events))) == expected


def test_open_is_late_once_the_appointment_has_passed_and_not_at_it() -> None:
    projection = mark_of(*story())
    assert not late(projection, micros(instant(DUE)))
    assert late(projection, micros(instant(DUE + timedelta(microseconds=1))))


@pytest.mark.parametrize(
    ("after", "on_time"), [(timedelta(0), 1), (timedelta(microseconds=1), 0), (timedelta(hours=-1), 1)]
)
def test_on_time_is_signed_no_later_than_the_appointment(after: timedelta, on_time: int) -> None:
    projection = mark_of(*story(after))
    assert numbers(projection)["on_time"] == on_time
    assert numbers(projection)["ended_late"] == 1 - on_time
    assert not late(projection, micros(instant(DUE + timedelta(days=30)))), "it is finished: late or not is settled"


def test_without_an_appointment_nothing_is_judged() -> None:
    chain = Chain()
    projection = mark_of(
        chain.event("d", "intake", "submitted", START, data=FILED), chain.event("d", "signing", "signed", DUE)
    )
    assert (numbers(projection)["on_time"], numbers(projection)["ended_late"]) == (0, 0)
    assert not late(projection, micros(instant(DUE + timedelta(days=30))))


def test_what_was_never_filed_is_told_apart() -> None:
    projection = mark_of(Chain().event("d", "review", "appraised", START))
    assert (numbers(projection)["filed"], numbers(projection)["unfiled"]) == (0, 1)


def test_a_repeat_and_a_gap_are_told_by_sequence() -> None:
    chain = Chain()
    one, two, three = (chain.event("d", "notify", "message-sent", START) for _ in range(3))
    projection = DossierProjection()
    assert take(projection, one)
    assert take(projection, three), "beyond a gap: counted, and remembered by itself"
    assert not take(projection, three)
    assert take(projection, two)
    assert [take(projection, event) for event in (one, two, three)] == [False, False, False]
    assert (projection.messages, projection.seen[3]) == (3, [3])


@pytest.mark.parametrize("text", ["yesterday", "2026-11-22", "2026-11-22T10:00:00", "", "99999-01-01T00:00:00Z"])
def test_no_instant_is_a_bad_record_and_leaves_the_mark_alone(text: str) -> None:
    event = Chain().event("d", "intake", "accepted", START, data={"appointment": text or "x"})
    projection = DossierProjection()
    with pytest.raises(BadRecord):
        take(projection, event)
    assert projection == DossierProjection()


def test_a_mark_comes_back_from_its_bytes() -> None:
    projection = mark_of(*story(timedelta(hours=1)))
    assert DossierProjection.decode(projection.encode()) == projection
    assert len(projection.encode()) < 350


def test_an_instant_keeps_its_microseconds() -> None:
    for text in ("2026-11-22T10:00:00.000001Z", "2026-11-22T10:00:00.999999Z", "1999-12-31T23:59:59.123456Z"):
        assert iso(micros(text)) == text
