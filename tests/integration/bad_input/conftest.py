from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from pymongo import AsyncMongoClient

from dossier_local.stack import Stack

from .offices import SERVICES, Eventually, Offices, open_offices


@pytest.fixture(scope="package")
async def offices(tmp_path_factory: pytest.TempPathFactory, eventually: Eventually) -> AsyncIterator[Offices]:
    """A stack of their own: the three services as processes, and people who use them."""
    async with Stack(tmp_path_factory.mktemp("offices"), free_ports=True) as stack:
        await stack.start("identity")
        await stack.start(*SERVICES)
        mongo: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(stack.mongodb)
        async with httpx.AsyncClient(timeout=60, trust_env=False) as http, mongo:
            made = Offices(stack, http, mongo)
            await open_offices(made, eventually)
            yield made
