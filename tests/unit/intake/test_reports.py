"""What others report comes in any order between topics, and leads to the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from dossier_intake.state import State, evolve
from dossier_local.contracts.desk_stories import desk_story
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.events import (
    Appraised,
    Approved,
    DecisionSealed,
    Delivered,
    Extended,
    HandedOver,
    HandedOverSealed,
    ReasonSealed,
    Rejected,
    SentBack,
    Signed,
    SupplementRequested,
    SupplementRequestedSealed,
)
from dossier_shared.journal import dossier as journal
from dossier_shared.journal.dossier import Dossier, Rules

from .case import Case

REASON = ReasonSealed(reason="Sai ngày sinh.")
DECIDED: dict[str, Any] = {"code": "c", "procedure": "p", "result_kind": "decision", "owner": ""}
DECISION = DecisionSealed(holder="Nguyễn Văn An", reason="Không đủ điều kiện.")


def interleaved(*topics: Sequence[Event]) -> Iterator[list[Event]]:
    if not any(topics):
        yield []
    for number, topic in enumerate(topics):
        if topic:
            rest = [events[1:] if at == number else events for at, events in enumerate(topics)]
            for after in interleaved(*rest):
                yield [topic[0], *after]


def told(state: State) -> str:
    return str(tuple(state.get(key) for key in ("status", "portal_status", "outcome", "reason", "agency", "asked")))


def the_same(before: State, review: Sequence[Event], *others: Sequence[Event]) -> str:
    """What comes of them in every order, each topic in its own."""
    found = set()
    for events in interleaved(review, *others):
        state = before
        for event in events:
            state = evolve(state, event)
        found.add(told(state))
    assert len(found) == 1, found
    return found.pop()


def test_the_office_s_day_ends_the_same_in_every_order_of_the_topics() -> None:
    """And whatever has come of it by then, stands the same."""
    day = [event for event in desk_story() if event.dossier == desk_story()[0].dossier]
    turn = next(at for at, event in enumerate(day) if event.type == "approved") - 1
    before: State = {}
    for event in day[:turn]:
        before = evolve(before, event)
    assert before["status"] == "in_review"
    for until in range(turn, len(day) + 1):
        tail = [event for event in day[turn:until] if event.source != "intake"]
        topics = [[event for event in tail if event.source == source] for source in ("review", "signing", "notify")]
        end = the_same(before, *topics)
    assert "'delivered', 10, 'approved'" in end


def events_of(source: str, *said: tuple[object, object, dict[str, int]]) -> list[Event]:
    rules: Rules = Rules(source=source, evolve=lambda state, event: state)
    dossier: Dossier = Dossier("d-1")
    found = []
    for data, sealed, heard in said:
        dossier.heard = {name: {"seq": seq, "hash": ""} for name, seq in heard.items()}
        new = journal.New(data, sealed)  # type: ignore[arg-type]
        at = "2026-06-01T03:00:00.000000Z"
        found.append(journal.record(rules, dossier, new, time=at, recorded=at, agency="H19.1", actor="rule:x"))
    return found


def test_what_is_sent_back_is_appraised_again_and_nothing_of_the_decision_is_left() -> None:
    review = events_of(
        "review", (Appraised(proposal="reject"), None, {}), (Rejected(**DECIDED), DECISION, {}),
        (SupplementRequested(), SupplementRequestedSealed(text="Thiếu ảnh."), {"signing": 1}),
    )  # fmt: skip
    signing = events_of("signing", (SentBack(), REASON, {"review": 2}))
    before = Case().accepted().state
    back = the_same(before, review[:2], signing)
    assert back.startswith("('in_review', 4, None, None")
    asked = the_same(before, review, signing)
    assert asked.startswith("('awaiting_supplement', 5, None, None")


def test_a_later_decision_stands() -> None:
    review = events_of(
        "review", (Appraised(proposal="reject"), None, {}), (Rejected(**DECIDED), DECISION, {}),
        (Appraised(proposal="approve"), None, {"signing": 1}), (Approved(**DECIDED), DECISION, {"signing": 1}),
    )  # fmt: skip
    result = Signed(reference="r", number="n", kind="decision", outcome="approved")
    signing = events_of("signing", (SentBack(), REASON, {"review": 2}), (result, None, {"review": 4}))
    handed = events_of("notify", (Delivered(how="online", informed=True), None, {"signing": 2}))
    end = the_same(Case().accepted().state, review, signing[:1])
    assert end.startswith("('approved', 4, 'approved', None")
    end = the_same(Case().accepted().state, review, signing, handed)
    assert end.startswith("('delivered', 10, 'approved', None")


def test_more_time_moves_the_appointment_and_says_why() -> None:
    case = Case().accepted()
    before = case.state["appointment"]
    asked = Extended(amount=2, unit="working_day", before=before)
    assert case.hears("review", asked, ReasonSealed(reason="Chờ xác minh.")) == ["rescheduled"]
    assert case.state["appointment"] > before
    line = next(line for line in case.state["appointment_lines"] if "Gia hạn 2 ngày làm việc" in line["vi"])
    assert line["basis"]
    more = case.state["appointment"]
    case.hears("review", Extended(amount=1, unit="working_day", before=more), ReasonSealed(reason="Chờ thêm."))
    assert case.state["appointment"] > more, "every extension counts"
    strange = Extended(amount=1, unit="fortnight", before=more)
    case.hears("review", strange, ReasonSealed(reason="?"))
    assert sum("Gia hạn" in line["vi"] for line in case.state["appointment_lines"]) == 2


def test_another_agency_goes_on_with_the_same_time() -> None:
    case = Case().accepted()
    before = case.state["appointment"]
    over = HandedOver(to="X-H19-25318", agency_name="UBND xã Tân Tiến")
    kept = HandedOverSealed(reason="Không thuộc thẩm quyền", holder="Nguyễn Văn An")
    assert case.hears("review", over, kept) == ["rescheduled"]
    state = case.state
    assert (state["agency"], state["agency_name"]) == ("X-H19-25318", "UBND xã Tân Tiến")
    assert (state["status"], state["appointment"]) == ("in_review", before)
    assert any("Chuyển đến UBND xã Tân Tiến" in line["vi"] for line in state["appointment_lines"])
    assert case.dossier.journal[-1]["agency"] == "X-H19-25318"


def test_several_opinions_are_awaited_until_the_last_is_in() -> None:
    story = [event for event in desk_story() if event.dossier == desk_story()[0].dossier]
    state: State = {}
    standing: dict[str, list[tuple[str, bool]]] = {}
    for event in story:
        state = evolve(state, event)
        standing.setdefault(event.type, []).append((state["status"], "asked" in state))
    assert standing["consultation-answered"] == [("awaiting_consultation", True)]
    assert standing["consultation-withdrawn"] == [("in_review", False)]
