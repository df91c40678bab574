"""`python -m dossier_monitor.worker`: a process of its own. Exits 0 after SIGTERM. With `rebuild`: see rebuild.py."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import Callable
from typing import NoReturn, cast

import faust
import structlog
import uvloop
from aiokafka.admin import AIOKafkaAdminClient

from dossier_monitor.settings import WorkerSettings
from dossier_monitor.worker import rebuild
from dossier_monitor.worker.alone import Alone, Taken
from dossier_monitor.worker.app import Worker, unread
from dossier_monitor.worker.publishing import GROUP
from dossier_monitor.worker.site import Site
from dossier_shared.adapters.compacted import Follower
from dossier_shared.contracts.topics import BOARD, DOSSIER_TOPICS, MARKS
from dossier_shared.runtime.deployments import Deployments
from dossier_shared.settings import reading as configuration
from dossier_shared.settings.broker import Broker
from dossier_shared.telemetry import tracing
from dossier_shared.telemetry.logs import configure_logging

log = structlog.get_logger()
NEEDED = {topic.name: topic.partitions for topic in (*DOSSIER_TOPICS, BOARD, MARKS)}


async def wait_for_topics(broker: Broker, tell: Callable[[str], None]) -> None:
    """Faust silently ignores a topic that does not exist when it starts, and says that it is ready."""
    pause = 0.2
    while True:
        try:
            missing = await _missing(broker)
        except Exception as error:
            missing = [await broker.trouble() or f"broker: {error!r}"[:200]]
        if not missing:
            return
        tell("; ".join(missing))
        log.warning("waiting for topics", missing=missing)
        await asyncio.sleep(pause)
        pause = min(pause * 2, 3.0)


async def _missing(broker: Broker) -> list[str]:
    admin = AIOKafkaAdminClient(**broker.client())
    await admin.start()
    try:
        there = set(await admin.list_topics())
        lacking = [name for name in NEEDED if name not in there]
        for found in await admin.describe_topics([name for name in NEEDED if name in there]):
            name, count = found["topic"], len(found["partitions"])
            if count != NEEDED[name]:
                lacking.append(f"{name} has {count} partitions, not {NEEDED[name]}")
        return lacking
    finally:
        await admin.close()


def main() -> NoReturn:
    settings = configuration.read(WorkerSettings, ("KAFKA_BOOTSTRAP_SERVERS",))
    configure_logging(settings.service, settings.log_level, instance=settings.instance)
    _quieten()
    if sys.argv[1:]:
        raise SystemExit(rebuild.command(settings.broker, sys.argv[1:]))
    tracing.configure(settings.service, settings.instance)
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        configuration.refuse(settings.service, f"MONITOR_WORKER_DATA: {settings.data}: {error.strerror}")
    try:
        alone = Alone(settings.data, settings.member_id, settings.instance)
    except Taken as why:
        configuration.refuse(settings.service, str(why))
    except OSError as error:
        configuration.refuse(settings.service, f"MONITOR_WORKER_DATA: {settings.data}: {error.strerror}")
    configuration.check_address(settings)
    settings.tell_risks()
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    start = Start(unread())
    site = Site(settings.host, settings.port, settings.identity, start.checks)
    loop.run_until_complete(site.start())
    try:
        _until_topics(loop, settings.broker, start, alone)
    except Taken as why:
        configuration.refuse(settings.service, str(why))
    start.worker = worker = Worker(settings, start.deployments)
    gc.collect()
    gc.freeze()
    process = faust.Worker(
        worker.app, loglevel="warn", quiet=True, override_logging=False, redirect_stdouts=False, loop=loop
    )
    process.spinner = None  # it writes to the terminal, and the log is lines of JSON
    try:
        process.execute_from_commandline()
    finally:
        tracing.close()
    raise SystemExit(0)


class Start:
    """What is told of readiness: before there is a worker, what is waited for."""

    def __init__(self, deployments: Deployments) -> None:
        self.deployments, self.worker, self.waits_for = deployments, cast(Worker | None, None), ""

    def checks(self) -> dict[str, bool | str]:
        return self.worker.checks() if self.worker else {"topics": self.waits_for or False, "recovered": False}


def _until_topics(loop: asyncio.AbstractEventLoop, broker: Broker, start: Start, alone: Alone) -> None:
    """Faust handles signals only once it runs, and subscribes once: to what there is then. Raises Taken."""

    def tell(missing: str) -> None:
        start.waits_for = missing

    async def wait() -> None:
        await wait_for_topics(broker, tell)
        tell("is another worker of this name there?")
        await alone.wait(broker, GROUP, rebuild.PATIENCE)
        tell("which deployments are there?")
        await _read(broker, start.deployments)

    waiting = loop.create_task(wait())
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, waiting.cancel)
    try:
        loop.run_until_complete(waiting)
    except asyncio.CancelledError:
        raise SystemExit(0) from None


async def _read(broker: Broker, deployments: Deployments) -> None:
    """To the end, once; the broker may come and go."""
    while True:
        try:
            await Follower(broker, deployments.followed).once()
        except Exception as error:
            log.warning("deployments not read", error=repr(error)[:200])
            await asyncio.sleep(1)
        else:
            return


def _quieten() -> None:
    import logging

    for name in ("faust", "mode", "aiokafka"):
        logging.getLogger(name).setLevel(logging.WARNING)


if __name__ == "__main__":
    main()
