"""The worker while its partitions move: nothing is folded between two owners' memories."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from faust.types import TP
from tests.unit.core.deploying import entry, tell

from dossier_monitor.settings import WorkerSettings
from dossier_monitor.worker import app
from dossier_monitor.worker.app import Worker
from dossier_shared.contracts.envelope import partition_of
from dossier_shared.contracts.topics import MARKS
from dossier_shared.settings.broker import Broker

IN_1 = next(str(n).encode() for n in range(100) if partition_of(str(n), MARKS.partitions) == 1)  # a dossier


@dataclass
class Raw:
    partition: int
    offset: int = 0
    topic: str = "dossier.submitted"


@dataclass
class Lot:
    value: list[Raw]
    generation_id: int = 1


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
    monkeypatch.setattr(worker.app, "consumer_generation_id", 1)
    worker.keys.ring.whole()
    worker._next = {("dossier.submitted", partition): 0 for partition in range(3)}
    return worker


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_is_buffered_waits_for_the_marks(worker: Worker, folding: Folding) -> None:
    folding.stored.set()
    batch = asyncio.create_task(worker._take([Lot([Raw(0)]), Lot([Raw(1)])]))
    await turns()
    assert folding.taken == []
    worker._settled.set()
    await batch
    assert folding.taken == [0, 1]


async def test_what_came_under_an_earlier_assignment_is_dropped(worker: Worker, folding: Folding) -> None:
    """It is read again from the committed offset; nothing of it counts as met."""
    folding.stored.set()
    worker._settled.set()
    earlier = Lot([Raw(0, 0), Raw(0, 1)], generation_id=0)
    await worker._take([earlier, Lot([Raw(1)])])
    assert folding.taken == [1]
    await worker._take([Lot([Raw(0, 0)])])
    assert folding.taken == [1, 0]


async def test_partitions_move_once_the_batch_in_hand_is_stored(worker: Worker, folding: Folding) -> None:
    worker.publishing.owned = frozenset({0})
    worker._settled.set()
    batch = asyncio.create_task(worker._take([Lot([Raw(0)])]))
    await turns()
    moving = asyncio.create_task(worker._revoked())
    later = asyncio.create_task(worker._take([Lot([Raw(0)])]))
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
    batch = asyncio.create_task(worker._take([Lot([Raw(0)])]))
    await turns()
    await worker._revoked()
    assert ended == [1]
    batch.cancel()


async def test_a_hole_is_never_committed_over(worker: Worker, folding: Folding) -> None:
    folding.stored.set()
    worker._settled.set()
    worker.keys.ring.whole()
    worker._next = {("dossier.submitted", 0): 7, ("dossier.submitted", 1): 100}
    await worker._take([Lot([Raw(0, 7), Raw(0, 8)]), Lot([Raw(1, 100)])])
    await worker._take([Lot([Raw(0, 8), Raw(0, 9), Raw(0, 3)])])  # read again from an earlier place: no hole
    before = len(folding.taken)
    with pytest.raises(RuntimeError, match="102 came, 101 has not"):
        await worker._take([Lot([Raw(0, 4)]), Lot([Raw(1, 102)])])
    assert len(folding.taken) == before


async def test_marks_read_while_partitions_move_are_not_gone_on_with(
    worker: Worker, folding: Folding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client names its old partitions until the new ones are given: only the order of moves tells."""
    reads: list[tuple[str, list[int]]] = []
    again: list[frozenset[int]] = [frozenset({0, 1}), frozenset({1, 2})]
    place = TP("dossier.submitted", 1)

    async def latest(_broker: Broker, topic: str, partitions: Iterable[int]) -> dict[bytes, bytes]:
        reads.append((topic, sorted(partitions)))
        if len(reads) == 2:  # in the midst of the first
            await worker._revoked()
        return {IN_1: b"a mark"}

    async def committed(_owned: frozenset[int]) -> dict[tuple[str, int], int]:
        return {("dossier.submitted", 1): 40}

    async def earliest(*_places: TP) -> dict[TP, int]:
        return {place: 10}

    async def ends(*places: TP) -> dict[TP, int]:
        return dict.fromkeys(places, 40)

    monkeypatch.setattr(worker.app, "consumer", SimpleNamespace(earliest_offsets=earliest, highwaters=ends))
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
    assert (worker._next[place], worker._next["dossier.submitted", 2]) == (40, 0), "offsets that must come first"


async def test_offsets_that_stand_for_nothing_are_moved_back_and_no_others(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored: list[dict[TP, int]] = []
    submitted, signed = (
        [TP(f"dossier.{topic}", partition) for partition in range(3)] for topic in ("submitted", "signed")
    )
    begin = {**dict.fromkeys(submitted, 10), **dict.fromkeys(signed, 0)}

    async def ends(*places: TP) -> dict[TP, int]:
        return dict.fromkeys(places, 50)

    async def store(moved: dict[TP, int]) -> bool:
        stored.append(moved)
        return True

    monkeypatch.setattr(worker.app, "consumer", SimpleNamespace(highwaters=ends, store=store))
    committed: dict[tuple[str, int], int] = {submitted[0]: 40, submitted[1]: 40, signed[1]: 60, submitted[2]: 10}
    moved = await worker._begin_again([IN_1], committed, begin)
    assert moved == {submitted[0]: 10, signed[1]: 0}, "no mark is left of partition 0; signed ends before 60"
    assert stored == [moved], "Faust seeks to what is committed"
    assert await worker._begin_again([], {}, begin) == {}, "a new installation"
    assert len(stored) == 1


async def test_where_there_are_topics_that_were_not_it_begins_anew_in_its_place_between_two_batches(
    worker: Worker, folding: Folding, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[list[str]] = []
    monkeypatch.setattr("os.execv", lambda _, argv: begun.append(argv))
    worker._settled.set()
    batch = asyncio.create_task(worker._take([Lot([Raw(0)])]))
    await turns()
    tell(worker.registry, entry())
    await turns()
    assert begun == [], "what is in hand is stored first"
    folding.stored.set()
    await batch
    await turns()
    assert [argv[1:] for argv in begun] == [["-m", "dossier_monitor.worker"]]
    tell(worker.registry, entry("an-binh", "H2"))
    await turns()
    assert len(begun) == 1


def test_a_worker_that_reads_deployments_topics_is_another_member_than_one_that_does_not() -> None:
    """Else the broker would give it back what it had, without them (decision 0038)."""
    settings = WorkerSettings()
    plain = app.unread().registry.topics()
    assert app.member(settings, plain) == settings.member_id, "as ever, for who has none"
    assert app.member(settings, [*plain, "dossier.reviewed.long-khanh"]) != settings.member_id
