"""Stand-ins for services, and a stack of only these."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dossier_local.services import Service
from dossier_local.stack import Stack

STANDINS = Path(__file__).parent / "standins"


@pytest.fixture
def standin() -> Service:
    return Service("standin", "standin", 8099, {"PYTHONPATH": str(STANDINS)})


@pytest.fixture
async def bare(tmp_path: Path, standin: Service) -> AsyncIterator[Stack]:
    """Process handling only: neither broker nor database."""
    stack = Stack(tmp_path / "bare", free_ports=True, services=[standin])
    try:
        yield stack
    finally:
        await stack.close()
