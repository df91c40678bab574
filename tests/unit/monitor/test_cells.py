"""Any order, any repeats, any moment of a restart: the same numbers, and those a plain recount gives."""

from __future__ import annotations

from random import Random
from time import time_ns
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dossier_monitor.board.board import Board, named
from dossier_monitor.projection.domain import OPEN_STAGES
from dossier_monitor.projection.dossier import micros
from dossier_monitor.projection.records import agency_record, place_record, read
from dossier_monitor.worker.aggregates import Aggregates
from dossier_shared.clock import SystemClock
from dossier_shared.contracts.envelope import Event, Record, encode, partition_of
from dossier_shared.contracts.topics import BY_SOURCE, PARTITIONS

from ..core.signed import Holder, ring_of  # noqa: TID252
from .stories import lives, recount


class Raw:
    """A record as Kafka gives it."""

    def __init__(self, event: Event, offset: int = 0, **changes: Any) -> None:
        self.topic = BY_SOURCE[event.source].name
        self.partition = partition_of(event.dossier, PARTITIONS)
        self.offset = offset
        self.key, self.value, self.headers = encode(event)
        for name, value in changes.items():
            setattr(self, name, value)


class Shelf:
    """Where marks are stored; fails as often as told."""

    def __init__(self, failures: int = 0) -> None:
        self.projections: dict[bytes, bytes] = {}
        self.failures = failures

    async def send(self, topic: str, records: Any) -> list[bool]:
        assert topic == "monitor.marks"
        acked = [True] * len(records)
        if self.failures:
            self.failures -= 1
            acked[::2] = [False] * len(acked[::2])
        self.projections.update({r.key: r.value for r, done in zip(records, acked, strict=True) if done})
        return acked


def fresh(shelf: Shelf | None = None, *, wall: int = 0) -> Aggregates:
    return Aggregates(shelf or Shelf(), by_events=not wall, wall=lambda: wall or time_ns() // 1000)


def published(aggregates: Aggregates) -> list[Record]:
    cells = aggregates.cells
    agencies = [agency_record(0, code, "", above) for code, (_, above) in cells.overseers.items()]
    return agencies + [place_record(cell, counts) for cell, counts in cells.counts.items()]


async def test_the_board_counts_nothing_its_service_did_not_sign() -> None:
    story = lives(1, 3)[0]
    holders = {source: Holder(source, number) for number, source in enumerate({event.source for event in story}, 1)}
    worker = Aggregates(Shelf(), by_events=True, wall=lambda: time_ns() // 1000, keys=ring_of(*holders.values()))
    await worker.take([Raw(event) for event in story])
    assert (worker.skipped, worker.folded) == (len(story), 0)
    await worker.take([Raw(event, headers=holders[event.source].signs(event)[0].headers) for event in story])
    assert (worker.skipped, worker.folded) == (len(story), len(story))


def board_of(*sets: list[Record]) -> Board:
    board = Board(SystemClock().now, 5, PARTITIONS)
    for records in sets:
        board.take([record.value for record in records])
    return board


def by_agency(board: Board) -> dict[str, dict[str, int]]:
    found = {}
    for code, agency in board.agencies.items():
        row = named(agency.own)
        row |= {f"stage:{name}": row["stages"][name]["open"] for name in OPEN_STAGES}
        numbers = {name: number for name, number in row.items() if name not in ("stages", "unfiled") and number}
        if numbers:
            found[code] = numbers
    return found


def told(events: list[Event], now: str) -> dict[str, dict[str, int]]:
    return {agency: {k: n for k, n in row.items() if n} for agency, row in recount(events, now).items()}


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 9999), shuffled=st.randoms(use_true_random=False), restart=st.floats(0, 1))
async def test_any_order_repeats_and_restarts_give_the_recounted_numbers(
    seed: int, shuffled: Random, restart: float
) -> None:
    events = [event for story in lives(25, seed) for event in story]
    records = [Raw(event) for event in events] + [Raw(event) for event in events if shuffled.random() < 0.3]
    shuffled.shuffle(records)
    shelf = Shelf(failures=1)
    worker, cut = fresh(shelf), int(len(records) * restart)
    while records[:cut]:
        size = shuffled.randrange(1, 40)
        await worker.take(records[: min(size, cut)])
        records, cut = records[size:], max(0, cut - size)
    again = fresh(shelf)
    again.recovered(dict(shelf.projections), {}, range(PARTITIONS))
    # a crash lost what had not been stored, so everything is read again
    await again.take([Raw(event) for event in events])
    now = max(event.time for event in events)
    assert by_agency(board_of(published(again))) == told(events, now)


