"""The tail in memory: what a record becomes, who sees it, what a slow reader loses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from dossier_monitor.board.board import Board
from dossier_monitor.projection.records import agency_record
from dossier_monitor.tail import tail as tails
from dossier_monitor.tail.lines import Line, Wanted, line_of, matches
from dossier_monitor.tail.streaming import Rate, lines, place_of
from dossier_monitor.tail.tail import RING, Reader, Tail
from dossier_shared.contracts.envelope import Event, encode
from dossier_shared.contracts.topics import BY_SOURCE
from dossier_shared.journal.dead_letters import StoredRecord
from dossier_shared.settings.broker import Broker

from ...core.signed import Holder, on_topic, ring_of  # noqa: TID252
from ..stories import AGENCIES, START, Chain, lives  # noqa: TID252

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def record(event: Event, offset: int = 7) -> StoredRecord:
    sent = encode(event)
    return StoredRecord(BY_SOURCE[event.source].name, 2, offset, sent.key, sent.value, sent.headers)


def board() -> Board:
    made = Board(lambda: NOW, 5, 6)
    made.take([agency_record(0, code, code, above).value for code, above in AGENCIES.items()])
    return made


def line(number: int, **changes: Any) -> Line:
    fields = {"source": "intake", "type": "submitted", "dossier": f"d{number}", "agency": "X-H19-25217"}
    return Line(**{"number": number, "above": ("H19",), "seq": 1, "body": {"number": number}, **fields, **changes})


def test_a_line_has_nothing_that_is_sealed() -> None:
    for story in lives(40, 3):
        for number, event in enumerate(story, 1):
            shown = line_of(record(event), number, board())
            text = orjson.dumps(shown.body).decode()
            assert (shown.dossier, shown.type, shown.seq) == (event.dossier, event.type, event.seq)
            for hidden in ("applicant", "+84900000000", "thiếu giấy tờ", "owner-1", "holder"):
                assert hidden not in text
            assert len(text) < 1000


def test_a_broken_record_is_shown_as_what_it_is() -> None:
    event = Chain().event("d", "intake", "accepted", START, data={"appointment": "2026-11-17T01:00:00Z"})
    good = record(event)
    for bad, reason in (
        (replace(good, value=b"not json"), "undecodable"),
        (replace(good, key=b"other"), "wrong-key"),
        (replace(good, topic="dossier.signed"), "wrong-writer"),
        (replace(good, value=encode(event).value.replace(b"counter", b"another")), "wrong-hash"),
        (record(Chain().event("d", "intake", "submitted", START, data={"code": 5})), "invalid-data"),
    ):
        shown = line_of(bad, 1, board())
        assert (shown.body["broken"], shown.agency) == (reason, "")
        assert set(shown.body) == {"number", "source", "broken", "topic", "partition", "offset"}


def test_what_nobody_of_the_service_signed_is_shown_as_broken() -> None:
    event = Chain().event("d", "intake", "accepted", START, data={"appointment": "2026-11-17T01:00:00Z"})
    intake = Holder("intake")
    keys = ring_of(intake)
    assert line_of(record(event), 1, board(), keys).body["broken"] == "wrong-signature"
    assert line_of(on_topic(intake.signs_one(event), intake.topic), 1, board(), keys).dossier == "d"


@pytest.mark.parametrize(
    ("scope", "wanted", "seen"),
    [
        (None, {}, True),
        ("H19", {}, True),
        ("X-H19-25217", {}, True),
        ("G01", {}, False),
        ("X-H19-25220", {}, False),
        ("H19", {"service": "intake", "type": "submitted", "dossier": "d1"}, True),
        ("H19", {"service": "review"}, False),
        ("H19", {"type": "signed"}, False),
        ("H19", {"dossier": "d2"}, False),
        ("G01", {"dossier": "d1"}, False),
    ],
)
def test_each_sees_the_own_agencies_and_what_was_asked_for(
    scope: str | None, wanted: dict[str, str], seen: bool
) -> None:
    assert matches(line(1), Wanted(**wanted), scope, board()) is seen


def test_whose_agency_the_board_does_not_know_yet_is_seen_by_those_its_filing_names() -> None:
    story = max(lives(10, 2), key=len)
    empty = Board(lambda: NOW, 5, 6)
    fresh = line_of(record(story[0]), 1, board())
    assert matches(fresh, Wanted(), story[0].data["overseers"][-1], empty)
    later = line_of(record(story[1]), 2, board())
    assert not matches(later, Wanted(), story[0].data["overseers"][-1], empty)


def test_who_does_not_keep_up_loses_the_oldest_and_is_told_how_many() -> None:
    reader = Reader(lambda _: True, [])
    for number in range(RING + 30):
        reader.take(line(number))
    found, lost = reader.drain()
    assert (lost, len(found), found[0].number, found[-1].number) == (30, RING, 30, RING + 29)
    reader.take(line(9999))
    assert [one.number for one in reader.drain()[0]] == [9999]
    assert reader.drain() == ([], 0)


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> Tail:
    """A tail whose lines the test brings."""

    async def idle(self: Tail) -> None:
        self.connected.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(Tail, "_run", idle)
    monkeypatch.setattr(tails, "LINGER", 0.0)
    return Tail(Broker("nowhere"), lambda raw, number: line(number))


async def told(stream: AsyncIterator[bytes]) -> tuple[str, dict[str, Any]]:
    while True:
        fields = dict(part.split(": ", 1) for part in (await anext(stream)).decode().strip().split("\n"))
        if fields.get("event") == "lines":
            return fields["id"], orjson.loads(fields["data"])


async def test_a_stream_goes_on_where_it_was_left(still: Tail, eventually: Callable[..., Any]) -> None:
    stream = lines(still, "boot", lambda _: True, None)
    assert (await told(stream))[1]["lines"] == []
    await still._take([None] * 3)  # type: ignore[list-item]
    ident, body = await told(stream)
    assert ([one["number"] for one in body["lines"]], ident) == ([1, 2, 3], "boot-3")
    second = lines(still, "boot", lambda _: True, place_of("boot", "boot-2"))
    assert [one["number"] for one in (await told(second))[1]["lines"]] == [3]
    await still._take([None] * (RING + 10))  # type: ignore[list-item]
    _, body = await told(stream)
    assert (body["lost"], len(body["lines"])) == (10, RING)
    late = lines(still, "boot", lambda _: True, 2)
    assert (await told(late))[1]["gap"] is True
    assert still.reading
    for one in (stream, second, late):
        await one.aclose()
    assert await eventually(lambda: not still.reading), "nobody reads: nothing is read"


def test_a_place_of_another_life_is_none() -> None:
    assert place_of("b", "b-12") == 12
    for other in (None, "", "c-12", "b-", "b-x", "12", "b-²"):
        assert place_of("b", other) is None


def test_the_rate_forgets() -> None:
    rate = Rate()
    assert rate.add(20) == 20
    rate._counts.clear()
    assert rate.add(0) == 0
