"""When an alarm is raised and when it is cleared: thresholds apart, times to hold, clocks that jump, figures that are missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dossier_monitor.alarms.judging import Cleared, Memory, Raised, Standing, Still, judge
from dossier_monitor.alarms.observation import AgencyFigures, Observation, Stalled
from dossier_monitor.alarms.rules import Rule
from dossier_monitor.alarms.working_hours import working_hours

NOW = datetime(2025, 7, 1, 3, tzinfo=UTC)  # a Tuesday, 10:00 in Vietnam
MINUTE = timedelta(minutes=1)


def rule(kind: str, raise_at: float, clear_at: float, **about: Any) -> Rule:
    told = ["operators"] if kind in ("parked", "hearing", "dead-letters", "lag", "behind") else ["agency", "above"]
    named = {"id": "r", "name": {"vi": "R", "en": "R"}, "severity": "warning", "told": told}
    return Rule.model_validate({**named, "kind": kind, "raise": raise_at, "clear": clear_at, **about})


def agency(code: str = "H19.1", open: int = 100, late: int = 0, **about: Any) -> AgencyFigures:  # noqa: A002
    return AgencyFigures(code, open, late, **{"own_open": open, "above": ("H19",), **about})


def seen(*agencies: AgencyFigures, now: datetime = NOW, **about: Any) -> Observation:
    return Observation(now=now, wall=about.pop("wall", now), agencies=agencies, **about)


class Watch:
    """Judging with the store played: what is raised is remembered as the evaluator would."""

    def __init__(self, *rules: Rule) -> None:
        self.rules, self.memory, self.log = rules, Memory(), list[str]()

    def look(self, what: Observation) -> list[str]:
        said = []
        for change in judge(self.rules, what, self.memory):
            if isinstance(change, Raised):
                self.memory.raised[change.id] = Standing(change.rule.id, change.measure.subject, change.measure.agency)
                said.append(f"raised {change.id}")
            elif isinstance(change, Cleared):
                del self.memory.raised[change.id]
                said.append(f"cleared {change.id}")
        return said


def test_between_the_thresholds_nothing_changes() -> None:
    watch = Watch(rule("late-share", 0.2, 0.1))
    shares = [10, 19, 20, 15, 11, 20, 10, 15, 19, 20]
    said = [watch.look(seen(agency(late=late), now=NOW + n * MINUTE)) for n, late in enumerate(shares)]
    raised, cleared = ["raised r:H19.1"], ["cleared r:H19.1"]
    assert said == [[], [], raised, [], [], [], cleared, [], [], raised]


def test_it_must_hold_for_so_long_without_a_break() -> None:
    watch = Watch(rule("late-share", 0.2, 0.1, hold=10))
    steps = [(0, 30), (9, 30), (9.5, 19), (10, 30), (19, 30), (20, 30)]
    said = [watch.look(seen(agency(late=late), now=NOW + at * MINUTE)) for at, late in steps]
    assert said == [[], [], [], [], [], ["raised r:H19.1"]]


def test_a_clock_that_goes_back_begins_the_holding_anew() -> None:
    watch = Watch(rule("late-share", 0.2, 0.1, hold=10))
    ticks = [0, 9, -60, -51, -50]
    said = [watch.look(seen(agency(late=30), now=NOW + at * MINUTE)) for at in ticks]
    assert said == [[], [], [], [], ["raised r:H19.1"]]


def test_a_share_of_few_says_nothing_and_clears() -> None:
    watch = Watch(rule("late-share", 0.2, 0.1, at_least=20))
    assert watch.look(seen(agency(open=19, late=19))) == []
    assert watch.look(seen(agency(open=20, late=19))) == ["raised r:H19.1"]
    assert watch.look(seen(agency(open=19, late=19))) == ["cleared r:H19.1"]
    assert watch.look(seen(agency(open=0))) == []


def test_a_board_that_stands_still_proves_nothing() -> None:
    watch = Watch(rule("late-share", 0.2, 0.1), rule("stalled", 1, 0, days=3, id="s"), rule("lag", 10, 1, id="lag"))
    first = seen(agency(late=50), stalled={"s": {"H19.1": Stalled(2)}}, lag={"review": 99})
    assert watch.look(first) == ["raised r:H19.1", "raised s:H19.1", "raised lag:review"]
    assert watch.look(Observation(now=NOW, wall=NOW)) == []
    assert watch.look(seen(agency(late=0), stalled={"s": {}}, lag={"review": 1})) == [
        "cleared r:H19.1", "cleared s:H19.1", "cleared lag:review",
    ]  # fmt: skip


def test_dossiers_read_in_an_emergency_are_told_until_none_is() -> None:
    watch = Watch(rule("emergency", 1, 0))
    assert watch.look(seen(agency())) == []
    assert watch.look(seen(agency(), emergencies={"H19.1": ["H19.1-7"], "H19.9": ["H19.9-1"]})) == ["raised r:H19.1"]
    assert watch.look(seen(agency(), emergencies={})) == ["cleared r:H19.1"]


def test_a_rule_judges_its_subtree_only_and_what_it_raised_goes_with_it() -> None:
    watch = Watch(rule("late-share", 0.2, 0.1, within="H20"))
    mine, other = agency("H20.1", late=50, above=("H20",)), agency("H19.1", late=50)
    assert watch.look(seen(mine, other, agency("H20", late=50, above=()))) == ["raised r:H20.1", "raised r:H20"]
    watch.rules = ()
    assert watch.look(seen(mine)) == ["cleared r:H20.1", "cleared r:H20"]


def test_raising_says_what_was_seen() -> None:
    [change] = judge([rule("late-share", 0.2, 0.1)], seen(agency(late=25, name="Xã A")), Memory())
    assert isinstance(change, Raised)
    assert (change.measure.value, dict(change.measure.figures)) == (0.25, {"open": 100, "late": 25})
    assert change.agency is not None
    assert change.agency.name == "Xã A"
    memory = Memory(raised={"r:H19.1": Standing("r", "H19.1", "H19.1")})
    [still] = judge([rule("late-share", 0.2, 0.1)], seen(agency(late=30)), memory)
    assert isinstance(still, Still)
    assert still.measure.value == 0.3


# -- a stage that grows ------------------------------------------------------------------------------------------------


def grow(watch: Watch, counts: list[int], *, every: float = 5, begin: float = 0) -> list[list[str]]:
    """One look every `every` minutes."""
    return [
        watch.look(seen(agency(stages={"appraisal": count}), now=NOW + (begin + n * every) * MINUTE))
        for n, count in enumerate(counts)
    ]


def test_a_stage_that_grows_through_the_whole_window_is_raised_and_cleared_once_it_stops() -> None:
    watch = Watch(rule("growing-stage", 40, 10, window=20))
    said = grow(watch, [10, 20, 30, 40, 50, 60, 60, 60, 60, 60, 60])
    assert said[4] == ["raised r:H19.1:appraisal"]
    assert [batch for batch in said if batch] == [["raised r:H19.1:appraisal"], ["cleared r:H19.1:appraisal"]]


@pytest.mark.parametrize("counts", [[10, 20, 30, 25, 60, 61], [10, 40, 40, 50, 60, 61], [90, 91, 92, 93, 94, 95]])
def test_a_pause_or_little_growth_is_none(counts: list[int]) -> None:
    assert not any(grow(Watch(rule("growing-stage", 40, 10, window=20)), counts))


def test_growth_is_not_judged_over_a_time_nobody_watched() -> None:
    watch = Watch(rule("growing-stage", 40, 10, window=20))
    grow(watch, [10, 20, 30, 40])
    assert not any(grow(watch, [100, 110, 120, 130], begin=24 * 60))
    assert not any(grow(watch, [10, 40, 80, 120], begin=-24 * 60))
    assert grow(watch, [160], begin=-24 * 60 + 20) == [["raised r:H19.1:appraisal"]]


def test_looking_often_keeps_no_more_than_the_window_needs() -> None:
    watch = Watch(rule("growing-stage", 40, 10, window=20, at_least=5))
    grow(watch, list(range(10, 300)), every=0.1)
    assert len(watch.memory.samples["r", "H19.1:appraisal"]) == 5
    grow(watch, [0] * 30, begin=60)
    assert not watch.memory.samples


# -- silence -------------------------------------------------------------------------------------------------------------


def test_nights_and_weekends_are_no_silence() -> None:
    watch = Watch(rule("silent-agency", 8, 1))
    friday = datetime(2025, 7, 4, 9, tzinfo=UTC)  # 16:00
    quiet = agency(last_event=friday)
    monday = datetime(2025, 7, 7, 8, tzinfo=UTC)  # 15:00: one hour on Friday, seven today
    assert watch.look(seen(quiet, now=monday - MINUTE)) == []
    assert watch.look(seen(quiet, now=monday)) == ["raised r:H19.1"]
    assert watch.look(seen(agency(last_event=monday), now=monday + MINUTE)) == ["cleared r:H19.1"]


def test_who_has_nothing_in_hand_or_was_never_heard_may_be_silent() -> None:
    watch = Watch(rule("silent-agency", 8, 1))
    long_ago = NOW - timedelta(days=30)
    assert watch.look(seen(agency(own_open=0, last_event=long_ago), agency("H19.2", last_event=None))) == []


@pytest.mark.parametrize(
    ("since", "until", "hours"),
    [
        ("2025-07-01T08:00+07:00", "2025-07-01T17:00+07:00", 9),
        ("2025-07-01T00:00+07:00", "2025-07-02T00:00+07:00", 9),
        ("2025-07-04T17:00+07:00", "2025-07-07T08:00+07:00", 0),
        ("2025-07-01T10:30+07:00", "2025-07-02T09:15+07:00", 7.75),
        ("2025-07-02T09:00+07:00", "2025-07-01T09:00+07:00", 0),
        ("2025-06-30T08:00+07:00", "2025-07-14T08:00+07:00", 90),
    ],
)
def test_working_hours(since: str, until: str, hours: float) -> None:
    assert working_hours(datetime.fromisoformat(since), datetime.fromisoformat(until)) == hours


def test_a_day_off_is_no_silence() -> None:
    since, until = (datetime.fromisoformat(f"2025-07-0{day}T08:00+07:00") for day in (1, 3))
    assert working_hours(since, until, lambda day: day.day != 2) == 9
    watch = Watch(rule("silent-agency", 8, 1))
    quiet = seen(agency(own_open=1, last_event=NOW - timedelta(days=7)), works=lambda code: lambda day: code != "H19.1")
    assert watch.look(quiet) == []


# -- services ------------------------------------------------------------------------------------------------------------


def test_dead_letters_are_new_until_somebody_has_acknowledged_them() -> None:
    watch = Watch(rule("dead-letters", 1, 0))
    assert watch.look(seen(dead_letters={"review": 0, "intake": 2})) == ["raised r:intake"]
    watch.memory.acknowledged = {"r:intake": 2}
    assert watch.look(seen(dead_letters={"review": 0, "intake": 2})) == ["cleared r:intake"]
    assert watch.look(seen(dead_letters={"review": 0, "intake": 3})) == ["raised r:intake"]
    watch.memory.raised.clear()
    assert watch.look(seen(dead_letters={"intake": 1})) == ["raised r:intake"]  # a topic made anew


def test_services_live_by_the_wall_clock() -> None:
    watch = Watch(rule("parked", 1, 0, hold=5))
    stopped = seen(parked={"review": 3})
    assert watch.look(replace(stopped, wall=NOW)) == []
    assert watch.look(replace(stopped, wall=NOW, now=NOW + timedelta(days=9))) == []
    assert watch.look(replace(stopped, wall=NOW + 5 * MINUTE)) == ["raised r:review"]


@pytest.mark.parametrize("kind", ["parked", "hearing", "lag", "behind", "dead-letters"])
def test_a_service_that_does_not_answer_stays_as_it_was(kind: str) -> None:
    watch = Watch(rule(kind, 5, 1))

    def says(value: int) -> Observation:
        about: dict[str, Any] = {kind.replace("-", "_"): {"review": value}}
        return seen(**about)

    assert watch.look(says(7)) == ["raised r:review"]
    assert watch.look(seen()) == []
    assert watch.look(says(1)) == ["cleared r:review"]
