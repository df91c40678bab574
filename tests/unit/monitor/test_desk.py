"""A desk's day on the board: completed, handed over, sent back, withdrawn; in any order, as board and recount tell it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dossier_local.contracts.desk_stories import desk_story
from dossier_monitor.pages.story_words import story_words
from dossier_monitor.projection.cells import Cells
from dossier_monitor.projection.domain import due_state, holder, stage, waits_for
from dossier_monitor.projection.dossier import DossierProjection, micros, row, take
from dossier_monitor.projection.facts import facts
from dossier_monitor.projection.steps import counts
from dossier_monitor.recount.boards import place
from dossier_monitor.recount.counting import compare, compare_places
from dossier_monitor.recount.journals import SOURCES, entries, reported
from dossier_monitor.recount.sums import Place, sums
from dossier_monitor.timelines.sight import demand_sight
from dossier_monitor.timelines.view import timeline_view
from dossier_shared.contracts import lifecycle
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.lifecycle import after
from dossier_shared.http.tokens import Principal
from dossier_shared.pages.texts import LANGUAGES, Lang
from dossier_shared.problems import NotFound

from .desk_lives import desk_life, mingled
from .stories import START, Chain
from .test_recount import facts_of, mark_of
from .test_steps import by_the_board
from .test_story import board, heard

SEEDS, SHUFFLES = st.integers(0, 99999), st.randoms(use_true_random=False)
DAY = 86_400_000_000


def golden() -> list[list[Event]]:
    """The golden desk records, dossier by dossier."""
    told: dict[str, list[Event]] = {}
    for event in desk_story():
        told.setdefault(event.dossier, []).append(event)
    return list(told.values())


@settings(max_examples=150, deadline=None)
@given(seed=SEEDS, random=SHUFFLES)
def test_whatever_happens_at_a_desk_is_the_same_in_any_order(seed: int, random: Random) -> None:
    for story in (desk_life(Random(seed), Chain()), *golden()):
        straight, shuffled = mark_of(story), story * 2
        random.shuffle(shuffled)
        assert row(mark_of(shuffled)) == row(straight)
        assert DossierProjection.decode(straight.encode()).encode() == straight.encode()


@settings(max_examples=150, deadline=None)
@given(seed=SEEDS, random=SHUFFLES)
def test_the_story_is_the_same_in_any_order_of_sources_and_its_status_the_lifecycles(seed: int, random: Random) -> None:
    for story in (desk_life(Random(seed), Chain()), *golden()):
        dossier = heard(mingled(story, random))
        assert timeline_view(dossier, board(), officer=True) == timeline_view(heard(story), board(), officer=True)
        state = "draft"
        for event in story:
            state = after(state, event.type, event.data)
        assert dossier.state["status"] == state
        assert dossier.state["agency"] == mark_of(story).agency


@settings(max_examples=150, deadline=None)
@given(seed=SEEDS, random=SHUFFLES, swapped=st.booleans())
def test_at_every_instant_it_counted_where_it_was_as_the_board_had_it(seed: int, random: Random, swapped: bool) -> None:
    story = desk_life(Random(seed), Chain())
    steps = heard(mingled(story, random) if swapped else story).state["steps"] or []
    final = mark_of(story).agency
    edges = [micros(event.time) for event in story]
    edges += [micros(e.data["appointment"]) for e in story if e.data.get("appointment")]
    for moment in {edge + by for edge in edges for by in (-1, 0, 1)} | {max(edges) + DAY}:
        codes = Counter[tuple[str, int]]()
        for step in steps:
            if step["t"] <= moment:
                codes[step.get("a", final), step["b"]] -= 1
                codes[step.get("a", final), step["c"]] += 1
        there = {agency: counts(code) for (agency, code), n in codes.items() if code and n}
        assert all(n in (0, 1) for (_, code), n in codes.items() if code)
        known = [event for event in story if micros(event.time) <= moment]
        expected = {mark_of(known).agency: by_the_board(story, moment)} if known else {}
        assert there == expected


def test_the_recount_tells_a_desks_day_as_the_board_does_whatever_was_heard() -> None:
    random, chain, kinds = Random(11), Chain(), set[str]()
    for number in range(500):
        story = desk_life(random, chain, f"K{number}")
        told = facts_of(story)
        cut = {source: random.randrange(told[source]["seq"] + 1) if source in told else 0 for source in SOURCES}
        part = [event for event in story if event.seq <= cut[event.source]] if number % 2 else story
        kinds |= {event.type for event in part}
        random.shuffle(part)
        if part:
            assert compare(story[0].dossier, told, mark_of(part)).differences == []
    assert {"handed-over", "sent-back", "withdrawal-granted", "completed", "consultation-withdrawn"} <= kinds


def test_the_numbers_are_the_recounts_while_dossiers_change_hands() -> None:
    """Put event by event: what one agency gives away goes down there and up at the other."""
    random, chain, cells = Random(12), Chain(), Cells()
    stories = [desk_life(random, chain, f"K{number}") for number in range(250)]
    now = micros("2026-11-20T09:17:31.000001Z")
    cells.advance(now, lambda _: None)
    totals: dict[Place, dict[str, int]] = {}
    for number, story in enumerate(stories):
        projection = DossierProjection()
        for event in mingled(story, random):
            before = DossierProjection.decode(projection.encode()) if projection.last else None
            take(projection, event)
            cells.put(number % 6, story[0].dossier.encode(), before, projection)
        for where, numbers in sums(number % 6, reported(entries(facts_of(story), [[99]] * 4)), now):
            own = totals.setdefault(where, {})
            for name, count in numbers.items():
                own[name] = own.get(name, 0) + count
    shown = {place(where): numbers for where, numbers in cells.counts.items()}
    assert compare_places(shown.keys() | totals.keys(), shown, totals, dict.fromkeys(range(6), now)) == {}
    assert sum(numbers.get("withdrawn", 0) for numbers in shown.values()) > 5


class Desk:
    """One dossier, told event by event; each service has heard all before."""

    def __init__(self) -> None:
        self._chain, self._heard, self._at = Chain(), dict[str, int](), START
        self.mark = DossierProjection()
        self("intake", "submitted", procedure="p", channel="direct", overseers=["H19"])

    def __call__(self, source: str, kind: str, actor: str = "rule:r", agency: str = "A", **data: object) -> Desk:
        self._at += timedelta(hours=1)
        event = self._chain.event("d", source, kind, self._at, agency, data)
        event.actor, event.heard = actor, {name: seq for name, seq in self._heard.items() if name != source}
        self._heard[source] = event.seq
        take(self.mark, event)
        return self

    @property
    def stands(self) -> tuple[str, str, str]:
        at = stage(self.mark)
        return at, waits_for(self.mark, at), holder(self.mark, at)

    @property
    def told(self) -> dict[str, object]:
        return facts(self.mark, self.mark.overseers)


LATER = micros("2027-06-01T00:00:00Z")


def test_what_is_to_be_completed_waits_for_the_citizen_without_a_clock() -> None:
    desk = Desk()("intake", "completion-requested")
    assert desk.stands == ("submitted", "citizen", "")
    assert due_state(desk.mark, LATER) == "none"
    assert desk.told["paused"], "or it would be called stalled"
    assert desk("intake", "completed").stands == ("submitted", "counter", "")
    assert not desk.told["paused"]
    assert desk("intake", "completion-requested")("intake", "accepted").stands == ("appraisal", "specialist", "")


@pytest.mark.parametrize(("source", "kind"), [("intake", "withdrawn"), ("review", "withdrawal-granted")])
def test_what_is_withdrawn_has_ended_and_is_never_late(source: str, kind: str) -> None:
    desk = Desk()("intake", "accepted", appointment="2026-11-16T08:00:00Z")(source, kind)
    told = desk.told
    assert desk.stands == ("withdrawn", "", "")
    assert (told["outcome"], told["open"], told["unfinished"], told["on_time"]) == ("withdrawn", False, False, None)
    assert told["ended"] == told["since"]


def test_a_wish_to_withdraw_moves_nothing() -> None:
    desk = Desk()("intake", "accepted")("review", "appraised")
    before = desk.stands
    assert desk("intake", "withdrawal-requested")("review", "withdrawal-declined").stands == before


def test_it_waits_for_the_last_of_several_opinions() -> None:
    desk = Desk()("intake", "accepted")
    for number in ("q1", "q2", "q3"):
        desk("review", "consultation-requested", agency="X", id=number)
    desk("review", "consultation-answered", agency="X", id="q2", awaited=2)("review", "consultation-overdue", id="q1")
    assert desk("review", "consultation-withdrawn", id="q1", awaited=1).stands[1] == "agency"
    assert desk("review", "consultation-answered", id="q3", awaited=0).stands[1] == "specialist"


def test_handed_over_it_is_the_other_agencys_and_nobodys_there_yet() -> None:
    desk = Desk()("intake", "accepted")("review", "assigned", officer="s1")("review", "appraised", "specialist:s1")
    assert desk.stands == ("approval", "leader", "")
    desk("review", "handed-over", "leader:l1", to="B", overseers=["H20"])("intake", "rescheduled", agency="A")
    assert desk.stands == ("appraisal", "specialist", "")
    assert desk.told["under"] == ["*", "B", "H20"]
    assert desk("review", "assigned", agency="B", officer="s9").stands[2] == "s9"


def test_sent_back_it_is_not_decided_until_it_is_decided_again() -> None:
    desk = Desk()("intake", "accepted")("review", "appraised", "specialist:s1")(
        "review", "rejected", "leader:l1", procedure="p"
    )
    desk("signing", "signing-requested", "leader:l1")("signing", "sent-back", "leader:l1")
    assert desk.stands == ("appraisal", "specialist", "s1")
    assert (desk.told["decided"], desk.told["outcome"]) == (None, None)
    assert desk.told["people"] == {"specialist": "s1"}
    desk("review", "appraised", "specialist:s1")("review", "approved", "leader:l2", procedure="p")
    assert desk.stands == ("signing", "leader", "l2")
    assert desk.told["outcome"] == "approved"
    assert desk("signing", "signing-requested", "leader:l2").stands == ("signing", "signing", "")
    assert desk("signing", "signed").told["people"] == {"specialist": "s1", "leader": "l2", "signer": "l2"}


@dataclass
class OfTheLastRelease:
    """As version 0.1.0 read a mark: 24 fields, of which it looked at these; more of them it refused."""

    fields: list[Any]

    def hears_a_promise(self, source: int, seq: int, due: int) -> None:
        if [source, -seq] < self.fields[8]:
            self.fields[7], self.fields[8] = due, [source, -seq]


def decided_desk() -> Desk:
    desk = Desk()("intake", "accepted")("review", "appraised", "specialist:s1")(
        "review", "approved", "leader:l1", procedure="p"
    )
    return desk("signing", "signing-requested", "leader:l1")


def test_a_mark_of_the_last_release_goes_on() -> None:
    desk = decided_desk()
    old = orjson.loads(desk.mark.encode())
    old[8], old[12] = old[8][:2], old[12][:8]  # and had not heard of `stopped`
    desk.mark = DossierProjection.decode(orjson.dumps(old))
    assert (desk.mark.decision, desk.stands) == (0, ("signing", "signing", ""))
    assert desk("signing", "sent-back").stands == ("appraisal", "specialist", "s1")
    assert desk("review", "handed-over", to="B").mark.agency == "B"
    assert desk("review", "withdrawal-granted").stands == ("withdrawn", "", "")


def test_the_last_release_can_read_a_mark_and_hand_it_back() -> None:
    """For who goes back to it, and forward again."""
    desk = decided_desk()("signing", "sent-back")("review", "handed-over", to="B")("review", "withdrawal-granted")
    old = OfTheLastRelease(orjson.loads(desk.mark.encode()))
    assert (len(old.fields), len(old.fields[12]), len(old.fields[0])) == (24, 9, 4)
    assert DossierProjection.decode(orjson.dumps(old.fields)) == desk.mark
    old.hears_a_promise(0, 7, 5)
    again = DossierProjection.decode(orjson.dumps(old.fields))
    assert (again.due, again.agency) == (5, "B")


def test_the_person_and_the_centre_see_it_and_the_agency_it_was_taken_from_no_more() -> None:
    walk_in, handed, _ = (heard(story) for story in golden())
    citizen = Principal("anybody", frozenset({"citizen"}), person=walk_in.state["person"])
    centre = Principal("c", frozenset({"counter"}), "H19.9")
    first, second = (Principal("l", frozenset({"leader"}), agency) for agency in ("H19.1", "H19.2"))
    assert demand_sight(citizen, walk_in, board()) is False
    assert demand_sight(centre, walk_in, board()) is True
    assert demand_sight(first, walk_in, board()) is True
    assert demand_sight(second, handed, board()) is True
    assert demand_sight(Principal("s", frozenset({"superior"}), "H19"), handed, board()) is True
    for stranger, dossier in (
        (first, handed), (second, walk_in),
        (Principal("anybody", frozenset({"citizen"}), person="p-other"), walk_in),
        (Principal("s", frozenset({"specialist"}), "H19.9"), walk_in),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            demand_sight(stranger, dossier, board())


def test_what_is_put_right_is_found_by_its_right_name_and_nothing_else_moves() -> None:
    chain = Chain()
    applicant = {"name": "Nguyễn Văn Bính", "phone": "+84912345678"}
    filed = chain.event(
        "d", "intake", "submitted", START, data={"code": "C-1", "procedure": "p", "channel": "online"},
        sealed={"applicant": applicant},
    )  # fmt: skip
    right = chain.event(
        "d", "intake", "corrected", START + timedelta(days=1), data={"fields": ["/applicant/name"]},
        sealed={"reason": "theo giấy khai sinh", "applicant": {**applicant, "name": "Nguyễn Văn Bình Minh"}},
    )  # fmt: skip
    other = chain.event(
        "d",
        "intake",
        "corrected",
        START + timedelta(days=2),
        data={"fields": ["/form/x"]},
        sealed={"reason": "x", "form": {}},
    )
    before, after_ = heard([filed]).state, heard([filed, right, other]).state
    assert "nnguyen van binh minh" in after_["search"]["keys"]
    assert after_["search"]["name"] == "nguyen van binh minh"
    assert {**after_["search"], "name": "", "keys": []} == {**before["search"], "name": "", "keys": []}
    assert (after_["status"], after_["facts"]["stage"]) == (before["status"], before["facts"]["stage"])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_desks_day_is_told_in_words_without_anybodys_name(lang: Lang) -> None:
    for story in golden():
        dossier = heard(story)
        view = timeline_view(dossier, board(), officer=True)
        words = story_words(view, dossier.state["facts"], micros("2026-03-20T00:00:00Z"), lang)
        said = str(words)
        assert not any(entry["what"] == entry["key"] or entry["what"] in lifecycle.MOVES for entry in words["entries"])
        assert not any(name in said + str(dossier.state["entries"]) for name in ("Bình", "Hoa", "GUQ-17", "001099"))
    day = timeline_view(heard(golden()[0]), board(), officer=True)
    assert [(one["waits"], one["until"][14:16]) for one in day["pauses"]] == [("agency", "08"), ("agency", "09")]


def test_handed_over_at_the_counter_says_how() -> None:
    dossier = heard(golden()[0])
    words = story_words(timeline_view(dossier, board(), officer=True), dossier.state["facts"], LATER, "vi")
    assert words["entries"][-1]["details"] == "tại quầy, theo giấy uỷ quyền, ký nhận trên màn hình"
