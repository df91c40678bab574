"""The pages of the running processes: exactly the registry's names; and numbers that follow what happens to the stack."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from dossier_local.contracts.stories import story
from dossier_local.metrics_reference import gathered
from dossier_local.services import PRODUCT
from dossier_local.stack import Stack
from dossier_shared.adapters.kafka import KafkaSender
from dossier_shared.contracts.envelope import Record, encode
from dossier_shared.contracts.topics import SUBMITTED
from dossier_shared.telemetry.metrics_registry import PROCESSES

pytestmark = pytest.mark.long

Eventually = Callable[..., Awaitable[Any]]
Numbers = dict[str, list[tuple[dict[str, str], float]]]


@pytest.fixture(scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """A stack of its own, as it is broken below, with every process."""
    folder: Path = tmp_path_factory.mktemp("metrics")
    async with Stack(folder, free_ports=True, env={"DOSSIER_COMMIT": "0123abc"}) as stack:
        await stack.start("identity", "provider", *(service.name for service in PRODUCT))
        yield stack


async def page(stack: Stack, process: str) -> str:
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        answer = await client.get(f"{stack.url(process)}/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return answer.text


async def numbers(stack: Stack, process: str) -> Numbers:
    found: Numbers = {}
    for family in text_string_to_metric_families(await page(stack, process)):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


async def lag(stack: Stack, process: str) -> dict[tuple[str, str, str], float]:
    told = (await numbers(stack, process)).get("dossier_consumer_lag_records", [])
    return {(labels["group"], labels["topic"], labels["partition"]): value for labels, value in told}


@pytest.mark.parametrize("process", PROCESSES)
async def test_a_page_has_the_registrys_names_and_no_others(town: Stack, process: str) -> None:
    shown = {family.name for family in text_string_to_metric_families(await page(town, process))}
    own = {m.name.removesuffix("_total") for m in gathered().values() if process in m.of}
    assert {name for name in shown if not name.startswith(("python_", "process_"))} == own
    assert "process_resident_memory_bytes" in shown


@pytest.mark.parametrize("process", PROCESSES)
async def test_a_process_says_what_it_is_and_that_it_is_well(town: Stack, process: str, eventually: Eventually) -> None:
    async def well() -> bool:
        told = await numbers(town, process)
        names = ["dossier_ready", "dossier_broker_up"] + ["dossier_database_up"] * (process != "monitor-worker")
        assert {name: told[name][0][1] for name in names} == dict.fromkeys(names, 1)
        [(labels, value)] = told["dossier_build_info"]
        assert (labels, value) == ({"service": process, "version": "0.1.0", "commit": "0123abc"}, 1)
        assert told["dossier_event_loop_lag_seconds_count"][0][1] > 0
        return True

    await eventually(well, within=30)


@pytest.mark.parametrize("process", PROCESSES)
async def test_the_lag_of_every_partition_is_known(town: Stack, process: str, eventually: Eventually) -> None:
    besides = {"notify": {"notify-alarms"}, "monitor": {"monitor-audit"}}
    groups = {process} | besides.get(process, set())

    async def whole() -> bool:
        places = await lag(town, process)
        assert {group for group, _, _ in places} == groups
        for topic in {topic for _, topic, _ in places if topic.startswith("dossier.")}:
            assert {number for _, t, number in places if t == topic} == {str(n) for n in range(6)}
        return any(topic.startswith("dossier.") for _, topic, _ in places)

    await eventually(whole, within=40)


async def test_the_monitor_tells_the_lag_of_every_group_from_the_broker(town: Stack, eventually: Eventually) -> None:
    async def told() -> bool:
        found = (await numbers(town, "monitor")).get("dossier_monitor_group_lag_records", [])
        return {labels["group"] for labels, _ in found} == {*PROCESSES, "notify-alarms", "monitor-audit"}

    await eventually(told, within=40)


async def test_partitions_that_move_take_their_lag_along(town: Stack, eventually: Eventually) -> None:
    """Two replicas share them; what the other one read meanwhile is not counted when they come back."""
    sender = KafkaSender(town.broker, client_id="neighbour")
    unreadable = [Record(f"x{number}".encode(), b"?", []) for number in range(24)]
    places = {("review", SUBMITTED.name, str(number)) for number in range(SUBMITTED.partitions)}

    async def submitted(process: str) -> set[tuple[str, str, str]]:
        return set(await lag(town, process)) & places

    async def alone() -> bool:
        return await submitted("review") == places

    async def shared() -> bool:
        one, other = await submitted("review"), await submitted("review#2")
        return bool(one and other) and not one & other and one | other == places

    async def read_by_both() -> bool:
        told = [dict(await lag(town, process)) for process in ("review", "review#2")]
        dead = [(await numbers(town, process))["dossier_dead_letters_total"] for process in ("review", "review#2")]
        put_aside = [sum(value for _, value in samples) for samples in dead]
        return all(put_aside) and sum(put_aside) == len(unreadable) and not any(sum(lags.values()) for lags in told)

    try:
        await eventually(alone, within=60)
        await town.start("review#2")
        await eventually(shared, within=60)
        assert all(await sender.send(SUBMITTED.name, unreadable))
        await eventually(read_by_both, within=30)
        await town.stop("review#2")

        async def back() -> bool:
            return await alone() and not any((await lag(town, "review")).values())

        await eventually(back, within=60)
    finally:
        await sender.stop()


async def test_lag_grows_while_a_service_cannot_write_and_is_forgotten_while_the_broker_is_away(
    town: Stack, eventually: Eventually
) -> None:
    """The end of the topic is learnt though nothing is fetched; and nothing stands still when it cannot be learnt."""
    sender = KafkaSender(town.broker, client_id="neighbour")
    records = [encode(event) for event in story() if event.source == "intake"]
    assert len(records) >= 3

    async def behind() -> float:
        return sum(value for (_, topic, _), value in (await lag(town, "review")).items() if topic == SUBMITTED.name)

    async def is_behind(count: int) -> bool:
        return await behind() == count

    async def up(name: str) -> float:
        return (await numbers(town, "review"))[name][0][1]

    try:
        await town.stop("mongod")
        assert all(await sender.send(SUBMITTED.name, records[:1]))
        await eventually(lambda: is_behind(1), within=30)
        assert all(await sender.send(SUBMITTED.name, records[1:]))
        await eventually(lambda: is_behind(len(records)), within=30)

        async def dark() -> bool:
            return await up("dossier_database_up") == 0 and await up("dossier_ready") == 0

        await eventually(dark, within=60)
        await town.start("mongod")
        await eventually(lambda: is_behind(0), within=60)
        assert {topic for _, topic, _ in await lag(town, "review")} >= {SUBMITTED.name}

        heard = {labels["topic"]: n for labels, n in (await numbers(town, "review"))["dossier_events_heard_total"]}
        assert heard[SUBMITTED.name] >= 1, "those that do not wait for another service's event"
        await town.stop("kafka")

        async def silent() -> bool:
            return (
                not await lag(town, "review")
                and not await lag(town, "monitor-worker")
                and await up("dossier_broker_up") == 0
            )

        await eventually(silent, within=90)
        await town.start("kafka")

        async def back() -> bool:
            return await up("dossier_broker_up") == 1 and bool(await lag(town, "review"))

        await eventually(back, within=90)
    finally:
        await sender.stop()
