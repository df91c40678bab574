"""What each officer did in the last 5 minutes, hour and day: whatever was heard in whatever order, and as time passes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dossier_monitor.board.board import Board
from dossier_monitor.board.views import View, officers
from dossier_monitor.projection.cells import Cells, Deeds, Hourly
from dossier_monitor.projection.dossier import DossierProjection, micros, take
from dossier_monitor.projection.records import Heartbeat, heartbeat_record, place_of, place_record, read
from dossier_shared.clock import SystemClock, instant
from dossier_shared.contracts.envelope import Event, chain_hash
from dossier_shared.contracts.topics import PARTITIONS

from .stories import START, Chain, lives
from .test_cells import Raw, Shelf, board_of, fresh, published

MINUTE = timedelta(minutes=1)
HOUR = 60 * MINUTE
WINDOWS = {"5m": 5, "1h": 60, "1d": 1440}
Windows = dict[tuple[str, str], dict[str, dict[str, int]]]  # (agency, officer) -> window -> deed -> how many


def by(who: str, event: Event) -> Event:
    event.actor = who
    event.hash = chain_hash(event)
    return event


def worked(count: int, seed: int) -> list[Event]:
    """Lives of two days, each step by one of a few officers or by a rule."""
    random = Random(seed)
    actors = ("counter:c1", "specialist:s1", "specialist:s2", "leader:l1", "rule:review")
    events = [event for story in lives(count, seed) for event in story]
    for event in events:
        event.time = instant(START + (datetime.fromisoformat(event.time) - START) / 5)
        by(random.choice(actors), event)
    return events


def told(events: Iterable[Event], now: str) -> Windows:
    """By the plainest means: of every dossier who took each step, and whether that was within the window's minutes."""
    stories: dict[str, dict[tuple[str, int], Event]] = {}
    for event in events:
        stories.setdefault(event.dossier, {})[event.source, event.seq] = event
    found: Windows = {}
    for story in stories.values():
        last = {event.type: event for _, event in sorted(story.items())}
        signer = last.get("signing-requested")
        steps = [
            (last.get("accepted"), last.get("accepted"), "accepted"), (last.get("refused"), last.get("refused"), "refused"),
            (last.get("appraised"), last.get("appraised"), "appraised"),
            (last.get("approved"), last.get("approved"), "decided"), (last.get("rejected"), last.get("rejected"), "decided"),
            (last.get("signed"), signer, "signed"),
        ]  # fmt: skip
        for step, act, deed in steps:
            if step is not None and act is not None and not act.actor.startswith("rule:"):
                back = minute(now) - minute(step.time)
                for window, minutes in WINDOWS.items():
                    if 0 <= back < minutes:
                        own = found.setdefault(
                            (step.agency, act.actor.partition(":")[2]), {name: {} for name in WINDOWS}
                        )
                        own[window][deed] = own[window].get(deed, 0) + 1
    return found


def minute(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) // 60


def strike(board: Board, now: str) -> None:
    """A sign of life: it is `now`."""
    heartbeat = Heartbeat(0, now, now, now, now, 0, {}, 0, 0, 0, "w")
    board.take([heartbeat_record(heartbeat).value])


def shown(board: Board) -> Windows:
    rows = {(one["agency"], one["subject"]): one["throughput"] for one in officers(board, None)}
    return {who: windows for who, windows in rows.items() if any(windows.values())}


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 9999), shuffled=st.randoms(use_true_random=False), restart=st.floats(0, 1))
async def test_any_order_repeats_and_restarts_give_the_windows_told_from_the_events(
    seed: int, shuffled: Random, restart: float
) -> None:
    events = worked(25, seed)
    records = [Raw(event) for event in events] + [Raw(event) for event in events if shuffled.random() < 0.3]
    shuffled.shuffle(records)
    shelf, cut = Shelf(failures=1), int(len(records) * restart)
    worker, board = fresh(shelf), board_of()
    while records[:cut]:
        size = shuffled.randrange(1, 40)
        await worker.take(records[: min(size, cut)])
        board.take([record.value for record in published(worker)])
        records, cut = records[size:], max(0, cut - size)
    again = fresh(shelf)
    bodies = [read(record.value) for record in published(worker)]
    again.recovered(dict(shelf.projections), {}, range(PARTITIONS), [body for body in bodies if body is not None])
    await again.take([Raw(event) for event in events])
    now = max(event.time for event in events)
    board.take([record.value for record in published(again)])
    strike(board, now)
    assert shown(board) == told(events, now)
    assert shown(board), "there is something to compare"


