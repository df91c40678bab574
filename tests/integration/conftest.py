"""Stand-ins for services, and a ground of only these."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dossier_local.ground import Ground
from dossier_local.services import Service

STANDINS = Path(__file__).parent / "standins"


@pytest.fixture
def standin() -> Service:
    return Service("standin", "standin", 8099, {"PYTHONPATH": str(STANDINS)})


@pytest.fixture
async def bare(tmp_path: Path, standin: Service) -> AsyncIterator[Ground]:
    """Process handling only: neither broker nor database."""
    ground = Ground(tmp_path / "bare", free_ports=True, services=[standin])
    try:
        yield ground
    finally:
        await ground.close()
