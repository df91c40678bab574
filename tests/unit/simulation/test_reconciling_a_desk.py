"""What an office's day adds: withdrawn is ended and not late, sent back is not decided, handed over counts where it is now."""

from __future__ import annotations

from dossier_local.reconciliation import judge
from dossier_local.reconciliation.figures import totals
from dossier_local.reconciliation.world import Ack, Board, World

from .conftest import DUE, Maker

LONG_AFTER = "2026-06-10T08:00:00.000000Z"


def accepted(dossier: str) -> Maker:
    maker = Maker()
    maker.file(dossier)
    maker.add(dossier, "intake", "accepted", by="counter:o1", appointment=DUE)
    maker.act("accept", dossier)
    return maker


def sent_back(maker: Maker) -> World:
    maker.add("d", "review", "appraised")
    decided = maker.add("d", "review", "rejected")
    maker.add("d", "signing", "signing-requested")
    maker.add("d", "signing", "sent-back").heard = {"review": decided.seq}
    return maker.world


def test_withdrawn_has_ended_and_is_not_late() -> None:
    maker = accepted("granted")
    maker.add("granted", "review", "withdrawal-granted", by="rule:review")
    maker.file("taken-back")
    maker.add("taken-back", "intake", "withdrawn", by="rule:intake")
    maker.world.board = Board({"filed": 2, "open": 0, "withdrawn": 2})
    report = judge(maker.world, now=LONG_AFTER)
    assert [finding for finding in report.findings if finding.source == "board"] == []
    assert (report.open, report.withdrawn, report.late) == (0, 2, 0)


def test_sent_back_is_not_decided_and_may_be_decided_once_more() -> None:
    maker = accepted("d")
    world = sent_back(maker)
    assert (totals(world)["rejected"], totals(world)["approved"], totals(world)["open"]) == (0, 0, 1)
    assert judge(world).doubled == 0
    maker.add("d", "review", "approved")
    maker.sign("d", by="rule:signing")
    assert (totals(world)["rejected"], totals(world)["approved"]) == (0, 1)
    assert judge(world).doubled == 0
    maker.add("d", "review", "approved")
    assert "d" in judge(world).ids("doubled")


def test_what_was_to_be_signed_and_is_sent_back_need_not_be_delivered() -> None:
    maker = accepted("d")
    world = sent_back(maker)
    maker.act("sign", "d")
    assert not [finding for finding in judge(world).findings if "is not delivered" in finding.what]


def test_handed_over_counts_at_the_agency_whose_it_is_now() -> None:
    maker = accepted("d")
    maker.add("d", "review", "handed-over", to="B2")
    maker.world.board = Board({"filed": 1, "filed:A1": 1})
    assert {f.id for f in judge(maker.world).findings if f.source == "board"} == {"filed:A1"}
    maker.world.board = Board({"filed": 1, "filed:B2": 1})
    assert not [f for f in judge(maker.world).findings if f.source == "board"]


def test_the_appointment_is_the_latest_of_all() -> None:
    maker = accepted("d")
    maker.add("d", "intake", "rescheduled", appointment="2026-06-20T08:00:00.000000Z")
    assert judge(maker.world, now=LONG_AFTER).late == 0


def test_several_agencies_asked_at_once_are_as_many_events() -> None:
    maker = accepted("d")
    for number in (1, 2):
        maker.add("d", "review", "consultation-requested", by="specialist:o2", agency=f"B{number}", id=f"q{number}")
    maker.world.clients.append(Ack("consult", "k", "done", "d", times=2))
    assert "d" not in {finding.id for finding in judge(maker.world).findings if "consult" in finding.what}
    maker.world.clients[-1] = Ack("consult", "k", "done", "d", times=3)
    assert "d" in judge(maker.world).ids("lost")
    maker.world.clients[-1] = Ack("consult", "k", "done", "d")
    assert "d" in judge(maker.world).ids("doubled")


def wished_at_the_counter() -> Maker:
    maker = accepted("d")
    maker.world.topics.events["d", "intake"][0].data["delivery"] = "counter"
    maker.add("d", "review", "approved")
    maker.add("d", "signing", "signing-requested", by="leader:l1")
    maker.act("sign", "d")
    return maker


def test_what_is_to_be_fetched_waits_once_it_is_signed() -> None:
    maker = wished_at_the_counter()
    assert "its result was ordered and is not signed" in {f.what for f in judge(maker.world).findings}
    maker.add("d", "signing", "signed", number="n", file="f")
    assert not [f for f in judge(maker.world).findings if f.kind == "lost" and "its result" in f.what]


def test_what_was_handed_over_at_the_counter_is_delivered() -> None:
    maker = wished_at_the_counter()
    maker.add("d", "signing", "signed", number="n", file="f")
    maker.act("hand-over-result", "d")
    assert {
        "hand-over-result was acknowledged, delivered is missing",
        "its result was ordered and is not delivered",
    } <= {f.what for f in judge(maker.world).findings}
    maker.add("d", "notify", "delivered", by="counter:o1")
    assert not [f for f in judge(maker.world).findings if "deliver" in f.what]


def test_the_limit_of_a_question_passes_once() -> None:
    maker = accepted("d")
    maker.add("d", "review", "consultation-overdue", agency="B1", id="q1")
    maker.add("d", "review", "consultation-overdue", agency="B2", id="q2")
    assert judge(maker.world).doubled == 0
    maker.add("d", "review", "consultation-overdue", agency="B1", id="q1")
    assert "the limit of q1 has passed 2 times" in {finding.what for finding in judge(maker.world).findings}
