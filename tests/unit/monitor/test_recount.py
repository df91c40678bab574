"""The recount's own telling of a dossier: equal to the board's for every life, at every cut, and red where one is wrong."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from tests.unit.monitor.stories import START, Chain, lives, recount

from dossier_monitor.projection.cells import Cells
from dossier_monitor.projection.dossier import DossierProjection, micros, take
from dossier_monitor.recount.boards import place
from dossier_monitor.recount.counting import compare, compare_places
from dossier_monitor.recount.journals import SOURCES, entries, reported
from dossier_monitor.recount.sums import Place, cell, sums
from dossier_monitor.recount.worklists import differences, settled
from dossier_shared.clock import instant
from dossier_shared.contracts.envelope import Event

NOW = "2026-11-20T00:00:00.000000Z"


def facts_of(story: list[Event]) -> dict[str, dict[str, Any]]:
    """As the services would answer."""
    found: dict[str, dict[str, Any]] = {}
    for e in story:
        own = found.setdefault(e.source, {"seq": 0, "published": 0, "heard": {}, "journal": []})
        own["seq"] = own["published"] = e.seq
        own["journal"].append([e.seq, e.type, e.time, e.actor, e.portal, e.heard, e.agency, e.data])
    return found


def mark_of(events: list[Event]) -> DossierProjection:
    projection = DossierProjection()
    for event in events:
        take(projection, event)
    return projection


def winding(random: Random, chain: Chain, dossier: str) -> list[Event]:
    """A life with officers, assignments, requests and answers, in any number; it may end anywhere."""
    at = START + timedelta(minutes=random.randrange(3000))
    story: list[Event] = []

    def add(source: str, kind: str, data: dict[str, Any] | None = None, role: str = "rule", who: str = "r") -> Event:
        nonlocal at
        at += timedelta(minutes=random.randrange(1, 2000))
        event = chain.event(dossier, source, kind, at, "X-H19-25217", data)
        event.actor = f"{role}:{who}"
        event.heard = {e.source: e.seq for e in story if e.source != source}
        story.append(event)
        return event

    def promise() -> dict[str, Any]:
        return {"appointment": instant(at + timedelta(hours=random.choice((1, 8, 30, 90, 200)))), "lines": []}

    facts = {"procedure": "1.000894", "overseers": ["H19"], "code": "c", "result_kind": "decision", "owner": "o"}
    add("intake", "submitted", {**facts, "channel": "online"}, "citizen", "o")
    add("intake", "accepted", promise(), *random.choice((("rule", "intake"), ("counter", "c1"), ("counter", "c2"))))
    for _ in range(random.randrange(8)):
        who = random.choice(("s1", "s2", "s3"))
        match random.randrange(6):
            case 0:
                add("review", "assigned", {"officer": who}, "leader", "l1")
            case 1:
                add("review", "appraised", {"proposal": "approve"}, "specialist", who)
            case 2:
                add("review", "returned", {}, "leader", "l1")
            case 3:
                add("review", "supplement-requested", {}, "specialist", who)
                if random.random() < 0.5:
                    add("intake", "supplement-received", promise(), "citizen", "o")
            case 4:
                add("review", "payment-requested", {"amount_vnd": 1}, "specialist", who)
                if random.random() < 0.4:
                    add("review", "request-withdrawn", {"what": "payment"}, "specialist", who)
                    add("intake", "rescheduled", promise())
                elif random.random() < 0.5:
                    add("intake", "payment-confirmed", promise(), "counter", "c1")
            case 5:
                add("review", "consultation-requested", {"agency": "X"}, "specialist", who)
                if random.random() < 0.5:
                    add("review", "consultation-answered", {"agency": "X"}, "specialist", "x")
    if random.random() < 0.2:
        add("review", "stopped", {}, "leader", "l2")
    elif random.random() < 0.6:
        decision = {**facts, **promise()}
        add("review", random.choice(("approved", "rejected")), decision, random.choice(("leader", "rule")), "l2")
        if random.random() < 0.6:
            add("signing", "signing-requested", {}, "leader", "l3")
            if random.random() < 0.3:
                add("signing", "signing-failed", {"reference": dossier, "reason": "hsm-away"})
                if random.random() < 0.5:
                    add("signing", "signing-requested", {}, "leader", "l3")
            if random.random() < 0.6:
                add("signing", "signed", {})
    return story


def many() -> list[list[Event]]:
    random, chain = Random(4), Chain()
    return [*lives(200, 5), *(winding(random, chain, f"W{number}") for number in range(400))]


def test_marks_agree_with_the_journals_whatever_was_heard_so_far_and_in_whatever_order() -> None:
    random = Random(7)
    for story in many():
        facts = facts_of(story)
        heard = {source: random.randrange(facts[source]["seq"] + 1) if source in facts else 0 for source in SOURCES}
        part = [event for event in story if event.seq <= heard[event.source]]
        random.shuffle(part)
        if part:
            judged = compare(story[0].dossier, facts, mark_of(part))
            assert judged.differences == []
            assert judged.behind == {s: facts[s]["seq"] for s in facts if facts[s]["seq"] > heard[s]}


def test_the_numbers_are_those_told_by_the_plainest_means() -> None:
    stories = lives(400, 6)
    events = [event for story in stories for event in story]
    for agency, row in recount(events, NOW).items():
        total: dict[str, int] = {}
        for story in stories:
            if story[0].agency == agency:
                for name, number in cell(reported(entries(facts_of(story), [[99]] * 4)), micros(NOW)).items():
                    total[name] = total.get(name, 0) + number
        for name in ("filed", "refused", "signed", "delivered", "on_time", "ended_late", "messages"):
            assert total.get(name, 0) == row.get(name, 0), name
        assert sum(n for name, n in total.items() if name.startswith("late:")) == row.get("late", 0)
        for name in ("submitted", "appraisal", "approval", "signing", "delivery"):
            assert total.get(f"stage:{name}", 0) == row.get(f"stage:{name}", 0)


@pytest.mark.parametrize(
    ("field", "value"), [("agency", "X"), ("due", 5), ("messages", 7), ("channel", "postal"), ("appraised_at", 1)]
)
def test_a_wrong_mark_is_named(field: str, value: object) -> None:
    story = next(story for story in lives(50, 8) if story[-1].type == "delivered")
    projection = mark_of(story)
    setattr(projection, field, value)
    [(name, board, service)] = compare(story[0].dossier, facts_of(story), projection).differences
    assert (name, board) == (field, value)
    assert service != value


def test_a_mark_that_saw_more_than_the_services_recorded_is_named() -> None:
    story = next(story for story in lives(50, 8) if story[-1].type == "delivered")
    judged = compare(story[0].dossier, facts_of(story[:-1]), mark_of(story))
    assert ("seen:notify", 3, 2) in judged.differences
    assert compare("D", {}, mark_of(story)).differences


def test_marks_and_measures_agree_with_the_sums_at_every_instant() -> None:
    """The board's arithmetic and the recount's share no line; on any lives, at any instant, they give the same."""
    stories, cells = many(), Cells()
    compared: set[str] = set()
    for number, story in enumerate(stories):
        cells.put(number % 6, story[0].dossier.encode(), None, mark_of(story))
    found = {story[0].dossier.encode(): (number % 6, mark_of(story)) for number, story in enumerate(stories)}
    for day in range(16, 30):
        now = micros(f"2026-11-{day}T09:17:31.000001Z")
        cells.advance(now, found.get)
        totals: dict[Place, dict[str, int]] = {}
        for number, story in enumerate(stories):
            for where, numbers in sums(number % 6, reported(entries(facts_of(story), [[99]] * 4)), now):
                own = totals.setdefault(where, {})
                for name, count in numbers.items():
                    own[name] = own.get(name, 0) + count
        board = {place(where): counts for where, counts in cells.counts.items()}
        compared |= {where[2] for where, counts in board.items() if counts}
        assert compare_places(board.keys() | totals.keys(), board, totals, dict.fromkeys(range(6), now)) == {}
    assert compared == {"cell", "officer", "flow", "deeds"}


def test_the_officers_lists_say_what_the_board_says() -> None:
    facts: dict[str, dict[str, Any]] = {
        "intake": {"seq": 2, "heard": {}, "status": "in_review"},
        "review": {"seq": 1, "heard": {"intake": 2}, "stage": "approval"},
    }
    seen = [[2], [1], [0], [0]]
    assert settled(facts, seen)
    assert not settled(facts, [[2], [0], [0], [0]])
    assert not settled(
        {**facts, "intake": {**facts["intake"], "seq": 3}}, [[3], [1], [0], [0]]
    )  # review has not heard it
    assert differences(facts, {"stage": "approval", "waits": "leader"}) == []
    assert differences(facts, {"stage": "appraisal", "waits": "leader"}) == [("list:stage", "appraisal", "approval")]


def test_places_are_compared_number_by_number() -> None:
    one, same, unseen = (0, "A", "cell", "P", "C"), (0, "A", "officer", "o", ""), (1, "B", "cell", "", "")
    board = {one: {"filed": 2, "late:appraisal": 1}, same: {"filed": 1}}
    totals = {one: {"filed": 2, "late:appraisal": 2}, same: {"filed": 1}, unseen: {"filed": 1}}
    assert compare_places(board.keys() | totals.keys(), board, totals, {}) == {
        one: [{"place": "0|A|cell|P|C", "field": "late:appraisal", "board": 1, "service": 2}],
        unseen: [{"place": "1|B|cell", "field": "filed", "board": 0, "service": 1}],
    }


@pytest.mark.parametrize("who", [("flow", ""), ("deeds", "o")])
def test_an_hour_is_compared_while_every_worker_still_has_it(who: tuple[str, str]) -> None:
    kind, subject = who
    hours = {hour: (0, "A", kind, hour, subject) for hour in (76, 77, 100, 101)}
    board = {place: {"signed:5": 1} for place in hours.values()}
    assert compare_places(board, board, {}, {0: 100 * 3_600_000_000}).keys() == {hours[77], hours[100]}
