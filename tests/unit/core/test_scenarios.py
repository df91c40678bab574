"""Every scenario of the core, in memory."""

from __future__ import annotations

import pytest

from dossier_local.memory import Author
from dossier_shared.contracts.envelope import Record
from dossier_shared.journal.steps import Work

from .scenarios import ALL
from .toy import failed, submitted
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


async def test_a_foreign_header_without_a_value_is_put_aside_like_any_other() -> None:
    """A broker keeps such headers; our own sender writes none."""
    world = MemoryWorld()
    replica, intake = await world.replica(), Author("intake", world.id())
    await world.put(submitted(intake))
    await world.put_raw("dossier.submitted", Record(b"nobody", b"{}", [("ce_type", None)]))  # type: ignore[list-item]
    assert await replica.hear() == 2
    assert (await world.document(intake.dossier.id))["state"]["seen"] == ["intake:1"]
    ((original, reason),) = await world.dead_letters()
    assert (reason, original.headers) == ("undecodable", [("ce_type", b"")])


@pytest.mark.parametrize("value", [b"", b"7", b'{"source": ["notify"]}', b'{"source": {}}', b'{"source": "nobody"}'])
async def test_a_request_to_publish_again_that_is_none_is_put_aside(value: bytes) -> None:
    world = MemoryWorld()
    replica, intake = await world.replica(), Author("intake", world.id())
    await world.put(submitted(intake))
    await world.put_raw("intake.resend-request", Record(b"d-1", value, []))
    assert await replica.hear() == 2
    assert (await world.document(intake.dossier.id))["state"]["seen"] == ["intake:1"]
    assert [reason for _, reason in await world.dead_letters()] == ["undecodable"]
