"""Started while the broker is away, a service takes commands and says why it is not ready; afterwards it publishes them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from pymongo import AsyncMongoClient

from dossier_local.stack import Stack

from .bad_input.offices import PROCEDURE, Eventually, Offices

pytestmark = pytest.mark.long


async def test_commands_are_taken_and_published_once_the_broker_is_back(
    new_stack: Callable[..., Awaitable[Stack]], eventually: Eventually
) -> None:
    stack = await new_stack()
    await stack.start("identity", "intake")
    mongo: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(stack.mongodb)
    async with httpx.AsyncClient(timeout=60, trust_env=False) as http, mongo:
        offices = Offices(stack, http, mongo)
        items = (await http.get(f"{stack.url('intake')}/api/v1/procedures")).json()["items"]
        offices.procedures = {procedure["code"]: procedure for procedure in items}
        offices.agency = offices.procedures[PROCEDURE]["agencies"][0]
        offices.who["citizen"] = await offices.login("citizen", "citizen")
        first = await offices.file()

        async def noted() -> bool:
            return await mongo["dossier_intake"]["recovery"].find_one({"_id": "dossier.submitted"}) is not None

        async def published(dossier: str) -> bool:
            return ((await offices.stored("intake", dossier)) or {}).get("published") == 1

        await eventually(noted)
        await eventually(lambda: published(first))
        await stack.stop("intake")
        await stack.kill("kafka")
        await stack.start("intake", ready=False)

        async def files() -> str:
            try:
                return await offices.file()
            except httpx.TransportError:
                return ""

        second = await eventually(files, within=60)
        assert not await stack.is_ready("intake")
        assert not await published(second)
        await stack.start("kafka")
        await eventually(lambda: published(second), within=60)
        await eventually(lambda: stack.is_ready("intake"), within=60)
