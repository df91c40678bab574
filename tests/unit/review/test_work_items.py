"""What each officer is offered on a row of the list."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dossier_review.commands import VERBS
from dossier_review.pages.work_list import item_of
from dossier_shared.pages.work_list import actions_of, permitted

from .support import COLLEAGUE, DEPUTY, LEADER, ON_THE_DAY, SPECIALIST, Case

APPRAISE = (
    "propose-approval",
    "propose-rejection",
    "request-supplement",
    "request-payment",
    "consult",
    "request-extension",
)


@pytest.mark.parametrize(
    ("case", "state_en", "actions"),
    [
        (Case().accepted(), "To be appraised", (*APPRAISE, "take")),
        (Case().assigned(LEADER), "To be appraised (yours)", APPRAISE),
        (Case().assigned(), "To be appraised (assigned to specialist)", (*APPRAISE, "take")),
        (Case().returned(), "Returned by the leader", (*APPRAISE, "take")),
        (Case().appraised(), "Approval proposed", ("approve", "return", "reject", "stop", "hand-over")),
        (
            Case().appraised(proposal="reject"),
            "Rejection proposed",
            ("approve-nonetheless", "return", "reject", "stop", "hand-over"),
        ),
        (Case().appraised(LEADER), "Approval proposed (by you)", ("return",)),
    ],
)
def test_the_step_and_its_actions(case: Case, state_en: str, actions: tuple[str, ...]) -> None:
    item = item_of(case.dossier, LEADER, ON_THE_DAY)
    assert (item.state_en, item.actions) == (state_en, actions)
    assert item.state_vi != item.state_en


def test_a_colleague_s_case_is_shown_and_left_alone() -> None:
    item = item_of(Case().assigned(SPECIALIST).dossier, COLLEAGUE, ON_THE_DAY)
    assert permitted(COLLEAGUE, item, actions_of(VERBS)).actions == ()


def test_approve_all_cannot_touch_what_was_proposed_for_rejection() -> None:
    bulk = {action.name for action in actions_of(VERBS) if action.button.many}
    offered = item_of(Case().appraised(proposal="reject").dossier, LEADER, ON_THE_DAY).actions
    assert offered is not None
    assert bulk.isdisjoint(offered)


def test_late_begins_after_the_appointment() -> None:
    dossier = Case().accepted().dossier
    assert not item_of(dossier, SPECIALIST, ON_THE_DAY).late
    assert item_of(dossier, SPECIALIST, ON_THE_DAY._replace(now="2025-07-04T10:00:00.000001Z")).late
    assert item_of(dossier, DEPUTY, ON_THE_DAY).due == datetime(2025, 7, 4, 10, tzinfo=UTC)


def test_a_row_holds_no_personal_data() -> None:
    assert "Nguyễn" not in str(item_of(Case().appraised().dossier, LEADER, ON_THE_DAY))
