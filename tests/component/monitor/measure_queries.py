"""How long the indicators and the history take: python -m tests.component.monitor.measure_queries [dossiers]

The timelines are written straight to the database: 5,000 told lives, over and over under other ids.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from dossier_local.stack import Stack
from dossier_monitor.board.board import Board
from dossier_monitor.history.store import History
from dossier_monitor.history.view import board_at, film
from dossier_monitor.indicators.periods import asked
from dossier_monitor.indicators.store import Figures
from dossier_monitor.indicators.view import Question, answer
from dossier_monitor.lists.store import Lists
from dossier_monitor.projection.domain import DAY
from dossier_monitor.projection.dossier import micros
from dossier_monitor.projection.records import agency_record
from dossier_monitor.timelines.handlers import RULES
from dossier_shared.adapters.mongo import DossierCollection, connect, database
from dossier_shared.clock import instant
from dossier_shared.journal.consumer import Fold
from dossier_shared.journal.dossier import Dossier
from dossier_shared.journal.steps import Moment

from ...unit.monitor.stories import AGENCIES, lives  # noqa: TID252

TOLD = 5_000


class Stopwatch:
    """Wall time, and processor time of the database and of this process: the latter do not depend on who else is busy."""

    def __init__(self) -> None:
        own = psutil.Process()
        self._watched = [own, *(child for child in own.children(recursive=True) if "mongod" in child.name())]

    def _spent(self) -> float:
        return sum(sum(process.cpu_times()[:2]) for process in self._watched)

    async def __call__(self, name: str, call: Callable[[], Awaitable[Any]], times: int = 3) -> None:
        walls, before = [], self._spent()
        for _ in range(times):
            begun = time.perf_counter()
            result = await call()
            walls.append(time.perf_counter() - begun)
        size = f", {len(result) / 1000:.0f} kB" if isinstance(result, bytes) else ""
        each = (self._spent() - before) / times
        print(f"{name}: {each * 1000:.0f} ms CPU, at best {min(walls) * 1000:.0f} ms{size}", flush=True)


def board_of(agencies: dict[str, list[str]]) -> Board:
    board = Board(lambda: datetime.now(UTC), 5, 6)
    board.take([agency_record(0, code, code, above).value for code, above in agencies.items()])
    return board


async def filled(collection: DossierCollection, count: int) -> int:
    """The latest event's time."""
    told, moment, newest = [], Moment(datetime.now(UTC)), 0
    begun = time.perf_counter()
    for story in lives(min(TOLD, count), 3):
        dossier = Dossier(story[0].dossier)
        Fold(story, RULES)(dossier, moment)
        told.append(dossier)
        newest = max(newest, *(micros(event.time) for event in story))
    print(f"told {len(told)} in {time.perf_counter() - begun:.1f} s", flush=True)
    for first in range(0, count, len(told)):
        await collection.write([replace(dossier, id=f"{dossier.id}-{first}") for dossier in told], moment.now)
    return newest


async def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with Stack(Path(folder), free_ports=True) as stack:
            client = connect(stack.mongodb)
            db = database(client, "measure")
            collection = DossierCollection(db, "monitor")
            figures, history, board = Figures(collection.table), History(collection.table, db), board_of(AGENCIES)
            await figures.ensure_indexes()
            await history.ensure_indexes()
            await Lists(collection).ensure_indexes()
            newest = await filled(collection, count)
            now = instant(datetime.fromtimestamp(newest / 1e6, UTC))
            print(f"{await collection.table.count_documents({})} dossiers", flush=True)
            timed = Stopwatch()
            for scope in ("H19", "X-H19-25217", None):
                for kind in ("day", "month"):
                    question = Question(scope, asked(kind, None, None, now))

                    async def indicators(question: Question = question) -> Any:
                        return await answer(figures, question, {})

                    await timed(f"indicators by {kind} of {scope or 'everything'}", indicators)

            async def at(instant: int, scope: str | None = "H19") -> Any:
                return await board_at(history, board, scope, instant, newest)

            async def played(begin: int) -> Any:
                return await film(history, board, "H19", begin, newest, 600)

            middle = newest - 3 * DAY
            await timed("board three days ago, no snapshot", lambda: at(middle), 1)
            await timed("board three days ago", lambda: at(middle))
            await timed("board three days ago, everything", lambda: at(middle, None))
            await timed("board now, snapshot from three days ago", lambda: at(newest), 1)
            await timed("board now", lambda: at(newest))
            await timed("600 frames of thirty days, all that ever happened", lambda: played(newest - 30 * DAY))
            await timed("600 frames of the last day", lambda: played(newest - DAY))
            client.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