@pytest.mark.parametrize("others", [0, 7], ids=["a few minutes known", "more than the shortest window has"])
def test_a_window_is_left_by_the_mere_passing_of_time(others: int) -> None:
    chain, cells = Chain(), Cells()
    for number in range(others):
        long_ago = DossierProjection()
        take(long_ago, chain.event(f"o{number}", "intake", "accepted", START - 24 * HOUR + number * MINUTE, "A"))
        cells.put(0, f"o{number}".encode(), None, long_ago)
    projection = DossierProjection()
    filing = {"procedure": "p", "channel": "online"}
    take(projection, chain.event("d", "intake", "submitted", START, "A", filing))
    take(projection, chain.event("d", "intake", "accepted", START + 30 * MINUTE, "A"))
    cells.put(0, b"d", None, projection)
    board = Board(SystemClock().now, 5, PARTITIONS)
    board.take([place_record(place, counts).value for place, counts in cells.counts.items()])
    strike(board, instant(START + 30 * MINUTE))
    view = View(board, "agency", "A")
    windows = [f"o:c1/done{window}" for window in WINDOWS]
    for passed, expected in (
        (0 * MINUTE, (1, 1, 1)), (4.9 * MINUTE, (1, 1, 1)), (5 * MINUTE, (0, 1, 1)), (59.9 * MINUTE, (0, 1, 1)),
        (60 * MINUTE, (0, 0, 1)), (1439.9 * MINUTE, (0, 0, 1)), (1440 * MINUTE, (0, 0, 0)),
    ):  # fmt: skip
        strike(board, instant(START + 30 * MINUTE + passed))
        view.refresh(flows=True)
        assert tuple(view.values[name] for name in windows) == expected, passed
    assert view.values["o:c1/accepted"] == 1 + others, "so far"


