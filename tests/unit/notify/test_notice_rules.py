"""What is told of a dossier, and to whose devices."""

from __future__ import annotations

from typing import Any

import pytest

from dossier_local.memory import MemoryCollection
from dossier_notify.rules.notices import TEXTS, TITLE, moment_of, recipients
from dossier_notify.state import State
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.events import CompletionRequested, ConsentWithdrawn

from .test_api import hear
from .told import CITIZEN_ID, ID, Told

HELPED: dict[str, Any] = {"wants": ("helped", "result"), "owner": "helper-1", "person": "p-anh"}


async def state_after(*events: Event) -> State:
    dossiers = MemoryCollection()
    await hear(dossiers, *events)
    found: State = (await dossiers.load([ID]))[ID].state
    return found


async def moments(*events: Event) -> list[str | None]:
    """Of each, when all are applied."""
    state = await state_after(*events)
    return [moment_of(event, state) for event in events]


async def test_each_step_is_told() -> None:
    told = Told()
    assert await moments(told.submitted(), told.accepted(), told.signed()) == ["result", "accepted", "result"]
    told = Told()
    filed = told.submitted()
    missing = told.intake.says(CompletionRequested(), None, at="2025-07-01T02:00:00.000000Z")
    assert await moments(filed, missing) == [None, "completion"]
    told = Told()
    assert await moments(told.submitted(), told.refused()) == [None, "refused"]


async def test_a_result_of_which_nobody_knows_the_code_is_told_with_the_filing() -> None:
    told = Told()
    signed = told.signed()
    assert moment_of(signed, await state_after(signed)) is None
    filed = told.submitted()
    assert moment_of(filed, await state_after(signed, filed)) == "result"


async def test_who_is_helped_is_told_and_the_helper_of_the_end_alone() -> None:
    told = Told()
    told.filed_by = "Đoàn xã"
    filed = told.submitted(**HELPED)
    ended = told.intake.says(ConsentWithdrawn(), None, at="2025-07-01T03:00:00.000000Z")
    state = await state_after(filed)
    assert moment_of(filed, state) == "helped"
    assert recipients("helped", state) == recipients("result", state) == ("p-anh", None)
    state = await state_after(filed, ended)
    assert moment_of(ended, state) == "consent-ended"
    assert recipients("consent-ended", state) == (None, "helper-1")
    assert recipients("result", state) == ("p-anh", None)


async def test_who_filed_for_themselves_is_told_by_account_and_person() -> None:
    assert recipients("result", await state_after(Told().submitted(person="p-anh"))) == ("p-anh", "citizen-1")
    assert recipients("result", await state_after(Told().submitted())) == (None, "citizen-1")


@pytest.mark.parametrize("moment", TEXTS)
def test_what_is_shown_is_short_and_says_nothing_personal(moment: str) -> None:
    for lang in ("vi", "en"):
        said = TITLE[lang].format(code="H19.1-20250701-0000001") + TEXTS[moment][lang]  # type: ignore[index]
        assert len(TEXTS[moment][lang]) <= 90, "two lines of a phone"  # type: ignore[index]
        assert CITIZEN_ID not in said
    assert set(TEXTS[moment]) == {"vi", "en"}  # type: ignore[index]
