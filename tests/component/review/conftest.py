from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from tests.component.desks import Desk, desk

from dossier_local.stack import Stack
from dossier_review.app import build
from dossier_review.settings import Settings


@pytest.fixture
async def review(stack: Stack) -> AsyncIterator[Desk]:
    settings = Settings(
        mongodb_url=stack.mongodb,
        kafka_bootstrap_servers=stack.kafka,
        database=f"review-{uuid4().hex}",
        development=True,
    )
    async with desk(build(settings)) as made:
        yield made
