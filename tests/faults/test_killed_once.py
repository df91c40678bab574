"""The shortest of what this folder does at length: every service dies once at work, and nothing is lost."""

from __future__ import annotations

import asyncio

import pytest

from .harness import Harness
from .plan import ANYWHERE, POINTS, Kill

pytestmark = pytest.mark.timeout(600)


async def test_each_service_is_killed_once_under_load(harness: Harness) -> None:
    async def killed(kill: Kill) -> None:
        await harness.carry_out(kill)
        await harness.start(kill.service)

    async with harness.load.flowing():
        await asyncio.gather(*(killed(Kill(service, ANYWHERE, 5)) for service in POINTS))
    assert set(harness.kills) == {(service, ANYWHERE) for service in POINTS}
    await harness.settle_and_judge()