def test_what_is_older_than_a_day_is_kept_nowhere() -> None:
    chain, cells = Chain(), Cells()
    projection = DossierProjection()
    take(projection, chain.event("d", "intake", "accepted", START, "A"))
    cells.put(0, b"d", None, projection)
    assert counted(cells) == {("c1", "accepted:0"): 1}
    board = Board(SystemClock().now, 5, PARTITIONS)
    put(board, Deeds(0, "A", "c1", micros(instant(START)) // 3_600_000_000))
    cells.advance(micros(instant(START + 26 * HOUR)), lambda _: (0, projection))
    assert counted(cells) == {}
    cells.put(0, b"late", None, projection)
    cells.expect([Deeds(0, "A", "c1", micros(instant(START)) // 3_600_000_000)])
    assert not [place for place in cells.dirty if isinstance(place, Hourly)], "its key may be another hour's by now"
    put(board, Deeds(0, "A", "c2", micros(instant(START + 26 * HOUR)) // 3_600_000_000))
    strike(board, instant(START + 26 * HOUR))
    assert [place.subject for place in board._places if isinstance(place, Deeds)] == ["c2"]
    assert board.agencies["A"].deeds["c1"]._minutes["accepted"] == {}
    put(board, Deeds(0, "A", "c1", micros(instant(START)) // 3_600_000_000))
    assert board.agencies["A"].deeds["c1"]._minutes["accepted"] == {}, (
        "heard again, as by a node that reads from the beginning"
    )


def test_an_hour_of_a_clock_in_the_future_makes_nobody_forget() -> None:
    board = Board(SystemClock().now, 5, PARTITIONS)
    hour = micros(instant(START)) // 3_600_000_000
    put(board, Deeds(0, "A", "c1", hour))
    strike(board, instant(START + MINUTE))
    put(board, Deeds(0, "B", "c2", hour + 24 * 9999))
    put(board, Deeds(1, "A", "c1", hour))
    assert board.agencies["A"].deeds["c1"].window("accepted", 60, board.now) == 2


def put(board: Board, place: Deeds) -> None:
    board.take([place_record(place, {"accepted:0": 1}).value])


def counted(cells: Cells) -> dict[tuple[str, str], int]:
    """Officer and deed by the minute, wherever."""
    found: Counter[tuple[str, str]] = Counter()
    for place, counts in cells.counts.items():
        if isinstance(place, Deeds):
            found.update({(place.subject, name): number for name, number in counts.items()})
    return dict(found)


def test_a_deed_follows_its_mark_when_more_is_heard() -> None:
    """The old is taken back: who did it, when, and for which agency may all be told better by a later record."""
    chain, cells = Chain(), Cells()
    heard: list[Event] = []

    def then(event: Event) -> dict[tuple[str, str], int]:
        before, after = DossierProjection(), DossierProjection()
        for known in heard:
            take(before, known)
        heard.append(event)
        for known in heard:
            take(after, known)
        cells.put(0, b"d", before if len(heard) > 1 else None, after)
        fresh_cells = Cells()
        fresh_cells.put(0, b"d", None, after)
        assert counted(cells) == counted(fresh_cells), "as if it had been heard at once"
        return counted(cells)

    def event(source: str, kind: str, minutes: int, who: str, agency: str = "A") -> Event:
        data = {"procedure": "p", "channel": "online"} if kind in ("approved", "submitted") else {}
        return by(who, chain.event("d", source, kind, START + minutes * MINUTE, agency, data))

    asked = event("signing", "signing-requested", 40, "leader:l2")
    assert then(event("signing", "signed", 45, "rule:signing", "wrong")) == {}, "nobody is known to have asked"
    assert then(asked) == {("l2", "signed:45"): 1}
    first, returned = event("review", "appraised", 10, "specialist:s1"), event("review", "returned", 12, "leader:l1")
    second, ruled = event("review", "appraised", 20, "specialist:s2"), event("review", "approved", 30, "leader:l1")
    both = {("l2", "signed:45"): 1}
    assert then(first) == both | {("s1", "appraised:10"): 1}
    assert then(returned) == both | {("s1", "appraised:10"): 1}, "it was done all the same"
    assert then(second) == both | {("s2", "appraised:20"): 1}, "a dossier counts once"
    assert then(ruled) == both | {("s2", "appraised:20"): 1, ("l1", "decided:30"): 1}
    every = counted(cells)
    assert then(event("notify", "message-sent", 50, "rule:notify")) == every
    assert then(event("intake", "submitted", 0, "citizen:o", "B")) == every
    kept = {place.agency for place, counts in cells.counts.items() if isinstance(place, Deeds) and counts}
    assert kept == {"B"}, "intake's word on whose it is"
    assert then(event("intake", "accepted", 5, "rule:intake", "B")) == every, "a rule is nobody"


def test_only_the_hour_of_a_deed_that_changed_is_touched() -> None:
    chain, cells = Chain(), Cells()
    events: list[Event] = []

    def touched(source: str, kind: str, hours: int, who: str) -> set[tuple[str, int]]:
        before, after = DossierProjection(), DossierProjection()
        for event in events:
            take(before, event)
        events.append(by(who, chain.event("d", source, kind, START + hours * HOUR, "A")))
        for event in events:
            take(after, event)
        cells.dirty.clear()
        cells.put(0, b"d", before if before.last else None, after)
        now = micros(instant(START)) // 3_600_000_000
        return {(place.subject, place.hour - now) for place in cells.dirty if isinstance(place, Deeds)}

    assert touched("intake", "accepted", 0, "counter:c1") == {("c1", 0)}
    assert touched("notify", "message-sent", 1, "rule:notify") == set()
    assert touched("review", "appraised", 2, "specialist:s1") == {("s1", 2)}
    assert touched("review", "returned", 3, "leader:l1") == set()
    assert touched("review", "appraised", 4, "specialist:s1") == {("s1", 2), ("s1", 4)}, "the same officer, later"
    assert touched("review", "appraised", 4, "specialist:s2") == {("s1", 4), ("s2", 4)}, "another, at the same instant"


def test_a_key_serves_again_after_a_day_and_each_officer_has_their_own() -> None:
    places = [Deeds(0, "A", who, hour) for who in ("a", "b|c", "b%7Cc") for hour in (100, 101, 126, 127)]
    keys = [place_record(place, {}).key for place in places]
    assert len(set(keys)) == 9
    assert keys[0] == keys[3] == b"0|deeds|A|a|19"
    bodies = [read(place_record(place, {"signed:3": 1}).value) for place in places]
    assert [place_of(body) for body in bodies if body is not None] == places
