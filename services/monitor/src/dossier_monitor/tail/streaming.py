"""Server-sent events of the tail: lines in batches for the stream's page, `changed` for one dossier's."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import suppress
from time import monotonic

import orjson

from dossier_monitor.board.streaming import BEAT, FASTEST
from dossier_monitor.tail.tail import Reader, Tail, Wants
from dossier_monitor.timelines.store import Timelines

RATE_OVER = 5.0  # seconds
SHOWN_WITHIN = 5.0  # seconds without a word to a dossier's page while its event is on the way into the timelines


class Rate:
    """Lines a second, over the last few seconds."""

    def __init__(self) -> None:
        self._counts: deque[tuple[float, int]] = deque()
        self._began = monotonic()

    def add(self, count: int) -> float:
        now = monotonic()
        if count:
            self._counts.append((now, count))
        while self._counts and self._counts[0][0] < now - RATE_OVER:
            self._counts.popleft()
        return round(sum(n for _, n in self._counts) / min(RATE_OVER, max(1.0, now - self._began)), 1)


def place_of(boot: str, last_event_id: str | None) -> int | None:
    """The number of the line last seen in this node's life; None: of another life."""
    life, _, number = (last_event_id or "").rpartition("-")
    return int(number[:18]) if life == boot and number.isascii() and number.isdigit() else None


async def lines(tail: Tail, boot: str, wants: Wants, after: int | None) -> AsyncGenerator[bytes]:
    """`lines`: `{lines, lost, gap, rate, connected}`, at most ten a second, at least one. `after` None: all the ring holds."""
    rate = Rate()
    async with tail.reader(wants, after or 0) as reader:
        yield b"retry: 1000\n\n"
        first, last = True, after or 0
        while True:
            found, lost = reader.drain()
            last = found[-1].number if found else last
            body = {
                "lines": [line.body for line in found],
                "lost": lost,
                "gap": first and reader.gap,
                "rate": rate.add(0 if first else len(found) + lost),
                "connected": tail.connected.is_set(),
            }
            first = False
            yield b"id: %b-%d\nevent: lines\ndata: %b\n\n" % (boot.encode(), last, orjson.dumps(body))
            await asyncio.sleep(FASTEST)
            await _news(reader, BEAT - FASTEST)


async def changes(tail: Tail, timelines: Timelines, dossier: str, known: int | None) -> AsyncGenerator[bytes]:
    """`changed` with the timeline's version once an event of the dossier is in it; `known`: the version the page shows.

    What the ring already holds of it is waited for too: the page may have been made before the timeline had heard it.
    """
    told, waiting = known, dict[str, int]()
    async with tail.reader(lambda line: line.dossier == dossier, 0) as reader:
        yield b"retry: 1000\n\n"
        version, looked = known, False
        while True:
            for line in reader.drain()[0]:
                waiting[line.source] = max(line.seq, waiting.get(line.source, 0))
            if waiting or not looked:
                version, looked = await _arrived(timelines, dossier, waiting)
                if looked:
                    waiting.clear()
            if version is not None and version != told:
                told = version
                yield b"event: changed\ndata: %d\n\n" % version
            else:
                yield b": still here\n\n"
            await _news(reader, BEAT)


async def _arrived(timelines: Timelines, dossier: str, waiting: dict[str, int]) -> tuple[int | None, bool]:
    """The timeline's version, and whether it has heard these sequences; waits for them a while. None: it cannot be asked."""
    until, pause = monotonic() + SHOWN_WITHIN, 0.02
    version, arrived = None, False
    while True:
        with suppress(Exception):  # the database may be away: it is asked again
            version, heard = await timelines.heard(dossier)
            arrived = all(heard.get(source, 0) >= seq for source, seq in waiting.items())
        if arrived or monotonic() > until:
            return version, arrived
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, 0.5)


async def _news(reader: Reader, within: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(reader.news.wait(), within)
