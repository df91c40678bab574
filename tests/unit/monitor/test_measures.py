"""What one dossier adds to the numbers: against a recount in other words, at any instant, with nothing happening in between."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dossier_monitor.projection.cells import Cells, Flow, Hourly, Officer
from dossier_monitor.projection.domain import due_state, holder, stage, waits_for
from dossier_monitor.projection.dossier import DossierProjection, iso, micros, take
from dossier_monitor.projection.durations import BUCKETS, EDGES, passages, quantile
from dossier_monitor.projection.measures import counted, next_change
from dossier_shared.clock import instant
from dossier_shared.contracts.envelope import Event

from .stories import START, Chain, lives

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
DUE = datetime(2026, 11, 20, 8, 30, tzinfo=VIETNAM)
FILED = {"procedure": "1.001193", "channel": "online", "overseers": ["H19"]}
HOUR = timedelta(hours=1)


def mark_of(events: list[Event]) -> DossierProjection:
    projection = DossierProjection()
    for event in events:
        take(projection, event)
    return projection


def accepted(chain: Chain, due: datetime = DUE) -> list[Event]:
    return [
        chain.event("d", "intake", "submitted", START, data=FILED),
        chain.event("d", "intake", "accepted", START + HOUR, data={"appointment": instant(due)}),
    ]


def at(moment: datetime) -> int:
    return micros(instant(moment))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (DUE - timedelta(days=5), "later"),
        (datetime(2026, 11, 16, 23, 59, tzinfo=VIETNAM), "later"),
        (datetime(2026, 11, 17, 0, 0, tzinfo=VIETNAM), "soon"),
        (datetime(2026, 11, 19, 23, 59, tzinfo=VIETNAM), "soon"),
        (datetime(2026, 11, 20, 0, 0, tzinfo=VIETNAM), "today"),
        (DUE, "today"),
        (DUE + timedelta(microseconds=1), "late"),
    ],
)
def test_how_it_stands_with_its_deadline_by_the_vietnamese_day(now: datetime, expected: str) -> None:
    projection = mark_of(accepted(Chain()))
    assert due_state(projection, at(now)) == expected
    found, _ = counted(projection, at(now))
    assert found[f"due:{expected}"] == 1
    assert ("late:appraisal" in found) is (expected == "late")


def test_a_request_stops_the_clock_and_its_answer_brings_a_new_appointment() -> None:
    chain, late = Chain(), DUE + HOUR
    events = [
        *accepted(chain),
        chain.event("d", "review", "supplement-requested", DUE - 3 * HOUR),
    ]
    asked = mark_of(events)
    assert (waits_for(asked, stage(asked)), due_state(asked, at(late))) == ("citizen", "paused")
    answer = chain.event(
        "d", "intake", "supplement-received", DUE + HOUR, data={"appointment": instant(DUE + 5 * HOUR)}
    )
    answer.heard = {"review": 1}
    for order in ([*events, answer], [answer, *reversed(events)]):
        projection = mark_of(order)
        assert (waits_for(projection, stage(projection)), due_state(projection, at(late))) == ("specialist", "today")
        assert projection.due == at(DUE + 5 * HOUR), "the latest appointment of intake counts, whatever came first"
    again = mark_of([*events, answer, chain.event("d", "review", "payment-requested", DUE + 6 * HOUR)])
    assert waits_for(again, stage(again)) == "payment"
    assert due_state(again, at(DUE + 7 * HOUR)) == "late", "asked for when it was late already"


def test_another_agency_is_waited_for_until_it_answers_and_the_clock_runs() -> None:
    chain = Chain()
    events = [*accepted(chain), chain.event("d", "review", "consultation-requested", START + 2 * HOUR)]
    projection = mark_of(events)
    assert (waits_for(projection, stage(projection)), due_state(projection, at(DUE + HOUR))) == ("agency", "late")
    projection = mark_of([*events, chain.event("d", "review", "consultation-answered", START + 3 * HOUR)])
    assert waits_for(projection, stage(projection)) == "specialist"


def test_who_has_it_in_hand_and_who_did_what() -> None:
    chain = Chain()
    events = accepted(chain)

    def then(kind: str, who: str, **data: str) -> DossierProjection:
        event = chain.event("d", "review", kind, START + 2 * HOUR, data=data)
        event.actor = who
        events.append(event)
        for order in (events, events[::-1]):
            projection = mark_of(order)
        return projection

    assert holder(mark_of(events), "appraisal") == ""
    assert holder(then("assigned", "leader:l1", officer="s1"), "appraisal") == "s1"
    assert holder(then("assigned", "leader:l1", officer="s2"), "appraisal") == "s2"
    projection = then("appraised", "specialist:s2")
    assert holder(projection, stage(projection)) == "", "any leader may decide"
    projection = then("returned", "leader:l1")
    assert counted(projection, at(DUE + HOUR))[1] == {
        "c1": {"accepted": 1, "took:intake:2": 1},
        "s2": {
            "appraised": 1, "hand": 1, "hand_late": 1, "due:late": 1, "wait:specialist": 1, "age:6": 1, "stand:appraisal:6": 1,
        },
    }  # fmt: skip
    projection = then("approved", "leader:l1", procedure="1.001193")
    mine = counted(projection, at(DUE))[1]["l1"]
    assert {mine.get(name) for name in ("decided", "approved", "hand", "due:today", "wait:leader")} == {1}
    by_rule = chain.event("e", "review", "appraised", START)
    by_rule.actor = "rule:review"
    assert counted(mark_of([by_rule]), at(DUE))[1] == {}


def test_a_signature_that_failed_is_the_leaders_again() -> None:
    chain = Chain()
    events = [*accepted(chain), chain.event("d", "review", "approved", START, data={"procedure": "p"})]
    for kind, waits in (
        ("signing-requested", "signing"),
        ("signing-failed", "leader"),
        ("signing-requested", "signing"),
    ):
        events.append(chain.event("d", "signing", kind, START + 4 * HOUR))
        for order in (events, events[::-1]):
            projection = mark_of(order)
            assert waits_for(projection, stage(projection)) == waits


def test_how_long_each_passage_took() -> None:
    chain = Chain()
    events = accepted(chain)
    for source, kind, hours in (
        ("review", "appraised", 3), ("review", "returned", 5), ("review", "appraised", 8), ("review", "approved", 9),
        ("signing", "signed", 11), ("notify", "delivered", 16),
    ):  # fmt: skip
        events.append(chain.event("d", source, kind, START + hours * HOUR))
    took = {name: seconds / 3600e6 for name, seconds in passages(mark_of(events)).items()}
    assert took == {"intake": 1, "appraisal": 7, "approval": 1, "signing": 2, "delivery": 5, "whole": 11}


def test_a_quantile_is_read_evenly_within_its_bucket() -> None:
    assert quantile({}, "age", 0.5) is None
    assert quantile({"age:0": 10}, "age", 0.5) == EDGES[0] / 2
    assert quantile({"age:0": 1, "age:3": 3}, "age", 0.5) == EDGES[2] + (EDGES[3] - EDGES[2]) / 3
    assert quantile({f"age:{BUCKETS - 1}": 2}, "age", 0.9) == EDGES[-1], "beyond the last edge: its beginning"


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 9999), steps=st.lists(st.integers(1, 40 * 3600), min_size=1, max_size=12))
def test_time_alone_moves_every_number_at_the_right_moment(seed: int, steps: list[int]) -> None:
    """The wheel's numbers, after any sequence of pauses, are those computed anew at that instant."""
    projections = {
        story[0].dossier.encode(): mark_of(story[: Random(seed).randrange(1, len(story) + 1)])
        for story in lives(6, seed)
    }
    wheel = Cells()
    now = micros(instant(START))
    wheel.advance(now, lambda _: None)
    for id_, projection in projections.items():
        wheel.put(0, id_, None, projection)
    for step in steps:
        now += step * 1_000_000
        wheel.advance(now, lambda id_: (0, projections[id_]))
        anew = Cells(now=now)
        for id_, projection in projections.items():
            anew.put(0, id_, None, projection)
        kept = {p: c for p, c in wheel.counts.items() if c and not isinstance(p, Hourly)}
        assert kept == {p: c for p, c in anew.counts.items() if c and not isinstance(p, Hourly)}


def test_nothing_moves_before_its_next_change() -> None:
    for story in lives(60, 4):
        projection, now = mark_of(story), micros(instant(START))
        for _ in range(40):
            following = next_change(projection, now)
            if following is None:
                break
            assert counted(projection, following - 1) == counted(projection, now), iso(following)
            assert following > now
            now = following


def test_throughput_is_kept_by_the_minute_and_forgotten_after_a_day() -> None:
    chain, cells = Chain(), Cells()
    projection = mark_of([chain.event("d", "intake", "submitted", START, data=FILED)])
    cells.advance(at(START), lambda _: None)
    cells.put(0, b"d", None, projection)
    flows = [(p, c) for p, c in cells.counts.items() if isinstance(p, Flow)]
    assert [(p.hour, c) for p, c in flows] == [(at(START) // 3_600_000_000, {"filed:0": 1})]
    cells.advance(at(START + timedelta(hours=26)), lambda _: (0, projection))
    assert not [p for p in cells.counts if isinstance(p, Flow)]
    assert not [p for p in cells.counts if isinstance(p, Officer)]
