"""How fast the worker folds, and what it costs: python -m tests.component.monitor.measure [dossiers]

The topics are filled first, so that the worker is never waiting; then it is killed and timed coming back.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import httpx

from dossier_local.ground import Ground
from dossier_shared.envelope import Event, encode
from dossier_shared.kafka import KafkaSender
from dossier_shared.topics import BY_SOURCE

from ...unit.monitor.stories import lives  # noqa: TID252


def metric(page: str, name: str) -> float:
    found = re.search(rf"^{name} (\S+)$", page, re.MULTILINE)
    return float(found[1]) if found else 0.0


async def main(dossiers: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with Ground(Path(folder), free_ports=True) as ground, httpx.AsyncClient(trust_env=False) as client:
            sender = KafkaSender(ground.kafka, client_id="measure")
            lots: dict[str, list[Event]] = defaultdict(list)
            for event in (event for story in lives(dossiers, 1) for event in story):
                lots[BY_SOURCE[event.source].name].append(event)
            for topic, lot in lots.items():
                assert all(await sender.send(topic, [encode(event) for event in lot]))
            events = sum(map(len, lots.values()))

            async def page() -> str:
                return (await client.get(ground.url("monitor-worker") + "/metrics")).text

            await ground.start("monitor-worker")
            before, began = await page(), time.perf_counter()
            while metric(after := await page(), "dossier_monitor_events_folded_total") < events:
                await asyncio.sleep(0.1)
            took = time.perf_counter() - began
            folded = events - metric(before, "dossier_monitor_events_folded_total")
            cpu = metric(after, "process_cpu_seconds_total") - metric(before, "process_cpu_seconds_total")
            print(
                f"{events} events of {dossiers} dossiers: {folded / took:,.0f} events/s, {cpu / folded * 1e6:.0f} µs CPU each"
            )
            print(f"RSS {metric(after, 'process_resident_memory_bytes') / 1e6:.0f} MB")
            await asyncio.sleep(2)
            await ground.kill("monitor-worker")
            began = time.perf_counter()
            await ground.start("monitor-worker")
            print(f"ready again {time.perf_counter() - began:.1f} s after SIGKILL")
            await sender.stop()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
