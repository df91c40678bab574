"""The stream of events on real Kafka: as they come, to whom they concern, only while somebody looks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson
import pytest

from dossier_shared.contracts.envelope import Event, Record, encode

from ...unit.monitor.stories import lives  # noqa: TID252
from .conftest import Watch

pytestmark = pytest.mark.long

Eventually = Callable[..., Awaitable[Any]]
Json = dict[str, Any]


@asynccontextmanager
async def listening(
    watch: Watch, path: str, headers: dict[str, str], **asked: Any
) -> AsyncIterator[asyncio.Queue[Json]]:
    """Every message of a stream, with its event's name, as it comes."""
    heard: asyncio.Queue[Json] = asyncio.Queue()

    async def listen() -> None:
        async with (
            httpx.AsyncClient(base_url=watch.stack.url("monitor"), trust_env=False, timeout=30) as client,
            client.stream("GET", path, headers=headers, params=asked) as answer,
        ):
            assert answer.status_code == 200, await answer.aread()
            event = ident = ""
            async for text in answer.aiter_lines():
                name, _, value = text.partition(": ")
                if name == "id":
                    ident = value
                elif name == "event":
                    event = value
                elif name == "data":
                    heard.put_nowait({"event": event, "id": ident, "data": orjson.loads(value)})

    task = asyncio.create_task(listen())
    try:
        yield heard
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def collect(heard: asyncio.Queue[Json], until: Callable[[list[Json]], bool], within: float = 20) -> list[Json]:
    lines: list[Json] = []
    async with asyncio.timeout(within):
        while not until(lines):
            lines += (await heard.get())["data"]["lines"]
    return lines


async def begun(heard: asyncio.Queue[Json]) -> None:
    """Until the topics are being read."""
    async with asyncio.timeout(20):
        while not (await heard.get())["data"]["connected"]:
            pass


def ids(lines: list[Json]) -> set[tuple[str, str, int]]:
    return {(one["dossier"], one["source"], one["seq"]) for one in lines if "broken" not in one}


def keys(events: list[Event]) -> set[tuple[str, str, int]]:
    return {(event.dossier, event.source, event.seq) for event in events}


async def test_each_reader_sees_the_events_of_their_agencies_as_they_come(watch: Watch, eventually: Eventually) -> None:
    early = [event for story in lives(12, 1) for event in story]
    await watch.feed(early)

    async def known() -> bool:
        return bool((await watch.board())["total"]["filed"] == 12)

    assert await eventually(known, within=60)
    everything = await watch.headers("admin")
    province = await watch.headers("superior", agency="H19")
    async with (
        listening(watch, "/api/v1/stream", everything) as admin,
        listening(watch, "/api/v1/stream", province) as superior,
        listening(watch, "/api/v1/stream", everything, type="submitted", service="intake") as filings,
    ):
        for heard in (admin, superior, filings):
            await begun(heard)
        events = [event for story in lives(12, 2) for event in story]
        mine = [event for event in events if not event.agency.endswith("-CA")]  # the police answer to the ministry
        filed = [event for event in events if event.type == "submitted"]
        good = encode(events[0])
        await watch.sender.send("dossier.submitted", [Record(good.key, b"not json", good.headers)])
        await watch.feed(events)
        all_lines = await collect(admin, lambda seen: keys(events) <= ids(seen))
        own_lines = await collect(superior, lambda seen: keys(mine) <= ids(seen))
        filing_lines = await collect(filings, lambda seen: keys(filed) <= ids(seen))
    assert any(one.get("broken") == "undecodable" for one in all_lines)
    theirs = {event.agency for event in (*early, *events) if not event.agency.endswith("-CA")}
    assert {one["agency"] for one in own_lines if "broken" not in one} <= theirs
    assert ids(filing_lines) & keys(events) == keys(filed)
    for lines in (all_lines, own_lines):
        assert len({(one["topic"], one["partition"], one["offset"]) for one in lines}) == len(lines)
    text = orjson.dumps(all_lines).decode()
    assert "applicant" not in text
    assert "+8490" not in text


