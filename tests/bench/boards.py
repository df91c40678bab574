"""What live boards cost, and how far behind they are: a hundred and a Chromium beside the pipeline, a thousand on one node."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Sequence
from datetime import datetime
from time import perf_counter
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from playwright.async_api import Page, async_playwright
from tests.bench.latency import BATCH
from tests.bench.pipeline import Feeder, Run, run
from tests.bench.usage import cpu_seconds, resident_mb
from tests.bench.watchers import watchers
from tests.browser.visitor import launch

from dossier_local.stack import Stack
from dossier_shared.contracts.envelope import decode
from dossier_shared.contracts.topics import DELIVERED, PARTITIONS
from dossier_shared.http.auth import COOKIE

BOARDS = 100
CORES = 2
MONITOR = ("monitor", "monitor-worker")
_RECORD = """() => {
  window.seen = [];
  const cell = document.querySelector("[data-t=delivered] [data-v]");
  const note = () => window.seen.push([Number(cell.textContent.replace(/[^0-9]/g, "")), Date.now()]);
  note();
  new MutationObserver(note).observe(cell, { childList: true, characterData: true, subtree: true });
}"""


class Boards:
    def __init__(self, stack: Stack, feeder: Feeder) -> None:
        self.stack, self.feeder = stack, feeder
        self.token = ""

    async def prepare(self) -> None:
        who = {"sub": "watcher", "roles": ["admin"], "agency": None, "name": "Watcher", "ttl": 7200}
        answer = await self.feeder.client.post(f"{self.stack.url('identity')}/token", json=who)
        self.token = answer.json()["access_token"]

    @property
    def stream(self) -> str:
        return f"{self.stack.url('monitor')}/api/v1/board/stream"

    async def throughput(self, rounds: int, dossiers: int) -> dict[str, Any]:
        """With a hundred boards, and with none; the monitor runs in both. Pairs in turn begin with either: all runs get slower
        as the data grows, and single pairs differ by a fifth."""
        ratios, without_clients, rates, costs = [], [], [], []
        for number in range(rounds):
            spent, some, none = 0.0, Run(0, 1, {}), Run(0, 1, {})
            for watched in (False, True) if number % 2 else (True, False):
                if not watched:
                    none = await run(self.stack, self.feeder, dossiers, MONITOR)
                    continue
                async with watchers(self.stream, self.token, BOARDS) as pid:
                    before, began = cpu_seconds([pid]), perf_counter()
                    some = await run(self.stack, self.feeder, dossiers, MONITOR)
                    spent = (cpu_seconds([pid]) - before) / (perf_counter() - began)  # cores
            ratio = some.per_second / none.per_second
            ratios.append(ratio)
            without_clients.append(ratio / (1 - spent / CORES))
            rates.append(some.per_second)
            costs.append(none.cpu_per_dossier(list(none.cpu)) / some.cpu_per_dossier(list(some.cpu)))
        return {
            "board_throughput_ratio": statistics.median(ratios),
            "board_throughput_ratio_without_clients": statistics.median(without_clients),
            "board_throughput_ratios": {f"pair {number}": ratio for number, ratio in enumerate(ratios, 1)},
            "board_cpu_ratio": statistics.median(costs),  # of all processes but the clients; steadier than the rates
            "with_100_boards_per_s": statistics.median(rates),
        }

    async def latency(self, per_second: float, seconds: float) -> dict[str, float]:
        """From `recorded` of a delivery to the number in a Chromium window, with a hundred boards beside it. Milliseconds.

        `board_taken_per_s`: what intake accepted; less than `per_second` where the machine is full.
        """
        async with async_playwright() as playwright, watchers(self.stream, self.token, BOARDS):
            browser = await launch(playwright)
            try:
                context = await browser.new_context()
                await context.add_cookies([{"name": COOKIE, "value": self.token, "url": self.stack.url("monitor")}])
                page = await context.new_page()
                opened = await self._open(page)
                starts = await self._ends()
                first = int(await page.evaluate("() => window.seen[0][0]"))
                began = perf_counter()
                fed = await self._feed(per_second, seconds)
                taken = fed / (perf_counter() - began)
                await page.wait_for_function(
                    f"() => window.seen.length && window.seen[window.seen.length - 1][0] >= {first + fed}",
                    timeout=120_000,
                )
                seen = await page.evaluate("() => window.seen")
            finally:
                await browser.close()
        recorded = sorted(await self._recorded(starts))[:fed]
        late = _behind(recorded, [(count - first, at) for count, at in seen])
        cuts = statistics.quantiles(late, n=100)
        return {"board_p50_ms": cuts[49], "board_p99_ms": cuts[98], "board_taken_per_s": taken, **opened}

    async def _open(self, page: Page) -> dict[str, float]:
        """The first page with everything it needs, from an empty cache."""
        await page.goto(f"{self.stack.url('monitor')}/", wait_until="load")
        await page.wait_for_selector("#pulse[data-state=live]")
        sizes = await page.evaluate(
            """() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
                 .filter((e) => !e.name.includes("/stream")).map((e) => e.transferSize)"""
        )
        loaded = await page.evaluate("() => performance.getEntriesByType('navigation')[0].loadEventEnd")
        await page.evaluate(_RECORD)
        return {"first_page_kb": sum(sizes) / 1000, "first_page_ms": float(loaded)}

    async def _feed(self, per_second: float, seconds: float) -> int:
        bodies = self.feeder.batches(int(per_second * seconds) // BATCH * BATCH, BATCH)
        began, sending = perf_counter(), []
        for number, body in enumerate(bodies):
            await asyncio.sleep(max(0.0, number * BATCH / per_second - (perf_counter() - began)))
            sending.append(asyncio.create_task(self.feeder.send(body)))
        await asyncio.gather(*sending)
        return len(bodies) * BATCH

    async def _ends(self) -> dict[TopicPartition, int]:
        consumer = AIOKafkaConsumer(bootstrap_servers=self.stack.kafka, enable_auto_commit=False)
        await consumer.start()
        try:
            ends: dict[TopicPartition, int] = await consumer.end_offsets(
                [TopicPartition(DELIVERED.name, n) for n in range(PARTITIONS)]
            )
            return ends
        finally:
            await consumer.stop()

    async def _recorded(self, starts: dict[TopicPartition, int]) -> list[float]:
        """When each delivery since `starts` was recorded, in milliseconds."""
        ends, found = await self._ends(), []
        consumer = AIOKafkaConsumer(bootstrap_servers=self.stack.kafka, enable_auto_commit=False)
        await consumer.start()
        try:
            consumer.assign(list(starts))
            for place, start in starts.items():
                consumer.seek(place, start)
            left = {place for place in starts if starts[place] < ends[place]}
            while left:
                for place, records in (await consumer.getmany(timeout_ms=1000)).items():
                    events = [decode(record) for record in records]
                    found += [
                        datetime.fromisoformat(e.recorded).timestamp() * 1000 for e in events if e.type == "delivered"
                    ]
                    if records and records[-1].offset + 1 >= ends[place]:
                        left.discard(place)
        finally:
            await consumer.stop()
        return found

    async def many(self, seconds: float = 10.0) -> dict[str, float]:
        """A thousand clients of one node against a hundred, while twenty dossiers a second go through."""
        costs: dict[int, float] = {}
        memory: dict[int, float] = {}
        for count in (100, 1000):
            async with watchers(self.stream, self.token, count):
                pid = self.stack.pid("monitor")
                await self._feed(20, 2)
                before = cpu_seconds([pid])
                await self._feed(20, seconds)
                costs[count], memory[count] = cpu_seconds([pid]) - before, resident_mb(pid)
        return {
            "sse_cpu_ratio": costs[1000] / costs[100],
            "sse_1000_cores": costs[1000] / seconds,
            "sse_100_rss_mb": memory[100],
            "sse_1000_rss_mb": memory[1000],
        }


def _behind(recorded: Sequence[float], seen: Sequence[tuple[int, float]]) -> list[float]:
    """Per event, in the order recorded: how long until the number shown had counted it."""
    late, step = [], 0
    for number, at in enumerate(recorded, 1):
        while seen[step][0] < number:
            step += 1
        late.append(max(0.0, seen[step][1] - at))
    return late
