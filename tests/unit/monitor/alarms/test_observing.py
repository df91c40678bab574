"""Where figures come from: the broker's offsets, the services' metrics, the board."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest
import respx
from aiokafka import TopicPartition

from dossier_monitor.alarms.observing import agency_figures
from dossier_monitor.alarms.offsets import Behind
from dossier_monitor.alarms.parked import Parked, read
from dossier_monitor.board.board import Agency, Board

NOW = datetime(2025, 7, 1, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
A, B = TopicPartition("t", 0), TopicPartition("t", 1)


def test_behind_counts_from_when_the_oldest_event_missing_now_came() -> None:
    behind = Behind()
    for minute, ends in enumerate([{A: 5, B: 5}, {A: 6, B: 5}, {A: 9, B: 5}, {A: 9, B: 7}]):
        behind.note(NOW + minute * MINUTE, ends)
    now = NOW + 10 * MINUTE
    assert behind.minutes(now, {A: 9, B: 7}, [A, B]) == 0
    assert behind.minutes(now, {A: 9, B: 5}, [A, B]) == 7
    assert behind.minutes(now, {A: 6, B: 7}, [A, B]) == 8
    assert behind.minutes(now, {A: 5, B: 7}, [A, B]) == 9
    assert behind.minutes(now, {A: 5, B: 7}, [B]) == 0
    assert behind.minutes(now, {}, [A, B]) == 10


def test_a_busy_service_that_keeps_up_is_not_behind() -> None:
    behind = Behind()
    for minute in range(60):
        behind.note(NOW + minute * MINUTE, {A: minute * 100})
        assert behind.minutes(NOW + minute * MINUTE, {A: minute * 100 - 1}, [A]) <= 0.01


def test_a_wall_clock_that_goes_back_is_begun_with_anew() -> None:
    behind = Behind()
    behind.note(NOW, {A: 5})
    behind.note(NOW - 60 * MINUTE, {A: 5})
    assert behind.minutes(NOW - 59 * MINUTE, {A: 4}, [A]) == 1


async def test_a_service_that_does_not_answer_is_left_out() -> None:
    with respx.mock:
        respx.get("http://intake/metrics").respond(text="# HELP x\ndossier_events_waiting 3.0\n")
        respx.get("http://review/metrics").respond(503)
        respx.get("http://signing/metrics").mock(side_effect=httpx.ConnectError("no"))
        respx.get("http://notify/metrics").respond(text="nothing of the kind")
        names = ("intake", "review", "signing", "notify")
        parked = Parked({name: f"http://{name}" for name in names} | {"monitor": "http://x:port"})
        assert await parked.count() == {"intake": 3}
        await parked.aclose()


def test_a_number_that_is_none_is_an_error() -> None:
    assert read("dossier_events_waiting_total 4\n") is None
    with pytest.raises(ValueError, match="could not convert"):
        read("dossier_events_waiting many\n")


async def test_the_boards_numbers() -> None:
    board = Board(lambda: NOW, 5, 6)
    upper, lower = Agency("H19"), Agency("H19.1", name="Xã A", above=("H19",))
    lower.mine.counts = lower.whole.counts = {"stage:appraisal": 7, "late:appraisal": 2, "stage:delivered": 9}
    upper.whole.counts = lower.whole.counts
    board.agencies = {agency.code: agency for agency in (upper, lower)}
    first, second = await agency_figures(board, {"H19.1": NOW})
    assert (first.open, first.late, first.own_open, dict(first.stages), first.last_event) == (7, 2, 0, {}, None)
    assert (second.open, second.own_open, dict(second.stages)) == (7, 7, {"appraisal": 7})
    assert (second.name, second.above, second.last_event) == ("Xã A", ("H19",), NOW)
