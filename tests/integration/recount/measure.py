"""How fast a recount is and what it takes: `python -m tests.integration.recount.measure [dossiers]`.

Dossiers are put straight into the four databases, their marks and the board's numbers straight on the topics; the services
answer as processes of their own, and this one gives the worker's signs of life.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil
from tests.unit.monitor.stories import lives

from dossier_local.stack import Stack
from dossier_monitor.projection.cells import Cells
from dossier_monitor.projection.dossier import DossierProjection, iso, take
from dossier_monitor.projection.records import Heartbeat, heartbeat_record, place_record
from dossier_monitor.recount.journals import SOURCES
from dossier_monitor.recount.store import Recounts
from dossier_shared.adapters.kafka import KafkaSender
from dossier_shared.adapters.mongo import DossierCollection, connect, database
from dossier_shared.clock import SystemClock, instant
from dossier_shared.contracts.envelope import Record, partition_of, to_entry
from dossier_shared.contracts.topics import BOARD, MARKS, PARTITIONS
from dossier_shared.journal.dossier import Dossier

BATCH = 2000


async def fill(stack: Stack, sender: KafkaSender, number: int) -> None:
    client, cells = connect(stack.mongodb), Cells()
    kept = {source: DossierCollection(database(client, f"dossier_{source}"), source) for source in SOURCES}
    for batch in range(0, number, BATCH):
        dossiers: dict[str, list[Dossier]] = defaultdict(list)
        projections = []
        for story in lives(min(BATCH, number - batch), batch):
            projection, id_ = DossierProjection(), story[0].dossier
            for event in story:
                take(projection, event)
            cells.put(partition_of(id_, PARTITIONS), id_.encode(), None, projection)
            projections.append(Record(id_.encode(), projection.encode(), []))
            for source in {event.source for event in story}:
                own = [event for event in story if event.source == source]
                made = Dossier(id_, seq=len(own), published=len(own))
                made.journal = [to_entry(event) for event in own]
                dossiers[source].append(made)
        for source, some in dossiers.items():
            assert not await kept[source].write(some, datetime.now(UTC))
        assert all(await sender.send(MARKS.name, projections))
    client.close()
    assert all(await sender.send(BOARD.name, [place_record(place, counts) for place, counts in cells.counts.items()]))


async def beat(sender: KafkaSender, now: int) -> None:
    while True:
        at = instant(datetime.now(UTC))
        heartbeats = [Heartbeat(n, at, iso(now), None, None, 0, {}, 0, 0, 0, "measure") for n in range(PARTITIONS)]
        await sender.send(BOARD.name, [heartbeat_record(heartbeat) for heartbeat in heartbeats])
        await asyncio.sleep(1)


async def largest(process: psutil.Process) -> int:
    """Bytes; the kernel's own maximum begins with what the parent had."""
    most = 0
    with suppress(psutil.Error):
        while process.status() != psutil.STATUS_ZOMBIE:
            most = max(most, process.memory_info().rss)
            await asyncio.sleep(0.1)
    return most


async def main(number: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with Stack(Path(folder) / "ground", free_ports=True) as stack:
            await stack.start("identity", "provider")
            await stack.start(*SOURCES)
            sender = KafkaSender(stack.broker, client_id="measure")
            await fill(stack, sender, number)
            beating = asyncio.create_task(beat(sender, 0))
            env = {**os.environ, **stack.env("monitor")}
            began = time.monotonic()
            process = subprocess.Popen([sys.executable, "-m", "dossier_monitor.recount"], env=env)
            watching = asyncio.create_task(largest(psutil.Process(process.pid)))
            _, code, used = await asyncio.to_thread(os.wait4, process.pid, 0)
            took = time.monotonic() - began
            beating.cancel()
            client = connect(stack.mongodb)
            [view], _ = await Recounts(database(client, "dossier_monitor"), SystemClock()).newest(1)
            client.close()
            print(f"{number} dossiers, exit {code}, {took:.1f} s with start, {view['rate']:.0f} dossiers/s")
            print({name: view.get(name) for name in view if name != "differences"}, view.get("differences", [])[:3])
            print(f"CPU {used.ru_utime + used.ru_stime:.1f} s, at most {await watching >> 20} MiB")
            await sender.stop()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000))
