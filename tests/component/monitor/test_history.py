"""The board at past instants, over HTTP, beside a recount of the raw events that had happened by then."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from dossier_monitor.projection.domain import OPEN_STAGES
from dossier_shared.clock import instant, parse_instant
from dossier_shared.contracts.envelope import Event

from ...unit.monitor.stories import lives, recount  # noqa: TID252
from .conftest import Watch

pytestmark = pytest.mark.long

Eventually = Callable[..., Awaitable[Any]]
NUMBERS = (
    "filed",
    "accepted",
    "refused",
    "approved",
    "rejected",
    "signed",
    "delivered",
    "on_time",
    "ended_late",
    "open",
    "late",
)


def shown(board: dict[str, Any]) -> dict[str, dict[str, int]]:
    found = {}
    for row in board["agencies"]:
        own = row["own"]
        numbers = {name: own[name] for name in NUMBERS}
        numbers |= {f"stage:{name}": own["stages"][name]["open"] for name in OPEN_STAGES}
        if any(numbers.values()):
            found[row["code"]] = {name: n for name, n in numbers.items() if n}
    return found


def told(events: list[Event], at: str) -> dict[str, dict[str, int]]:
    known = [event for event in events if event.time <= at]
    board = {code: {k: n for k, n in row.items() if n and k != "messages"} for code, row in recount(known, at).items()}
    return {code: row for code, row in board.items() if row}


async def past(watch: Watch, at: str, *roles: str, agency: str | None = None) -> dict[str, Any]:
    headers = await watch.headers(*(roles or ("admin",)), agency=agency)
    answer = await watch.client.get("/api/v1/history", headers=headers, params={"at": at})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def stored(watch: Watch, eventually: Eventually, events: list[Event]) -> str:
    """Until every event is in its timeline; answers now, as the board has it."""
    newest, dossiers = max(event.time for event in events), len({event.dossier for event in events})

    async def complete() -> bool:
        board = await watch.board()
        assert (board["lag"], board["now"], board["total"]["filed"]) == (0, newest, dossiers)
        assert shown(await past(watch, newest)) == shown(board)
        return True

    await eventually(complete, within=60)
    return newest


def instants(events: list[Event], count: int, random: Random) -> list[str]:
    first, last = (parse_instant(pick(e.time for e in events)) for pick in (min, max))
    between = [instant(first + (last - first) * random.random()) for _ in range(count)]
    edges = [event.time for event in random.sample(events, count)]
    due = [e.data["appointment"] for e in random.sample(events, len(events)) if e.type == "accepted"][:count]
    just = [instant(parse_instant(at) + timedelta(microseconds=by)) for at in due for by in (-1, 0, 1)]
    newest = max(event.time for event in events)
    return [at for at in (*between, *edges, *just) if at <= newest]


async def test_at_any_instant_it_is_what_the_events_until_then_say(watch: Watch, eventually: Eventually) -> None:
    random = Random(5)
    stories = lives(240, 80)
    held = [story.pop() for story in stories[::6] if len(story) > 3]  # told later, out of order
    events = [event for story in stories for event in story]
    random.shuffle(stories)
    await watch.feed(events)
    await watch.feed(events[::5])
    await stored(watch, eventually, events)
    for at in instants(events, 25, random):  # makes snapshots of many days
        assert shown(await past(watch, at)) == told(events, at), at

    late = [event for story in lives(60, 81) for event in story]  # whole lives nobody had heard of
    events += held + late
    await watch.feed([*late, *held, *late[::3]])
    await stored(watch, eventually, events)
    for at in instants(events, 40, random):
        assert shown(await past(watch, at)) == told(events, at), at


async def test_frames_add_up_to_the_board_at_their_instants(watch: Watch, eventually: Eventually) -> None:
    events = await watch.raw()
    newest = await stored(watch, eventually, events)
    first = instant(parse_instant(newest) - timedelta(days=4))
    headers = await watch.headers("superior", agency="H19")
    query = {"from": first, "to": newest, "frames": "120"}
    answer = await watch.client.get("/api/v1/history/frames", headers=headers, params=query)
    assert len(answer.content) < 1_000_000
    film = answer.json()
    board = [list(row) for row in film["start"]]
    codes = [row["code"] for row in film["rows"]]
    assert codes[0] is None
    assert set(codes[1:]) == {"H19.151", "X-H19-25217", "X-H19-25220"}
    for frame, changes in enumerate([[], *film["deltas"]]):
        for row, measure, by in zip(changes[::3], changes[1::3], changes[2::3], strict=True):
            board[row][measure] += by
        if frame % 17 and frame != film["frames"]:
            continue
        at = datetime.fromisoformat(film["from"]) + timedelta(seconds=frame * film["step"])
        expected = await past(watch, min(instant(at), newest), "superior", agency="H19")
        totals = {row["code"]: row["total"] for row in expected["agencies"]} | {None: expected["total"]}
        for code, numbers in zip(codes, board, strict=True):
            told_here = dict(zip(film["measures"], numbers, strict=True))
            for name in OPEN_STAGES:
                assert told_here[f"stage:{name}"] == totals[code]["stages"][name]["open"], (code, name, frame)
                assert told_here[f"late:{name}"] == totals[code]["stages"][name]["late"], (code, name, frame)
            assert {n: told_here[n] for n in NUMBERS[:9]} == {n: totals[code][n] for n in NUMBERS[:9]}


async def test_the_page_shows_the_board_as_it_was(watch: Watch) -> None:
    headers = await watch.headers("superior", agency="H19")
    cookie = {"cookie": "dossier_session=" + headers["authorization"].removeprefix("Bearer ")}
    page = await watch.client.get("/history", headers=cookie, params={"at": "2026-11-18T10:15"})
    assert page.status_code == 200
    assert "10:15 18/11/2026" in page.text
    board = await past(watch, "2026-11-18T03:15:00Z", "superior", agency="H19")
    assert f'data-m="open">{board["total"]["open"]}<' in page.text
    assert (await watch.client.get("/history")).status_code == 401


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/api/v1/history", {"at": "yesterday"}, 422),
        ("/api/v1/history", {"agency": "G01"}, 403),
        ("/api/v1/history/frames", {"from": "2026-11-20T00:00Z", "to": "2026-11-19T00:00Z"}, 422),
        ("/api/v1/history/frames", {"from": "2020-11-20T00:00Z"}, 422),
        ("/api/v1/history/frames", {"frames": "100000"}, 422),
        ("/api/v1/history/frames", {"agency": "G01"}, 403),
    ],
)
async def test_what_cannot_be_asked(watch: Watch, path: str, query: dict[str, str], status: int) -> None:
    headers = await watch.headers("superior", agency="H19")
    assert (await watch.client.get(path, headers=headers, params=query)).status_code == status
    assert (await watch.client.get(path)).status_code == 401