async def test_a_stream_goes_on_where_it_was_left_and_a_stranger_gets_none(watch: Watch) -> None:
    headers = await watch.headers("admin")
    first: list[Json] = []
    async with listening(watch, "/api/v1/stream", headers) as heard, asyncio.timeout(20):
        while not first:
            message = await heard.get()
            first, ident = message["data"]["lines"], message["id"]
    await watch.feed(lives(1, 3)[0])
    async with listening(watch, "/api/v1/stream", {**headers, "last-event-id": ident}) as heard:
        more = await collect(heard, lambda seen: keys(lives(1, 3)[0]) <= ids(seen))
    assert not {(one["topic"], one["partition"], one["offset"]) for one in first} & {
        (one["topic"], one["partition"], one["offset"]) for one in more
    }
    for refused, query, status in (
        ({}, {}, 401),
        (await watch.headers("citizen"), {}, 403),
        (await watch.headers("superior", agency="H19"), {"agency": "G01"}, 403),
        (await watch.headers("superior", agency="H19", ttl=-60), {}, 401),
    ):
        for path in ("/api/v1/stream", "/stream"):
            assert (await watch.client.get(path, headers=refused, params=query)).status_code == status


async def test_the_page_is_whole_without_javascript(watch: Watch, eventually: Eventually) -> None:
    token = (await watch.headers("superior", agency="H19"))["authorization"].removeprefix("Bearer ")
    cookie = {"cookie": f"dossier_session={token}"}
    await watch.feed(event for story in lives(12, 5) for event in story)
    good = encode(lives(1, 3)[0][0])
    await watch.sender.send("dossier.submitted", [Record(good.key, b"not json", good.headers)])

    async def shown() -> httpx.Response:
        page = await watch.client.get("/stream", headers=cookie)
        assert page.status_code == 200
        assert "Bản ghi không đọc được" in page.text
        assert page.text.count("<li data-key=") > 10
        return page

    page = await eventually(shown)
    assert "X-H19-25308-CA" not in page.text.split('id="lines"')[1].split("</ol>")[0]
    story = lives(12, 5)[0]

    async def of_one() -> bool:  # by its code, which the timelines know a moment later
        one = await watch.client.get("/stream", headers=cookie, params={"dossier": story[0].data["code"], "lang": "en"})
        assert one.text.count("<li data-key=") - 1 == (len(story) if story[0].agency != "X-H19-25308-CA" else 0)
        return True

    await eventually(of_one)


async def test_a_dossiers_page_is_told_once_its_event_can_be_seen(watch: Watch, eventually: Eventually) -> None:
    story = max(lives(30, 60), key=len)
    await watch.feed(story[:2])
    code, headers = story[0].data["code"], await watch.headers("superior", agency=story[0].data["overseers"][-1])
    path = f"/api/v1/timelines/{code}"

    async def shown(entries: int) -> Json:
        answer = await watch.client.get(path, headers=headers)
        assert answer.status_code == 200
        view: Json = answer.json()
        assert len(view["entries"]) == entries
        return view

    async def there() -> Json:
        return await shown(2)

    version = (await eventually(there, within=30))["version"]
    async with listening(watch, path + "/changes", headers, version=version) as heard:
        async with listening(watch, "/api/v1/stream", await watch.headers("admin")) as stream:
            await begun(stream)
        for entries, event in enumerate(story[2:5], 3):
            await watch.feed([event])
            async with asyncio.timeout(10):
                message = await heard.get()
            assert message["event"] == "changed"
            assert (await shown(entries))["version"] == message["data"]
    async with listening(watch, path + "/changes", headers, version=version) as heard, asyncio.timeout(10):
        assert (await heard.get())["data"] > version, "what the page missed while it was away"
    for who, status in (
        (await watch.headers("superior", agency="nowhere"), 404),
        (await watch.headers("citizen", sub="other"), 404),
        ({}, 401),
    ):
        assert (await watch.client.get(path + "/changes", headers=who)).status_code == status


async def test_without_the_broker_the_stream_says_so_and_goes_on_where_it_stood(watch: Watch) -> None:
    before, after = lives(2, 9)
    async with listening(watch, "/api/v1/stream", await watch.headers("admin")) as heard:
        await begun(heard)
        await watch.feed(before)
        first = await collect(heard, lambda seen: keys(before) <= ids(seen))
        await watch.stack.kill("kafka")
        try:
            async with asyncio.timeout(60):
                while (await heard.get())["data"]["connected"]:
                    pass
        finally:
            await watch.stack.start("kafka")
        await watch.feed(after)
        more = await collect(heard, lambda seen: keys(after) <= ids(seen), within=60)
    assert not {(one["topic"], one["partition"], one["offset"]) for one in first} & {
        (one["topic"], one["partition"], one["offset"]) for one in more
    }
