"""Each service goes forward and back alone while dossiers flow: yesterday's among today's, and today's among yesterday's.

Everything begins as the last release, on empty databases. Each service in turn is replaced by today's, killed and put back; then
all go forward in the order of docs/compatibility.md; then each in turn goes back among today's, and forward again. Two services
meet in every combination, always on the database the other version wrote. Nothing counts until the process that was just
started has sent again what the one before it wrote, has published and has heard. At the end every topic, database, ledger and
the board are read and compared.

What it cannot see: yesterday's code runs with today's libraries and today's interpreter, on today's broker and database, and is
provisioned by today's `dossier`; what only today's services can do, which clients ask for once all are today's; states older
than this run's minutes and larger than its dozens of dossiers; interleavings of two versions as replicas of one service (a
rolling deployment with overlap); what the load does not do, and pages.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from tests.faults.load import Load, PatientClient

from dossier_local.reconciliation import Where, reconcile
from dossier_local.reconciliation.stored_source import SERVICES as JOURNALLING
from dossier_local.simulation import rhythm
from dossier_local.simulation.acks import AckFile
from dossier_local.simulation.quiet import Watch, until_quiet
from dossier_local.waiting import eventually
from dossier_shared.contracts.topics import SERVICES

from . import baseline
from .rules import shape
from .stage import START, Stage, staged

UPGRADE_ORDER = ("monitor", "notify", "signing", "review", "intake")  # from the end of the loop to its beginning
LEDGER = Path("provider") / "ledger.jsonl"


async def finished(stage: Stage, dossiers: list[str]) -> tuple[str, str]:
    """One that is delivered, as notify's database has it, and its agency."""
    query = {"_id": {"$in": dossiers}, "state.status": "delivered"}
    with MongoClient[dict[str, Any]](stage.stack.mongodb) as mongodb:
        table = mongodb["dossier_notify"]["dossiers"]

        async def one() -> dict[str, Any]:
            return await asyncio.to_thread(table.find_one, query) or {}

        found = await eventually(one, within=120, every=0.3)
    return str(found["_id"]), str(found["state"]["agency"])


async def compare_answers(stage: Stage, service: str, dossier: str, agency: str) -> None:
    """Goes back and forward; today's answers hold all that yesterday's did."""
    await stage.run(service, stage.yesterday)
    old = await stage.answer(service, dossier, agency)
    await stage.run(service, stage.today)
    new = await stage.answer(service, dossier, agency)
    missing = {path: sorted(shape(old[path]) - shape(new[path])) for path in old}
    assert {path: places for path, places in missing.items() if places} == {}, service


async def forward_and_back(stage: Stage, first: list[str]) -> None:
    for service in SERVICES:
        await stage.run(service, stage.today)
        await stage.run(service, stage.yesterday, killed=True)
    for service in UPGRADE_ORDER:
        await stage.run(service, stage.today)
    dossier, agency = await finished(stage, first)
    for service in SERVICES:
        await compare_answers(stage, service, dossier, agency)


@pytest.fixture
def known_to_both(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients ask for nothing that the last release did not know: what its week did not have happens in none here."""
    assumed = rhythm.figures()["assumed"]
    yesterdays = baseline.yaml_document("deploy/local/src/dossier_local/simulation/figures.yaml")["assumed"]
    new = [name for name, share in assumed.items() if name not in yesterdays and isinstance(share, float)]
    assert all(0 <= assumed[name] <= 1 for name in new)
    for name in new:
        monkeypatch.setitem(assumed, name, 0.0)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("known_to_both")
async def test_each_service_goes_forward_and_back_alone(tmp_path: Path) -> None:
    began = time.monotonic()
    async with staged(tmp_path / "rolling") as stage:
        acks = AckFile(stage.stack.folder / "clients.jsonl")
        client = PatientClient(stage.stack, acks)
        load = Load(client, stories=1, batch=2, at_once=30, pieces=False)
        try:
            await load.prepare()
            first = await load.notices_of_lodging(4)
            async with load.flowing():
                try:
                    await forward_and_back(stage, first)
                except BaseException:
                    await client.close()  # or what was begun would be tried for a quarter of an hour
                    raise
            watch = Watch(stage.stack.mongodb, [*JOURNALLING, "monitor"])
            stirring = await until_quiet(watch, stuck_after=90)
            watch.close()
            await acks.close()
            report = await reconcile(Where.of(stage.stack), acks.path, stage.stack.folder / LEDGER)
        finally:
            await client.close()
    print()
    for service, version, ready, worked in stage.did:
        print(f"{service} as {version}: ready after {ready:.1f} s, at work after {worked:.1f} s more")
    print(f"{len(stage.did)} changes, {load.begun} stories, {load.notices} notices, {time.monotonic() - began:.0f} s")
    assert [*load.trouble, *client.troubles(), *stirring] == []
    assert [str(finding) for finding in report.findings] == []
    assert (report.lost, report.doubled) == (0, 0)
    assert report.reconciled
    assert not report.dead_letters
    assert load.ended == load.begun > 50
    board = next(line for line in report.lines if line.source == "board")
    assert board.figures["filed"] == report.filed == load.begun + load.notices


def test_a_process_that_would_run_other_code_does_not_start() -> None:
    env = {"PYTHONPATH": "", "RUNS_FROM": str(baseline.checkout())}
    done = subprocess.run(
        [sys.executable, "-P", str(START), "dossier_review"], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "would come from" in done.stderr
