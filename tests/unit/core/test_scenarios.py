"""Every scenario of the core, in memory."""

from __future__ import annotations

import pytest

from dossier_shared.ledger import Work

from .scenarios import ALL
from .toy import failed
from .world import MemoryWorld, order


@pytest.mark.parametrize("name", ALL)
async def test_in_memory(name: str) -> None:
    await ALL[name](MemoryWorld())


async def test_a_step_that_was_said_to_need_no_journal_cannot_record() -> None:
    """Else the new event would not follow the last one."""
    world = MemoryWorld()
    replica, id_ = await world.replica(), world.id()
    await replica.write(id_, failed("a"), create=True)
    step = replica.ledger.step(lambda _: [failed("b")], order())
    written = (await replica.ledger.write({id_: Work([step], bare=True)}))[id_]
    assert isinstance(written.refused[0], RuntimeError)
    assert (await world.document(id_))["seq"] == 1
