"""What really happened, read by separate code from each source and compared as sets of ids.

    report = await reconcile(Where.of(stack), clients_file, ledger_file)
    assert report.reconciled, report.findings
    report.lost, report.doubled, report.counter(GUARDS_LOST)

`clients_file` is written by `simulation.acks.AckFile` (JSON lines `{action, key, outcome, dossier, code, at}`, fsynced before
an acknowledgement counts); whoever drives the services by other means writes the same lines.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dossier_local.reconciliation.board_source import read_board
from dossier_local.reconciliation.counters import DUPLICATES_DROPPED, GUARDS_LOST, REPUBLISHED, read_counters
from dossier_local.reconciliation.figures import totals
from dossier_local.reconciliation.judge import judge
from dossier_local.reconciliation.report import Finding, Report
from dossier_local.reconciliation.stored_source import SERVICES, read_clients, read_databases, read_ledger
from dossier_local.reconciliation.topic_source import read_topics
from dossier_local.reconciliation.world import World
from dossier_shared.settings.broker import Broker

if TYPE_CHECKING:
    from dossier_local.elsewhere import Elsewhere
    from dossier_local.stack import Stack

__all__ = [
    "DUPLICATES_DROPPED", "GUARDS_LOST", "REPUBLISHED", "Finding", "Report", "Where", "gather", "judge", "reconcile",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Where:
    """Addresses. Without `identity` or the monitor's URL the board is not asked."""

    kafka: Broker
    mongodb: str
    identity: str | None = None
    services: Mapping[str, str] = field(default_factory=dict)  # name -> base URL

    @classmethod
    def of(cls, stack: Stack | Elsewhere) -> Where:
        """Of the services a stack has running now."""
        names = {name: stack.url(name) for name in stack.started if name not in ("kafka", "mongod")}
        return cls(stack.broker, stack.mongodb, names.get("identity"), names)


async def reconcile(
    at: Where,
    clients_file: Path,
    ledger_file: Path,
    *,
    strict: bool = True,
    now: str | None = None,
    counters: bool = False,
    board: bool = True,
) -> Report:
    """Reads every source and judges. `strict`, `now`: see `judge`. `counters`: read /metrics too. Call it when all is quiet."""
    return judge(await gather(at, clients_file, ledger_file, counters=counters, board=board), strict=strict, now=now)


async def gather(
    at: Where, clients_file: Path, ledger_file: Path, *, counters: bool = False, board: bool = True
) -> World:
    world = World(
        clients=await asyncio.to_thread(read_clients, clients_file),
        ledger=await asyncio.to_thread(read_ledger, ledger_file),
    )
    world.topics, on_topics = await read_topics(at.kafka)
    services = [*SERVICES, *(["monitor"] if "monitor" in at.services else [])]
    world.databases, in_journals = await asyncio.to_thread(
        read_databases, at.mongodb, services, world.topics.registry.entries
    )
    world.faults = on_topics + in_journals
    if board and at.identity and "monitor" in at.services:
        world.board = await read_board(at.services["monitor"], at.identity, totals(world))
    if counters:
        product = {n: u for n, u in at.services.items() if n.partition("#")[0] not in ("identity", "provider")}
        world.counters = await read_counters(product)
    return world
