"""One recount as a process of its own, so that counting takes neither time nor memory from the boards.

`python -m dossier_monitor.recount [RUN]`: without the id of one that was begun it begins its own.
Exit status: 0 no difference, 1 some, 2 it could not be done, 78 a setting is wrong.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import asdict
from uuid import uuid4

import httpx
import structlog

from dossier_monitor.recount.counting import Recount, Report
from dossier_monitor.recount.feeds import LiveBoard, Projections
from dossier_monitor.recount.machine_token import MachineToken
from dossier_monitor.recount.neighbours import Neighbours
from dossier_monitor.recount.store import LEASE_FOR, Recounts
from dossier_monitor.settings import Settings
from dossier_shared.adapters.mongo import connect, database
from dossier_shared.clock import SystemClock
from dossier_shared.settings import reading as configuration
from dossier_shared.telemetry.logs import configure_logging

log = structlog.get_logger("dossier.recount")


async def count(settings: Settings) -> Report:
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        secret = settings.client_secret.get_secret_value()
        token = MachineToken(settings.oidc_issuer, settings.client, secret, client)
        neighbours = Neighbours(settings.services, token, client)
        return await Recount(neighbours, Projections(settings.broker), LiveBoard(settings.broker)).run()


async def run(settings: Settings, given: str | None) -> int:
    client = connect(settings.mongodb_url)
    recounts = Recounts(database(client, settings.database), SystemClock())
    id_ = given or uuid4().hex
    holding = None
    try:
        if given is None and not await recounts.begin(id_, "command"):
            log.error("another recount runs")
            return 2
        holding = asyncio.create_task(_hold(recounts, id_))
        try:
            report = await count(settings)
        except Exception as error:
            log.exception("recount failed")
            await recounts.fail(id_, str(error)[:500] or type(error).__name__)
            return 2
        await recounts.finish(id_, asdict(report))
        log.info("recounted", run=id_, dossiers=report.dossiers, differences=report.difference_count, rate=report.rate)
        return 1 if report.difference_count else 0
    finally:
        if holding is not None:
            holding.cancel()
            await asyncio.gather(holding, return_exceptions=True)
        client.close()


async def _hold(recounts: Recounts, run_: str) -> None:
    while True:
        await asyncio.sleep(LEASE_FOR.total_seconds() / 4)
        try:
            await recounts.hold(run_)
        except Exception as error:  # MongoDB is away for a moment
            log.warning("lease not held", error=repr(error)[:200])


if __name__ == "__main__":
    settings = configuration.read(Settings)
    configure_logging("monitor-recount", settings.log_level, instance=settings.instance)
    raise SystemExit(asyncio.run(run(settings, sys.argv[1] if len(sys.argv) > 1 else None)))
