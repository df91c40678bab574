from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from tests.component.desks import Desk, desk

from dossier_intake.app import build
from dossier_intake.inspection.inspectors import Inspectors
from dossier_intake.settings import Settings
from dossier_local.ground import Ground


@pytest.fixture
async def intake(ground: Ground, inspectors: Inspectors) -> AsyncIterator[Desk]:
    settings = Settings(
        mongodb_url=ground.mongodb,
        kafka_bootstrap_servers=ground.kafka,
        database=f"intake-{uuid4().hex}",
        development=True,
    )
    async with desk(build(settings, inspectors)) as made:
        yield made
