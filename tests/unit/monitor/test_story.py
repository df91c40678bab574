"""A dossier's story: told in any order of sources, shown by right."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dossier_local.contracts import stories as contract_stories
from dossier_monitor.board.board import Board
from dossier_monitor.pages.shapes import span
from dossier_monitor.policy import POLICY
from dossier_monitor.timelines.handlers import RULES
from dossier_monitor.timelines.sight import demand_sight
from dossier_monitor.timelines.view import timeline_view
from dossier_shared.clock import instant
from dossier_shared.contracts import lifecycle
from dossier_shared.contracts.envelope import Event
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.consumer import Fold
from dossier_shared.journal.dossier import Dossier
from dossier_shared.journal.steps import Moment
from dossier_shared.pages.texts import LANGUAGES, texts
from dossier_shared.problems import NotFound

from .stories import START, Chain, lives

NOW = datetime(2026, 11, 22, tzinfo=UTC)
LATER = datetime(2026, 11, 24, tzinfo=UTC)


def board() -> Board:
    return Board(lambda: NOW, 5, 6)


def heard(events: list[Event]) -> Dossier:
    dossier = Dossier("d")
    fold = Fold(events, RULES)
    fold(dossier, Moment(NOW))
    assert fold.left == [], "whatever is legal is never parked"
    return dossier


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 9999), random=st.randoms(use_true_random=False))
def test_any_order_of_sources_tells_the_same_story(seed: int, random: Random) -> None:
    story = lives(1, seed)[0]
    for event in story:  # as its writer would have known the others
        event.heard = {source: 1 for source in ("intake", "review", "signing") if source != event.source}
    by_source = {source: [e for e in story if e.source == source] for source in {e.source for e in story}}
    mixed: list[Event] = []
    while any(by_source.values()):
        mixed.append(by_source[random.choice([s for s, left in by_source.items() if left])].pop(0))
    straight, shuffled = heard(story), heard(mixed)
    for officer in (True, False):
        one, two = (timeline_view(dossier, board(), officer=officer) for dossier in (straight, shuffled))
        assert one == two
    assert shuffled.journal == []
    state = "draft"
    for event in story:
        state = lifecycle.after(state, event.type)
    assert shuffled.state["status"] == state


def test_who_asked_and_who_answered_may_be_heard_in_any_order() -> None:
    chain, at = Chain(), START
    filed = chain.event("d", "intake", "submitted", at, data={"code": "c", "procedure": "p", "channel": "online"})
    taken = chain.event("d", "intake", "accepted", at, data={"appointment": instant(NOW), "lines": []})
    asked = chain.event("d", "review", "supplement-requested", at)
    came = chain.event("d", "intake", "supplement-received", at, data={"appointment": instant(LATER), "lines": []})
    came.heard = {"review": 1}
    paying = chain.event("d", "review", "payment-requested", at, data={"amount_vnd": 1})
    orders = (
        (filed, taken, asked, came, paying),
        (asked, paying, filed, taken, came),
        (asked, filed, taken, came, paying),
    )
    for told, status in ((3, "awaiting_supplement"), (4, "in_review"), (5, "awaiting_payment")):
        among = {id(event) for event in (filed, taken, asked, came, paying)[:told]}
        for order in orders:
            state = heard([event for event in order if id(event) in among]).state
            assert state["status"] == status
            assert state["due"] == instant(LATER if told > 3 else NOW)


def whole() -> Dossier:
    return heard(max(lives(30, 4), key=len))


@pytest.mark.parametrize(
    ("who", "sees_persons"),
    [
        (Principal("s", frozenset({"superior"}), "H19"), True),
        (Principal("l", frozenset({"leader"}), "X-H19-25217"), True),
        (Principal("a", frozenset({"admin"})), True),
        (Principal("owner-1", frozenset({"citizen"})), False),
        (Principal("other", frozenset({"citizen"})), None),
        (Principal("owner-1", frozenset({"superior"}), "H20"), None),
        (Principal("l", frozenset({"leader"}), "H19"), None),
        (Principal("s", frozenset({"superior"})), None),
    ],
)
def test_who_may_read_it(who: Principal, sees_persons: bool | None) -> None:
    dossier = whole()
    dossier.state |= {"agency": "X-H19-25217", "overseers": ["H19"]}
    if sees_persons is None:
        with pytest.raises(NotFound):
            demand_sight(who, dossier, board())
        return
    assert demand_sight(who, dossier, board()) is sees_persons
    view = timeline_view(dossier, board(), officer=sees_persons)
    assert {entry["actor"] for entry in view["entries"]} == ({"c1"} if sees_persons else {None})


@pytest.mark.parametrize("officer", [True, False])
def test_its_owner_does_not_see_to_whom_it_was_given(officer: bool) -> None:
    chain = Chain()
    filed = chain.event("d", "intake", "submitted", START, data={"code": "c", "procedure": "p", "channel": "online"})
    given = chain.event("d", "review", "assigned", START, data={"officer": "s1"})
    view = timeline_view(heard([filed, given]), board(), officer=officer)
    assert ("s1" in str(view)) is officer


def test_it_holds_no_personal_data() -> None:
    assert "applicant" not in str(whole().state)
    assert "+849" not in str(whole().state)


@pytest.mark.parametrize(
    ("seconds", "vi", "en"),
    [
        (0.4, "dưới 1 giây", "under 1 s"),
        (59.9, "59 giây", "59 s"),
        (3600, "1 giờ", "1 h"),
        (93784, "1 ngày 2 giờ", "1 d 2 h"),
    ],
)
def test_spans(seconds: float, vi: str, en: str) -> None:
    assert (span(seconds, "vi"), span(seconds, "en")) == (vi, en)


def test_every_word_of_an_event_that_a_reader_sees_is_in_both_languages() -> None:
    said = {
        event.data[name]
        for event in contract_stories.story()
        for name in ("channel", "proposal", "outcome", "how")
        if name in event.data
    }
    assert {"approved", "approve", "reject", "sms"} <= said
    failures = {"worker-died", "keys-unavailable", "key-unreadable", "unexpected"}  # of signing
    assert all(texts(lang).label("value", word, "") for word in said | failures for lang in LANGUAGES)


@pytest.mark.parametrize(
    ("who", "may"),
    [
        (Principal("l", frozenset({"leader"}), "X-H19-25217"), True),
        (Principal("owner-1", frozenset({"citizen"})), True),
        (Principal("s", frozenset({"superior"}), "H19"), False),
        (Principal("s", frozenset({"superior", "leader"}), "H19"), False),
        (Principal("a", frozenset({"admin"})), False),
    ],
)
def test_the_way_to_the_document_is_for_whose_it_is_and_the_agency(who: Principal, may: bool) -> None:
    state = {**whole().state, "agency": "X-H19-25217", "overseers": ["H19"]}
    assert POLICY.may(who, "see-result", state) is may
