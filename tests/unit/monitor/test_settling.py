"""A batch of one dossier's events is settled once; an event whose facts cannot be told does not take the others along."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dossier_monitor.timelines.handlers import RULES
from dossier_shared.journal.consumer import Fold
from dossier_shared.journal.dossier import Dossier
from dossier_shared.journal.steps import Moment

from .stories import START, Chain

FILING = {"code": "1", "procedure": "p", "channel": "online"}


def test_one_that_cannot_be_told_is_left_alone() -> None:
    chain, hour = Chain(), timedelta(hours=1)
    last = "9999-12-31T23:00:00.000000Z"  # a day that does not exist in Vietnam
    events = [
        chain.event("d", "intake", "submitted", START, "A", FILING),
        chain.event("d", "intake", "accepted", START + hour, "A", {"appointment": last, "lines": []}),
        chain.event("d", "review", "appraised", START + 2 * hour, "A", {"proposal": "approve"}),
    ]
    dossier = Dossier("d")
    fold = Fold(events, RULES)
    fold(dossier, Moment(datetime.now(UTC)))
    assert [(event.type, why.reason) for event, why in fold.left] == [("accepted", "illegal")]
    assert [entry["type"] for entry in dossier.state["entries"]] == ["submitted", "appraised"]
    assert dossier.state["facts"]["stage"] == "approval"
    assert {source: projection["seq"] for source, projection in dossier.heard.items()} == {"intake": 1, "review": 1}
