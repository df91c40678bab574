"""Broker and database for tests, embedded or in containers, by one variable:

    STACK=containers make test ARGS=tests/component

The images are those of docker-compose.yml (KAFKA_IMAGE and MONGO_IMAGE name others).
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path
from typing import Any

from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from dossier_local import broker, database
from dossier_local.stack import Stack
from dossier_local.waiting import eventually

CONTAINERS = os.environ.get("STACK") == "containers"
PROPERTIES = Path(__file__).parents[1] / "deploy/compose/kafka.properties"
KAFKA = os.environ.get("KAFKA_IMAGE") or "apache/kafka:4.3.1"
MONGO = os.environ.get("MONGO_IMAGE") or "mongo:7.0.28"
CLUSTER = "ZG9zc2llci1jb21wb3NlMQ"
STARTED_WITHIN = 60.0


@asynccontextmanager
async def a_stack(folder: Path, **options: Any) -> AsyncIterator[Stack]:
    """A stack with a broker and a database of its own, no service started."""
    async with AsyncExitStack() as entered:
        if CONTAINERS:
            options["given"] = await entered.enter_async_context(infrastructure())
        yield await entered.enter_async_context(Stack(folder, free_ports=True, **options))


@asynccontextmanager
async def infrastructure() -> AsyncIterator[dict[str, str]]:
    """Each listens on one port, the same inside and outside: both tell their clients where they are."""
    testcontainers_config.ryuk_disabled = True  # its image is one more to pull; these containers are removed below
    port, other = _free_port(), _free_port()
    kafka = _container(KAFKA, port, _broker(port))
    mongo = _container(MONGO, other, f"exec mongod --replSet {database.REPLICA_SET} --bind_ip_all --port {other}")
    try:
        await asyncio.gather(asyncio.to_thread(kafka.start), asyncio.to_thread(mongo.start))
        await eventually(lambda: broker.is_ready(port), STARTED_WITHIN)
        await eventually(lambda: database.is_ready(other), STARTED_WITHIN)
        yield {broker.NAME: f"127.0.0.1:{port}", database.NAME: database.url(other)}
    finally:
        await asyncio.gather(asyncio.to_thread(kafka.stop), asyncio.to_thread(mongo.stop))


def _container(image: str, port: int, script: str) -> DockerContainer:
    return DockerContainer(image, entrypoint=["/bin/sh", "-c"]).with_command([script]).with_bind_ports(port, port)


def _broker(port: int) -> str:
    listeners = (
        f"listeners=PLAINTEXT://:{port},CONTROLLER://localhost:9093\nadvertised.listeners=PLAINTEXT://127.0.0.1:{port}\n"
        "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT"
    )
    properties = f"{PROPERTIES.read_text()}\n{listeners}"
    return (
        f"cat > /tmp/kafka.properties <<'END'\n{properties}\nEND\n"
        f"/opt/kafka/bin/kafka-storage.sh format --cluster-id {CLUSTER} --config /tmp/kafka.properties"
        " && exec /opt/kafka/bin/kafka-server-start.sh /tmp/kafka.properties"
    )


def _free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
