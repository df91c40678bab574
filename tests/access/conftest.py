from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from . import stages
from .matrix import Answer, Cell, answers


@pytest.fixture(scope="session")
async def acts() -> AsyncIterator[list[stages.Act]]:
    async with stages.acts() as found:
        yield found


@pytest.fixture(scope="session")
async def computed(acts: list[stages.Act]) -> dict[Cell, Answer]:
    return {cell: answer for act in acts for cell, answer in (await answers(act)).items()}
