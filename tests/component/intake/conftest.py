from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from tests.component.desks import Desk, desk

from dossier_intake.app import build
from dossier_intake.inspection.inspectors import Inspectors
from dossier_intake.settings import Settings
from dossier_local.stack import Stack


@pytest.fixture
async def intake(stack: Stack, inspectors: Inspectors) -> AsyncIterator[Desk]:
    settings = Settings(
        mongodb_url=stack.mongodb,
        kafka_bootstrap_servers=stack.kafka,
        database=f"intake-{uuid4().hex}",
        development=True,
        neighbours={"intake": "https://motcua.test/intake", "notify": "https://motcua.test/notify"},
        person_key="of these tests alone",
    )
    async with desk(build(settings, inspectors)) as made:
        yield made