async def test_numbers_kept_up_are_those_computed_anew() -> None:
    events = [event for story in lives(200, 7) for event in story]
    events.sort(key=lambda event: event.time)
    shelf = Shelf()
    worker = fresh(shelf)
    for start in range(0, len(events), 37):
        await worker.take([Raw(event) for event in events[start : start + 37]])
    anew = fresh()
    anew.recovered(dict(shelf.projections), {}, range(PARTITIONS))
    assert {c: n for c, n in worker.cells.counts.items() if n} == {c: n for c, n in anew.cells.counts.items() if n}
    assert worker.cells.now == anew.cells.now


async def test_a_deadline_passes_without_any_event() -> None:
    events = [event for story in lives(60, 3) for event in story]
    clock = {"now": 0}
    worker = Aggregates(Shelf(), by_events=False, wall=lambda: clock["now"])
    await worker.take([Raw(event) for event in events])
    for day in range(16, 24):
        now = f"2026-11-{day}T12:00:00.000000Z"
        clock["now"] = micros(now)
        worker.tick()
        assert by_agency(board_of(published(worker))) == told(events, now)


async def test_two_workers_partials_add_up_and_a_third_takes_over() -> None:
    events = [event for story in lives(80, 11) for event in story]
    one, two = fresh(Shelf()), fresh(Shelf())
    for event in events:
        await (one if Raw(event).partition < 3 else two).take([Raw(event)])
    now = max(event.time for event in events)
    for worker in (one, two):  # each judges by the latest event of its own partitions
        worker.last = max(one.last, two.last)
        worker.tick()
    board = board_of(published(one), published(two))
    assert by_agency(board) == told(events, now)
    assert named(board.total(None))["filed"] == 80


async def test_cells_a_crash_left_on_the_board_are_set_to_zero() -> None:
    events = [event for story in lives(30, 5) for event in story]
    half = fresh(Shelf())
    await half.take(
        [Raw(event) for event in events if event.source != "intake"]
    )  # procedure not known yet: other cells
    bodies = published(half)
    whole, shelf = fresh(), Shelf()
    first = fresh(shelf)
    await first.take([Raw(event) for event in events])
    on_board = [body for body in (read(record.value) for record in bodies) if body is not None]
    whole.recovered(dict(shelf.projections), {}, range(PARTITIONS), on_board)
    assert by_agency(board_of(bodies, published(whole))) == by_agency(board_of(published(first)))


@pytest.mark.parametrize(
    "changes",
    [{"value": b"not json"}, {"key": b"other"}, {"headers": []}, {"value": None}, {"topic": "dossier.signed"}],
)
async def test_a_bad_record_is_skipped_and_counted_and_the_rest_goes_on(changes: dict[str, Any]) -> None:
    story = next(story for story in lives(20, 2) if len(story) > 1)
    worker = fresh(Shelf())
    await worker.take([Raw(story[0]), Raw(story[0], offset=1, **changes)])
    assert (worker.folded, worker.skipped) == (1, 1)
    place = worker.positions[Raw(story[0], **changes).topic, Raw(story[0]).partition]
    assert place == 2, "what cannot be read is passed over all the same"
