"""What Faust's consumer hands over, batch by batch, while partitions come and go."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from dossier_monitor.worker import batches

A, B, C = (TP("dossier.submitted", number) for number in range(3))
Found = dict[TP, list[int]]


class Consumer(batches.Consumer):
    """Without a broker: each fetch finds what it is told to, in the generation it is told."""

    flow_active = True
    should_stop = False

    def __init__(self, *fetches: tuple[int, Found]) -> None:
        self.app: Any = SimpleNamespace(consumer_generation_id=1)
        self.fetches = list(fetches)
        self.sought = 0
        self._read_offset, self._committed_offset = {}, {}

    async def _wait_next_records(self, timeout: float) -> tuple[Found, set[TP]]:
        self.app.consumer_generation_id, found = self.fetches.pop(0)
        return found, {A, B}

    def _to_message(self, tp: TP, record: Any) -> Any:
        return SimpleNamespace(offset=record, value=None)

    async def perform_seek(self) -> None:
        self.sought += 1


async def handed(consumer: Consumer) -> list[tuple[TP, int, list[int]]]:
    return [(place, message.offset, message.value) async for place, message in consumer.getmany(1.0)]


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    async def sleep(_seconds: float) -> None:
        """At once."""

    monkeypatch.setattr(
        batches, "asyncio", SimpleNamespace(sleep=sleep)
    )  # this module's only: others' tasks share the loop


async def test_a_lot_stands_at_the_place_of_its_last_record() -> None:
    assert await handed(Consumer((1, {A: [3, 4], B: [7]}))) == [(A, 4, [3, 4]), (B, 7, [7])]


async def test_after_a_pause_what_the_broker_collected_belongs_to_it() -> None:
    consumer = Consumer((1, {A: [1]}), (1, {A: [2]}), (1, {A: [3, 4], B: [7]}))
    assert await handed(consumer) == [(A, 1, [1])]
    assert await handed(consumer) == [(A, 4, [2, 3, 4]), (B, 7, [7])]


async def test_a_fetch_that_waited_out_a_rebalance_is_handed_over_and_what_came_before_it_is_not() -> None:
    """The position is already behind what a fetch after the seek has found: dropped, it would never be read again."""
    assert await handed(Consumer((2, {A: [5, 6]}))) == [(A, 6, [5, 6])]
    consumer = Consumer((1, {A: [4]}), (1, {A: [5, 6]}), (2, {A: [5, 6, 7]}))
    await handed(consumer)
    assert await handed(consumer) == [(A, 7, [5, 6, 7])]


async def test_while_partitions_move_nothing_is_handed_over_and_all_is_read_again() -> None:
    consumer = Consumer((1, {A: [5, 6]}))
    consumer.flow_active = False
    assert await handed(consumer) == []
    assert consumer.sought == 1


async def test_what_lies_before_the_last_record_met_is_not_dropped() -> None:
    """Faust looks at it after each message; of a topic that was cut off all that is new would be lost up to there."""
    consumer = Consumer((1, {A: [0, 1]}))
    consumer._read_offset = {A: 500}
    async for _ in consumer.getmany(1.0):
        assert consumer._read_offset[A] is None


async def test_a_partition_of_which_nothing_is_committed_is_read_from_its_beginning() -> None:
    class Seeking(Consumer):
        perform_seek = batches.Consumer.perform_seek
        sought_to: dict[TP, int]

        async def seek_to_committed(self) -> dict[TP, Any]:
            return {A: 0, B: 7, C: None}

        async def earliest_offsets(self, *partitions: TP) -> dict[TP, int]:
            return dict.fromkeys(partitions, 3)

        def assignment(self) -> set[TP]:
            return {A, B, C}

        async def seek_wait(self, partitions: Any) -> None:
            self.sought_to = partitions

    consumer = Seeking()
    await consumer.perform_seek()
    assert consumer.sought_to == {A: 3, C: 3}
