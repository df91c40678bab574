"""A service whose database was put back: nothing goes round its closed ledger."""

from __future__ import annotations

from typing import Any

import pytest
from tests.component.desks import Desk, officer
from tests.component.intake.papers import filing

ADMIN, AGENT = officer("admin", "admin", agency=None), officer("agent", "agent", agency=None)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/dossiers", filing()),
        ("/api/v1/dossiers:batch", {"items": [{"key": "a", "filing": filing()}]}),
    ],
)
async def test_no_code_is_leased_from_a_counter_that_was_put_back(intake: Desk, path: str, body: Any) -> None:
    intake.runtime.ledger.closed = "put back"
    assert (await intake.post(path, AGENT, body)).status_code == 503
    assert await intake.runtime.db["counters"].find_one() is None
    intake.runtime.ledger.closed = None
    assert (await intake.post(path, AGENT, body)).status_code in (200, 201)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/internal/waiting:skip", {"dossier": "d", "source": "review", "seq": 1, "reason": "lost for good"}),
        ("/internal/dead-letters:replay", {"records": [{"partition": 0, "offset": 0}]}),
    ],
)
async def test_nothing_is_skipped_or_replayed(intake: Desk, path: str, body: Any) -> None:
    intake.runtime.ledger.closed = "put back"
    refused = await intake.post(path, ADMIN, body)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
