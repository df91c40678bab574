"""One dossier from filing to delivery is one trace, whoever is killed on the way: its context is in the journal."""

from __future__ import annotations

import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any
from uuid import uuid4

import httpx
import pytest

from dossier_shared.contracts.traceparent import trace_id

from ..bad_input.offices import Eventually, Headers, Offices, key, staffed  # noqa: TID252
from .collector import CONSUMER, SERVER, Collector, Told

pytestmark = pytest.mark.long

OWNERS = ("intake", "review", "signing", "notify")
READERS = {  # whose events each service hears
    "intake": {"review", "signing", "notify"},
    "review": {"intake"},
    "signing": {"review"},
    "notify": {"intake", "signing"},
    "monitor": set(OWNERS),
}
CALLER = "b2" * 8
KILLED = -9


@pytest.fixture(scope="module")
def collector() -> Any:
    with Collector() as collector:
        yield collector


@pytest.fixture(scope="module")
async def offices(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> AsyncIterator[Offices]:
    env = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_BSP_SCHEDULE_DELAY": "200",
        "SWEEP_AFTER_SECONDS": "2",
        "MONITOR_LINGER": "0.1",
    }
    async with staffed(tmp_path_factory.mktemp("traces"), env) as made:
        yield made


class Walk:
    """One dossier, every command on it in the same trace (or in none)."""

    def __init__(self, offices: Offices, eventually: Eventually, traceparent: str | None) -> None:
        self.offices, self.eventually = offices, eventually
        self.head: Headers = {} if traceparent is None else {"traceparent": traceparent}
        self.id = ""

    async def file(self) -> None:
        answer = await self.offices.post(
            "intake", "/dossiers", {**self.offices.who["citizen"], **self.head}, self.offices.filing()
        )
        assert answer.status_code == 201, answer.text
        self.id = answer.json()["id"]

    async def step(self, service: str, name: str, who: str, body: Any = None, *, dies: bool = False) -> None:
        """`dies`: the service is gone when this returns, with or without an answer."""
        same = key()

        async def done() -> bool:
            with suppress(httpx.TransportError):
                answer = await self.offices.post(
                    service,
                    f"/dossiers/{self.id}/{name}",
                    {**self.offices.who[who], **self.head},
                    body,
                    idempotency_key=same,
                )
                return answer.is_success or (dies and not self.offices.stack.alive(service))
            return dies

        await self.eventually(done, within=90)
        if dies:
            assert await self.offices.stack.wait(service) == KILLED

    async def events(self) -> dict[str, str | None]:
        """Of every service's journal: id -> traceparent."""
        found = {}
        for service in OWNERS:
            stored = await self.offices.stored(service, self.id)
            for entry in (stored or {}).get("journal", ()):
                found[f"{self.id}:{service}:{entry['seq']}"] = entry.get("traceparent")
        return found

    async def delivered(self) -> None:
        async def done() -> bool:
            stored = await self.offices.stored("monitor", self.id)
            return stored is not None and set(stored["heard"]) == set(OWNERS) and await self._ended_everywhere(stored)

        await self.eventually(done, within=120)

    async def _ended_everywhere(self, stored: dict[str, Any]) -> bool:
        ends = [await self.offices.stored(service, self.id) for service in ("notify", "intake")]  # both hear it
        return all(stored is not None and stored["state"]["status"] == "delivered" for stored in ends) and {
            source: mark["seq"] for source, mark in stored["heard"].items()
        } == {source: (await self.offices.stored(source, self.id) or {})["seq"] for source in OWNERS}


async def processed(walk: Walk, collector: Collector, eventually: Eventually, trace: str, *readers: str) -> list[Told]:
    """The spans of its trace, once these readers have told of every event they hear."""
    events = await walk.events()
    wanted = {(reader, id_) for reader in readers for id_ in events if id_.split(":")[1] in READERS[reader]}

    async def told() -> bool:
        missing = wanted - {(span.service, span.event) for span in collector.of(trace)}
        assert not missing, missing
        return True

    await eventually(told, within=60)
    return collector.of(trace)


