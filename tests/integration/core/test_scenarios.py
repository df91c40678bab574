"""Every scenario of the core, on the real broker and the real database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from dossier_local.stack import Stack

from ...unit.core.scenarios import ALL  # noqa: TID252
from .real import Connections, RealWorld


@pytest.fixture(scope="module")
async def connections(stack: Stack) -> AsyncIterator[Connections]:
    connections = Connections(stack.kafka, stack.mongodb)
    await connections.start()
    yield connections
    await connections.stop()


@pytest.mark.parametrize("name", ALL)
async def test_on_broker_and_database(name: str, connections: Connections) -> None:
    world = RealWorld(connections)
    await world.open()
    try:
        await ALL[name](world)
    finally:
        await world.close()
