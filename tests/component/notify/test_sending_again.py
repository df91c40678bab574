"""A message that failed is sent once more, by a person's word, under a reference of its own."""

from __future__ import annotations

import pytest
from tests.unit.notify.told import Told

from dossier_notify.handlers import again, failure_of
from dossier_shared.journal.dossier import Dossier
from dossier_shared.problems import IllegalTransition, Problem
from dossier_shared.repair.stuck_effects import StuckEffects

from .rig import World


async def nothing(_: int) -> list[Dossier]:
    return []


@pytest.mark.parametrize("kind", ["result", "refused"])
async def test_once_more(world: World, kind: str) -> None:
    world.provider.refuse = frozenset({"+84912345678"})
    told = Told("d-1")
    world.tell(told.submitted(), told.signed() if kind == "result" else told.refused())
    process = world.process()
    await process.run()
    dossier = (await world.dossiers.load(["d-1"]))["d-1"]
    assert failure_of(dossier)["reason"] == "number-refused"
    world.provider.refuse = frozenset()
    stuck = StuckEffects(process.effects, world.dossiers, nothing, failure_of, again)  # type: ignore[arg-type]
    assert await stuck.do(stuck.retry("admin:admin-7"), ["d-1"]) == {"d-1": None}
    await process.run()
    ended = ["message-requested", "message-failed"] + (["delivered"] if kind == "result" else [])
    assert world.stories()["d-1"] == [*ended, "message-requested", "message-sent"]
    assert world.provider.sent == {f"d-1:{kind}": 1, f"d-1:{kind}:2": 1}
    assert world.published()["d-1"][-2].actor == "admin:admin-7"
    (refused,) = (await stuck.do(stuck.retry("admin:admin-7"), ["d-1"])).values()
    assert isinstance(refused, IllegalTransition)


@pytest.mark.parametrize("phone", ["+842513822501", "+881612345678", "19001234", "0912TAXIVN"])
async def test_what_cannot_succeed_is_not_sent_again(world: World, phone: str) -> None:
    told = Told("d-1", phone=phone)
    world.tell(told.submitted(), told.signed())
    process = world.process()
    await process.run()
    before = world.stories()
    assert before["d-1"] == ["message-requested", "message-failed", "delivered"]
    stuck = StuckEffects(process.effects, world.dossiers, nothing, failure_of, again)  # type: ignore[arg-type]
    (refused,) = (await stuck.do(stuck.retry("admin:admin-7"), ["d-1"])).values()
    assert isinstance(refused, Problem)
    assert (refused.code, refused.http_status) == ("message-cannot-be-sent", 409)
    assert phone not in str(refused.body())
    await process.run()
    assert (world.stories(), world.provider.entries) == (before, [])
