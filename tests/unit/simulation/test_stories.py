"""What a person of the simulation does when a service says no."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from dossier_local.simulation.client import Account, Client, Refused
from dossier_local.simulation.plan import Pace, Step, Story
from dossier_local.simulation.stories import Players, Tally

CITIZEN = Account("citizen", ("citizen",), None)
STORY = Story("s-1", "H19.1", Step(datetime(2026, 6, 1, tzinfo=UTC), "file", CITIZEN), [("P", 1)], [])


class Counter:
    """Stands in for the client; no file is known that was not handed in anew, as often as `refusals` says."""

    def __init__(self, code: str, refusals: int) -> None:
        self.code, self.refusals, self.uploads = code, refusals, list[bool]()

    async def upload(self, content: bytes, name: str, who: Account, *, anew: bool = False) -> str:
        self.uploads.append(anew)
        return "id"

    async def file(self, filing: Any, who: Account, *, key: str, at: str | None) -> dict[str, Any]:
        self.refusals -= 1
        if self.refusals >= 0:
            raise Refused("file", {"code": self.code})
        return {"id": "d-1"}


@pytest.mark.parametrize(
    ("code", "refusals", "uploads", "trouble"),
    [
        ("document-unknown", 0, [False], False),
        ("document-unknown", 1, [False, True], False),
        ("document-unknown", 2, [False, True], True),
        ("invalid", 1, [False], True),
    ],
)
async def test_a_paper_that_is_gone_is_handed_in_again_once(
    code: str, refusals: int, uploads: list[bool], trouble: bool
) -> None:
    counter, tally = Counter(code, refusals), Tally()
    await Players(cast(Client, counter), [STORY], Pace([STORY], 0), tally).play()
    assert (counter.uploads, bool(tally.trouble)) == (uploads, trouble)
