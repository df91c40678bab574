"""A consistent world reconciles; removing or doubling one thing in any one source is reported, by id and source."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dossier_local.reconciliation import judge
from dossier_local.reconciliation.world import Ack, Board, World
from dossier_shared.contracts.envelope import chain_hash

from .breaks import BREAKS


def test_a_consistent_world_reconciles(world: World) -> None:
    report = judge(world)
    assert report.findings == []
    assert report.reconciled
    figures = report.as_json()
    assert {k: figures[k] for k in ("filed", "accepted", "refused", "open", "approved", "rejected", "signed")} == {
        "filed": 5, "accepted": 3, "refused": 1, "open": 1, "approved": 2, "rejected": 1, "signed": 3,
    }  # fmt: skip
    assert (report.delivered, report.messages, report.lost, report.doubled) == (3, 4, 0, 0)
    assert report.filed == report.refused + report.open + report.delivered


@pytest.mark.parametrize("name", BREAKS)
def test_one_difference_in_one_source_is_found(world: World, name: str) -> None:
    kind, source, dossier, spoil = BREAKS[name]
    spoil(world)
    found = judge(world).findings
    assert (kind, source, dossier) in {(f.kind, f.source, f.id) for f in found}, found


@pytest.mark.parametrize(
    ("answered", "signed_at", "late"),
    [(False, None, False), (True, None, True), (True, "2026-06-03T07:00:00.000000Z", False)],
)
def test_the_latest_appointment_counts_and_a_clock_that_stands_is_not_late(
    world: World, answered: bool, signed_at: str | None, late: bool
) -> None:
    """Accepted for 1 June, 08:00; asked before it; brought on 2 June, and promised for 3 June, 08:00."""
    intake, review = world.topics.events["granted", "intake"], world.topics.events["granted", "review"]
    asked = replace(review[0], type="supplement-requested", seq=3, time="2026-06-01T07:00:00.000000Z", data={})
    review.append(asked)
    if answered:
        promise = {"appointment": "2026-06-03T08:00:00.000000Z"}
        intake.append(replace(intake[0], type="supplement-received", seq=3, heard={"review": 3}, data=promise))
    signing = world.topics.events["granted", "signing"]
    if signed_at is None:
        signing[:] = [event for event in signing if event.type != "signed"]
    else:
        signing[:] = [replace(e, time=signed_at) if e.type == "signed" else e for e in signing]
    assert ("granted" in judge(world, now="2026-06-10T08:00:00.000000Z").late_ids) is late


def test_every_source_has_its_line(world: World) -> None:
    lines = {line.source: line.figures for line in judge(world).lines}
    assert lines["clients"]["filed"] == 5
    assert lines["topic dossier.submitted"] == {"filed": 5, "accepted": 3, "refused": 1}
    assert lines["database notify"] == {"delivered": 3, "messages": 4}
    assert lines["provider"] == {"messages": 4}
    assert lines["board"]["delivered"] == 3


def test_an_action_never_answered_may_or_may_not_have_happened(world: World) -> None:
    unanswered = [
        replace(ack, outcome="given-up", dossier="") if ack.action == "file" else replace(ack, outcome="given-up")
        for ack in world.clients
        if ack.dossier == "waiting"
    ]
    world.clients = [a for a in world.clients if a.dossier != "waiting"] + unanswered
    world.clients.append(Ack("approve", "k", "given-up", "declined"))
    assert judge(world).reconciled


def test_a_repeated_acknowledgement_is_one(world: World) -> None:
    world.clients.append(world.clients[0])
    assert judge(world).reconciled


def test_late_is_measured_at_the_end_or_at_the_last_event(world: World) -> None:
    report = judge(world)
    assert (report.on_time, report.late) == (3, 0)
    accepted = world.topics.events["granted", "intake"][1]
    accepted.data["appointment"] = "2026-06-01T02:59:59.000000Z"  # signed at three
    assert judge(world).late_ids == {"granted"}
    del world.topics.events["by-rule", "signing"]  # now open
    assert judge(world, now="2026-06-01T08:00:00.000001Z").late_ids == {"granted", "by-rule"}
    assert judge(world).late_ids == {"granted"}


def test_unreadable_records_are_a_finding_only_where_strict(world: World) -> None:
    world.topics.undecodable = 1
    assert not judge(world).reconciled
    assert judge(world, strict=False).reconciled


def test_stages_are_measured_in_both_times(world: World) -> None:
    stages = judge(world).stages
    assert stages["appraisal"] == {"n": 3, "p50": 3600.0, "p99": 3600.0}
    assert stages["delivery (real)"]["n"] == 3


def test_kinds_count_ids_not_findings(world: World) -> None:
    del world.topics.events["granted", "notify"]
    report = judge(world)
    assert report.lost == 1
    assert len(report.findings) > 1


def test_a_board_that_says_nothing_of_a_figure_is_not_blamed(world: World) -> None:
    world.board = Board({"filed": 5})
    assert judge(world).reconciled


def test_an_altered_event_is_seen_though_its_number_is_right(world: World) -> None:
    event = replace(world.topics.events["granted", "review"][1], data={"note": "other"})
    event.hash = chain_hash(event)
    world.topics.events["granted", "review"][1] = event
    assert "granted" in judge(world).ids("doubled")