@pytest.mark.timeout(600)
async def test_a_dossier_is_one_trace_whoever_is_killed(
    offices: Offices, collector: Collector, eventually: Eventually
) -> None:
    trace, stack = uuid4().hex, offices.stack
    walk = Walk(offices, eventually, f"00-{trace}-{CALLER}-01")
    await walk.file()
    await walk.step("intake", "accept", "counter")
    await walk.step("review", "appraise", "specialist", {"proposal": "approve"})
    await stack.restart("review", env={"CRASH_AT": "write.after"})
    await walk.step("review", "approve", "leader", dies=True)  # written, not published
    await stack.start("review", env={})
    await stack.restart("signing", env={"CRASH_AT": "effect.intent"})
    await processed(walk, collector, eventually, trace, "signing")  # what a killed process has not sent yet is lost
    await walk.step("signing", "sign", "leader", dies=True)  # asked for, not signed
    await stack.start("signing", env={})
    await walk.delivered()
    spans = await processed(walk, collector, eventually, trace, *READERS)

    events = await walk.events()
    assert {trace_id(carried or "") for carried in events.values()} == {trace}
    assert {*READERS, "monitor-worker"} <= {span.service for span in spans}

    by_id = {span.id: span for span in spans}
    heard = [span for span in spans if span.kind == CONSUMER]
    for span in heard:
        assert span.event is not None
        carried = events[span.event]
        assert carried is not None
        assert span.parent == carried[36:52], span
    keys = [(span.service, span.event) for span in heard]
    assert len(keys) == len(set(keys)), "each event once by each reader"

    requests = [span for span in spans if span.kind == SERVER]
    assert {span.parent for span in requests} == {CALLER}
    (filing,) = [span for span in requests if span.name == "POST /api/v1/dossiers"]
    submitted = events[f"{walk.id}:intake:1"]
    assert submitted is not None
    assert filing.id == submitted[36:52]

    notify = await offices.stored("notify", walk.id)
    assert notify is not None
    assert [entry["type"] for entry in notify["journal"]] == ["message-requested", "message-sent", "delivered"]
    for entry in notify["journal"]:  # sending is in the trace of the event that asked for it
        cause = by_id[entry["traceparent"][36:52]]
        assert (cause.service, cause.name) == ("notify", "process dossier.signed")
    signing = await offices.stored("signing", walk.id)
    assert signing is not None
    asked, signed = signing["journal"]
    assert (asked["type"], signed["type"]) == ("signing-requested", "signed")
    assert signed["traceparent"] == asked["traceparent"], "another life signed, in the trace of who asked"

    for name in ("send dossier.submitted", "send dossier.reviewed", "send dossier.signed", "send dossier.delivered"):
        assert [span for span in spans if span.name == name], name
    assert {span.service for span in spans if span.name == "bulkWrite"} == set(READERS)
    elsewhere = [span for span in collector.spans if span.trace != trace and walk.id in str(span.attributes)]
    assert [span for span in elsewhere if span.kind == CONSUMER] == []


@pytest.mark.timeout(600)
async def test_commands_without_a_trace_begin_one_each(
    offices: Offices, collector: Collector, eventually: Eventually
) -> None:
    walk = Walk(offices, eventually, None)
    await walk.file()
    await walk.step("intake", "accept", "counter")
    events = await walk.events()
    first, second = (events[f"{walk.id}:intake:{seq}"] or "" for seq in (1, 2))
    assert trace_id(first) != trace_id(second)
    for carried in (first, second):

        async def told(carried: str = carried) -> bool:
            heard = [span for span in collector.of(trace_id(carried)) if span.kind == CONSUMER]
            return {span.service for span in heard} == {"review", "notify", "monitor"}

        await eventually(told, within=60)
        roots = [span for span in collector.of(trace_id(carried)) if not span.parent]
        assert [(span.service, span.kind, span.id) for span in roots] == [("intake", SERVER, carried[36:52])]


@pytest.fixture
def mute() -> Iterator[str]:
    """Takes connections and never answers: worse than a collector that is not there."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(50)
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("how", ["absent", "mute"])
async def test_a_collector_that_is_away_costs_a_service_its_spans_only(how: str, mute: str, offices: Offices) -> None:
    stack, endpoint = offices.stack, "http://127.0.0.1:1" if how == "absent" else mute
    await stack.start("intake#2", env={"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_BSP_SCHEDULE_DELAY": "100"})
    for _ in range(200):
        answer = await offices.http.get(f"{stack.url('intake#2')}/api/v1/procedures")
        assert answer.status_code == 200
    began = time.monotonic()
    assert await stack.stop("intake#2") == 0
    assert time.monotonic() - began < 15, "the grace before a service is killed is longer"
    lines = stack.log("intake#2").read_text("utf-8").splitlines()
    said = [line for line in lines if "opentelemetry" in line]
    assert len(said) < 20, "a line now and then, not one per span"
    assert not [line for line in said if "Traceback" in line]
