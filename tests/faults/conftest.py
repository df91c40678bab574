"""One stack for all scenarios of a file: starting one takes longer than most of them."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest

from .harness import Harness, harnessed

KILLS = int(os.environ.get("FAULT_KILLS", "25"))


@pytest.fixture(scope="module")
async def harness(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Harness]:
    async with harnessed(tmp_path_factory.mktemp("faults")) as harness:
        yield harness
