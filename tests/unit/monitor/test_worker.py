"""The worker while its partitions move: nothing is folded between two owners' memories."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pytest

from dossier_monitor.settings import WorkerSettings
from dossier_monitor.worker import app
from dossier_monitor.worker.app import Worker
from dossier_shared.topics import MARKS


@dataclass
class Raw:
    partition: int
    offset: int = 0
    topic: str = "dossier.submitted"


class Folding:
    """Stands in for the aggregates: takes as long as it is told to."""

    def __init__(self) -> None:
        self.positions: dict[tuple[str, int], int] = {}
        self.taken: list[int] = []
        self.stored = asyncio.Event()

    async def take(self, records: Sequence[Raw]) -> None:
        await self.stored.wait()
        self.taken += [record.partition for record in records]


@pytest.fixture
def folding() -> Folding:
    return Folding()


@pytest.fixture
def worker(folding: Folding, monkeypatch: pytest.MonkeyPatch) -> Worker:
    worker = Worker(WorkerSettings())
    monkeypatch.setattr(worker, "aggregates", folding)
    return worker


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_is_buffered_waits_for_the_marks_and_what_moved_away_is_dropped(
    worker: Worker, folding: Folding
) -> None:
    folding.stored.set()
    batch = asyncio.create_task(worker._take([Raw(0), Raw(1), Raw(2)]))
    await turns()
    assert folding.taken == []
    worker.publishing.owned = frozenset({1, 2})
    worker._settled.set()
    await batch
    assert folding.taken == [1, 2]


async def test_partitions_move_once_the_batch_in_hand_is_stored(worker: Worker, folding: Folding) -> None:
    worker.publishing.owned = frozenset({0})
    worker._settled.set()
    batch = asyncio.create_task(worker._take([Raw(0)]))
    await turns()
    moving = asyncio.create_task(worker._revoked())
    later = asyncio.create_task(worker._take([Raw(0)]))
    await turns()
    assert not moving.done()
    folding.stored.set()
    await asyncio.gather(batch, moving)
    await turns()
    assert folding.taken == [0], "the next batch waits for whoever owns what then"
    later.cancel()


async def test_a_batch_that_cannot_be_stored_ends_the_worker_rather_than_cross_a_move(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[int] = []
    monkeypatch.setattr("os._exit", ended.append)
    monkeypatch.setattr(app, "STORE_WITHIN", 0.01)
    worker.publishing.owned = frozenset({0})
    worker._settled.set()
    batch = asyncio.create_task(worker._take([Raw(0)]))
    await turns()
    await worker._revoked()
    assert ended == [1]
    batch.cancel()


async def test_a_hole_between_two_lots_is_never_committed_over(worker: Worker, folding: Folding) -> None:
    folding.stored.set()
    worker.publishing.owned = frozenset({0, 1})
    worker._settled.set()
    await worker._take([Raw(0, 7), Raw(0, 8), Raw(1, 100)])
    await worker._take([Raw(0, 8), Raw(0, 9), Raw(0, 3)])  # read again from an earlier place: no hole
    before = len(folding.taken)
    with pytest.raises(RuntimeError, match="102 came, 101 has not"):
        await worker._take([Raw(0, 4), Raw(1, 102)])
    assert len(folding.taken) == before


async def test_marks_read_while_partitions_move_are_not_gone_on_with(
    worker: Worker, folding: Folding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client names its old partitions until the new ones are given: only the order of moves tells."""
    reads: list[tuple[str, list[int]]] = []
    again: list[frozenset[int]] = [frozenset({0, 1}), frozenset({1, 2})]

    async def latest(_servers: str, topic: str, partitions: Iterable[int]) -> dict[bytes, bytes]:
        reads.append((topic, sorted(partitions)))
        if len(reads) == 2:  # in the midst of the first
            await worker._revoked()
        return {}

    async def committed(_owned: frozenset[int]) -> dict[tuple[str, int], int]:
        return {}

    monkeypatch.setattr(app, "latest", latest)
    monkeypatch.setattr(worker, "_committed", committed)
    monkeypatch.setattr(worker, "_partitions", lambda: again[0])
    monkeypatch.setattr(folding, "recovered", lambda *_: None, raising=False)
    await worker._assigned()
    settling = asyncio.create_task(worker._settle())
    await turns()
    assert not worker._settled.is_set(), "they are moving again"
    del again[0]
    await worker._assigned()
    await settling
    assert worker._settled.is_set()
    assert worker.publishing.owned == frozenset({1, 2})
    assert reads[-1] == (MARKS.name, [1, 2])
