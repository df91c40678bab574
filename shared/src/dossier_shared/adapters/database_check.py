"""Checks whether the database answers; if not, says why in words for whoever reads /health/ready."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pymongo.errors import OperationFailure, PyMongoError
from pymongo.topology_description import TopologyDescription

if TYPE_CHECKING:
    from dossier_shared.adapters.mongo import Client

WITHIN = 2.0  # seconds


async def ping(client: Client) -> bool | str:
    try:
        async with asyncio.timeout(WITHIN):
            await client.admin.command("ping")
    except OperationFailure as error:
        return f"the database refuses: {(error.details or {}).get('errmsg', error)}"
    except (PyMongoError, TimeoutError):
        return _seen(client)
    return True


async def answers(client: Client) -> bool:
    return await ping(client) is True


def _seen(client: Client) -> str:
    """What the driver knows of each member: a driver that waits for a primary says no more by itself."""
    topology: TopologyDescription = client.delegate.topology_description
    members = "; ".join(
        f"{host}:{port}: {server.error or server.server_type_name}"
        for (host, port), server in topology.server_descriptions().items()
    )
    named = f" of replica set {topology.replica_set_name}" if topology.replica_set_name else ""
    return f"no primary{named} within {WITHIN:.0f} s: {members or 'no member belongs to it'}"[:400]
