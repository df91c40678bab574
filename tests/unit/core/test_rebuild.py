"""A journal that is behind its own topic, put together again from what the topics hold; on the toy service."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from dossier_local.memory import Author
from dossier_shared.contracts.envelope import GENESIS, Event, from_entry, verify_chain
from dossier_shared.contracts.events import SigningFailed
from dossier_shared.errors import Unchained
from dossier_shared.journal.dossier import Dossier, hear, record
from dossier_shared.repair.rebuild import Stuck, by_source, chained, files_named, last_hash, rebuild

from .toy import RULES, SOURCE, accepted, failed, refused, sent, signed, submitted

NOW = datetime(2025, 7, 1, 2, tzinfo=UTC)
AT = "2025-07-01T02:00:00.000000Z"


def told(events: Sequence[Event], dossier: Dossier | None = None) -> Dossier:
    """As the service itself hears and answers."""
    dossier = dossier or Dossier("d")
    for event in events:
        hear(RULES, dossier, event, NOW, AT)
    return dossier


def outcome(dossier: Dossier) -> None:
    record(RULES, dossier, sent("d:result"), time=AT, recorded=AT, agency="H19.1", actor="rule:notify")


@pytest.fixture
def story() -> tuple[list[Event], Dossier]:
    """Everything the neighbours said, and the service at the end of it: two answers, a message asked for, and sent."""
    intake, signing = Author("intake", "d"), Author("signing", "d")
    heard = [submitted(intake), accepted(intake), signed(signing, heard_intake=2)]
    dossier = told(heard)
    outcome(dossier)
    return heard, dossier


def own(dossier: Dossier) -> list[Event]:
    """As its topic has them: without what only the journal keeps."""
    return [replace(from_entry("d", SOURCE, entry), command=None, fingerprint=None) for entry in dossier.journal]


def same(one: Dossier, other: Dossier) -> None:
    assert one.state == other.state
    assert one.heard == other.heard
    assert (one.seq, [e["hash"] for e in one.journal]) == (other.seq, [e["hash"] for e in other.journal])
    assert verify_chain(own(one)) is None


@pytest.mark.parametrize("backed_up", [0, 1, 2])
def test_it_becomes_what_it_was(story: tuple[list[Event], Dossier], backed_up: int) -> None:
    heard, was = story
    back = told(heard[:backed_up])
    back.fresh.clear()
    tail, fault = chained(own(was), back.seq, last_hash(back))
    assert fault is None
    back.version = 3
    rebuild(RULES, back, tail, by_source(heard), NOW)
    same(back, was)
    assert len(back.fresh) == was.seq - (2 if backed_up == 2 else 0)  # hearing `accepted` had recorded two
    assert back.claim is None


def test_what_the_others_said_after_the_last_event_is_left_for_the_handlers(story: tuple[list[Event], Dossier]) -> None:
    heard, was = story
    back = Dossier("d")
    rebuild(RULES, back, own(was)[:2], by_source(heard), NOW)
    assert back.heard_seq("signing") == 0
    assert [e.type for e in told(heard, back).recorded[2:]] == ["message-requested"]


def test_an_open_intent_falls_to_whoever_asks_first(story: tuple[list[Event], Dossier]) -> None:
    heard, was = story
    back = Dossier("d")
    rebuild(RULES, back, own(was)[:3], by_source(heard), NOW)
    assert back.claim == {"by": "recovery@0", "until": AT, "reference": "d:result"}


def test_repeats_are_passed_over_and_the_first_of_two_branches_is_followed(story: tuple[list[Event], Dossier]) -> None:
    _, was = story
    branch = told([submitted(Author("intake", "d"), code="other")])
    for reason in ("one", "two", "three"):  # what an unrecovered life recorded: longer than what the others heard first
        record(RULES, branch, failed(reason), time=AT, recorded=AT, agency="H1", actor="rule:notify")
    events = own(was)
    found, fault = chained([*events[:2], *own(branch), *events], 0, GENESIS)
    assert (found, fault) == (events, None)


def test_what_follows_a_void_event_is_void_however_far_it_went(story: tuple[list[Event], Dossier]) -> None:
    """Put back at 1, started wrongly, put back once more: the topic holds 2, and then 2' and 3' of the wrong life."""
    _, was = story
    first, second = own(was)[:2]
    wrong = Dossier("d")
    wrong.seq, wrong.journal = 1, was.journal[:1]
    for reason in ("one", "two", "three"):
        record(RULES, wrong, failed(reason), time=AT, recorded=AT, agency="H1", actor="rule:notify")
    assert chained([second, *own(wrong)[1:]], 1, first.hash) == ([second], None)
    assert chained(own(wrong)[2:], 2, second.hash, {own(wrong)[1].hash}) == ([], None)


def test_a_gap_on_the_topic_is_told(story: tuple[list[Event], Dossier]) -> None:
    _, was = story
    found, fault = chained([own(was)[0], own(was)[2]], 0, GENESIS)
    assert len(found) == 1
    assert fault == "event 3 is on the topic and does not follow event 1 of the journal"


def test_an_altered_event_is_not_taken(story: tuple[list[Event], Dossier]) -> None:
    _, was = story
    events = own(was)
    events[1].data = {"how": "post", "informed": True}
    found, fault = chained(events, 0, GENESIS)
    assert (len(found), fault) == (1, "event 2 was altered")


@pytest.mark.parametrize(
    ("lose", "why"),
    [
        (lambda e: e.source == "intake" and e.seq == 2, "event 2 of intake is missing: intake must publish it again"),
        (lambda e: e.source == "signing", "event 1 of signing is missing: signing must publish it again"),
    ],
)
def test_what_a_neighbour_lost_is_asked_for(
    story: tuple[list[Event], Dossier], lose: Callable[[Event], bool], why: str
) -> None:
    heard, was = story
    with pytest.raises(Stuck) as stuck:
        rebuild(RULES, Dossier("d"), own(was), by_source(e for e in heard if not lose(e)), NOW)
    assert str(stuck.value) == why


def test_what_somebody_had_decided_to_go_on_without_is_gone_on_without() -> None:
    intake = Author("intake", "d")
    heard = [submitted(intake), accepted(intake), refused(intake)]  # the last one is illegal
    was = told(heard[:2])
    with pytest.raises(Unchained):
        hear(RULES, was, heard[2], NOW, AT)
    was.heard = {"intake": {"seq": 3, "hash": heard[2].hash}}  # a person's skip
    record(RULES, was, failed("later"), time=AT, recorded=AT, agency="H1", actor="rule:notify")
    back = Dossier("d")
    rebuild(RULES, back, own(was), by_source(heard), NOW)
    [skipped] = back.state.pop("skipped")
    assert (skipped["source"], skipped["seq"], skipped["by"]) == ("intake", 3, "recovery")
    same(back, was)


def test_files_are_named_where_papers_or_results_are() -> None:
    event = Author("signing", "d").says(SigningFailed(reference="r", reason="x"))
    papers: dict[str, Any] = {"documents": [{"code": "a", "id": "f1"}]}
    assert files_named(event) == []
    assert files_named(replace(event, data=papers)) == ["f1"]
    assert files_named(replace(event, data={"file": "f2"})) == ["f2"]
