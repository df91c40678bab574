from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from tests.component.desks import Desk, desk
from tests.component.signing_pades.conftest import pdfsig, seal, tool

from dossier_local.stack import Stack
from dossier_shared.clock import FixedClock
from dossier_signing.app import build
from dossier_signing.settings import Settings

__all__ = ["pdfsig", "seal", "tool"]


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("signing-keys")


@pytest.fixture
async def signing(stack: Stack, keys: Path) -> AsyncIterator[Desk]:
    settings = Settings(
        mongodb_url=stack.mongodb,
        kafka_bootstrap_servers=stack.kafka,
        database=f"signing-{uuid4().hex}",
        data=keys,
    )
    async with desk(build(settings)) as made:
        made.runtime.ledger.engine.clock = FixedClock(datetime.now(UTC))  # claims run out when a test says so
        yield made
        await made.app.state.workers.close()
