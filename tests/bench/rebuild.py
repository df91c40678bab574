"""How fast the monitor's worker takes up everything from offset 0, and how soon it is back after SIGKILL.

On a broker of its own: the topics are filled first, so that the worker is never waiting.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from time import perf_counter

import httpx
from tests.bench.usage import resident_mb
from tests.unit.monitor.stories import lives

from dossier_local.stack import Stack
from dossier_shared.adapters.kafka import KafkaSender
from dossier_shared.contracts.envelope import Record, encode
from dossier_shared.contracts.topics import BY_SOURCE
from dossier_shared.settings.broker import Broker

WORKER = "monitor-worker"
BATCH = 2000  # dossiers made at a time
WITHIN = 1800.0  # seconds


async def measure(events: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="dossier-rebuild-") as folder:
        async with Stack(Path(folder), free_ports=True) as stack, httpx.AsyncClient(trust_env=False) as client:
            made, dossiers = await _fill(stack.broker, events)

            async def metric(name: str) -> float:
                text = (await client.get(f"{stack.url(WORKER)}/metrics")).text
                found = re.search(rf"^{name} (\S+)$", text, re.MULTILINE)
                return float(found[1]) if found else 0.0

            await stack.start(WORKER)
            began, there = perf_counter(), await metric(FOLDED)
            cpu = await metric("process_cpu_seconds_total")
            while (folded := await metric(FOLDED)) < made:
                if perf_counter() - began > WITHIN:
                    raise RuntimeError(f"{folded:.0f} of {made} events after half an hour")
                await asyncio.sleep(0.2)
            seconds = perf_counter() - began
            cpu = await metric("process_cpu_seconds_total") - cpu
            memory = resident_mb(stack.pid(WORKER))
            await stack.kill(WORKER)
            began = perf_counter()
            await stack.start(WORKER)
            return {
                "rebuild_events": float(made),
                "rebuild_dossiers": float(dossiers),
                "rebuild_per_s": (made - there) / seconds,
                "rebuild_cpu_us_per_event": cpu / (made - there) * 1e6,
                "rebuild_rss_mb": memory,
                "ready_after_kill_s": perf_counter() - began,
            }


FOLDED = "dossier_monitor_events_folded_total"


async def _fill(broker: Broker, events: int) -> tuple[int, int]:
    sender, made, dossiers = KafkaSender(broker, client_id="rebuild"), 0, 0
    try:
        while made < events:
            batches: dict[str, list[Record]] = defaultdict(list)
            for story in lives(BATCH, dossiers):
                for event in story:
                    batches[BY_SOURCE[event.source].name].append(encode(event))
            for topic, batch in batches.items():
                if not all(await sender.send(topic, batch)):
                    raise RuntimeError("the broker did not take the events")
                made += len(batch)
            dossiers += BATCH
    finally:
        await sender.stop()
    return made, dossiers


if __name__ == "__main__":
    for name, value in asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)).items():
        sys.stdout.write(f"{name} {value:,.1f}\n")
