"""The board is what the services hold; where it is not, the recount says so, and nobody else may ask for what it asks."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from tests.integration.recount.conftest import DOSSIERS, Eventually, Office
from tests.referees.topics import cloud_events

from dossier_monitor.projection.dossier import DossierProjection
from dossier_monitor.projection.records import SLOTS
from dossier_monitor.recount.feeds import LiveBoard, Projections
from dossier_monitor.recount.machine_token import MachineToken
from dossier_shared.contracts.topics import BOARD, BY_NAME, DOSSIER_TOPICS, MARKS, SERVICES

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]


async def marks_of(office: Office) -> dict[str, bytes]:
    reader, found = Projections(office.stack.broker), dict[str, bytes]()
    await reader.start()
    try:
        async for records in reader.read():
            found |= {id_: value for id_, value in records if value}
        return found
    finally:
        await reader.stop()


@asynccontextmanager
async def forged(office: Office, topic: str, key: bytes, wrong: bytes, right: bytes | None) -> AsyncIterator[None]:
    await office.publish(topic, key, wrong)
    yield
    await office.publish(topic, key, right)


async def test_after_some_dozens_of_dossiers_nothing_differs(office: Office, eventually: Eventually) -> None:
    view = await office.count(eventually)
    assert view["differences"] == []
    assert (view["difference_count"], view["dossiers"], view["moving"], view["moving_places"]) == (0, DOSSIERS, 0, 0)
    assert (view["frozen"], view["by"]) == (False, "admin-1")
    assert view["places"] >= DOSSIERS / 2
    listed = await office.http.get(office.stack.url("monitor") + "/api/v1/recounts", headers=await office.admin())
    assert listed.json()["items"][0] == view

    async def measured() -> bool:
        text = (await office.http.get(office.stack.url("monitor") + "/metrics")).text
        return (
            "dossier_monitor_recount_differences 0.0" in text and "recount_finished_timestamp_seconds 0.0" not in text
        )

    await eventually(measured)


@pytest.mark.parametrize("topic", [topic.name for topic in DOSSIER_TOPICS])
async def test_every_topic_is_read_by_librdkafka_and_the_cloudevents_sdk(office: Office, topic: str) -> None:
    events = await asyncio.to_thread(cloud_events, office.stack.kafka, topic)
    assert len({event["partitionkey"] for event in events}) > DOSSIERS / 4
    assert {event["source"] for event in events} == {BY_NAME[topic].source}


async def test_a_wrong_mark_is_reported(office: Office, eventually: Eventually) -> None:
    dossier, value = sorted((await marks_of(office)).items())[0]
    projection = DossierProjection.decode(value)
    projection.messages += 3
    projection.agency = "X"
    async with forged(office, MARKS.name, dossier.encode(), projection.encode(), value):
        view = await office.count(eventually)
    found = {(d["dossier"], d["field"]): d["board"] for d in view["differences"]}
    assert found == {(dossier, "agency"): "X", (dossier, "messages"): projection.messages}
    assert view["difference_count"] == 2


async def test_an_event_the_board_lost_is_reported(office: Office, eventually: Eventually) -> None:
    """A mark may be behind what is happening; what its partition has long passed it must have seen."""
    dossier, value = sorted((await marks_of(office)).items())[1]
    async with forged(office, MARKS.name, dossier.encode(), DossierProjection().encode(), value):
        view = await office.count(eventually)
    own = {d["field"] for d in view["differences"] if d.get("dossier") == dossier}
    assert "seen:intake" in own
    assert {d["dossier"] for d in view["differences"] if "dossier" in d} == {dossier}
    assert {d["place"].split("|")[2] for d in view["differences"] if "place" in d} >= {"cell"}


async def test_a_dossier_nobody_filed_is_reported(office: Office, eventually: Eventually) -> None:
    _, value = sorted((await marks_of(office)).items())[0]
    async with forged(office, MARKS.name, b"ghost", value, None):
        view = await office.count(eventually)
    assert {d["dossier"] for d in view["differences"]} == {"ghost"}


async def test_a_wrong_number_on_the_board_is_reported(office: Office, eventually: Eventually) -> None:
    place, body = await board_record(office, "cell", "filed")
    wrong = {**body, "counts": {**body["counts"], "filed": body["counts"].get("filed", 0) + 1}}
    key = f"{body['partition']}|cell|{body['agency']}|{body['procedure']}|{body['channel']}".encode()
    async with forged(office, BOARD.name, key, json.dumps(wrong).encode(), json.dumps(body).encode()):
        view = await office.count(eventually)
    [difference] = view["differences"]
    assert difference == {
        "place": "|".join(map(str, place)), "field": "filed",
        "board": wrong["counts"]["filed"], "service": body["counts"].get("filed", 0),
    }  # fmt: skip


async def test_a_deed_no_officer_did_is_reported(office: Office, eventually: Eventually) -> None:
    place, body = await board_record(office, "deeds", "signed:")
    wrong = {**body, "counts": {**body["counts"], "refused:59": 1}}
    key = f"{body['partition']}|deeds|{body['agency']}|{body['subject']}|{body['hour'] % SLOTS}".encode()
    async with forged(office, BOARD.name, key, json.dumps(wrong).encode(), json.dumps(body).encode()):
        view = await office.count(eventually)
    [difference] = view["differences"]
    assert difference == {"place": "|".join(map(str, place)), "field": "refused:59", "board": 1, "service": 0}


async def board_record(office: Office, kind: str, measure: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The latest of its kind on the topic that has such a measure."""
    board = LiveBoard(office.stack.broker)
    await board.start()
    await board.stop()
    found = [(p, c) for p, c in board.places.items() if p[2] == kind and any(name.startswith(measure) for name in c)]
    place, counts = max(found, key=lambda one: one[0][3])
    partition, agency, _, which, other = place
    names = {"cell": ("procedure", "channel"), "deeds": ("hour", "subject")}[kind]
    return place, {
        "kind": kind, "partition": partition, "agency": agency, names[0]: which, names[1]: other, "counts": dict(counts),
    }  # fmt: skip


async def test_while_dossiers_move_and_a_service_is_restarted_nothing_differs(
    office: Office, eventually: Eventually
) -> None:
    playing = asyncio.create_task(office.play(60, 11, per_second=6))
    try:
        views = []
        for number in range(3):
            begun = await office.begin()
            if number == 1:
                await office.stack.restart("review")
            views.append(await office.ended(begun, eventually))
            assert views[-1]["differences"] == [], views[-1]
        assert views[-1]["dossiers"] > DOSSIERS
    finally:
        outcome = await playing
    assert outcome.good
    view = await office.count(eventually)
    assert (view["differences"], view["dossiers"], view["moving"]) == ([], DOSSIERS + 60, 0)


async def test_a_worker_that_stands_still_is_said_to(office: Office, eventually: Eventually) -> None:
    office.stack.pause("monitor-worker")
    try:
        view = await office.count(eventually)
    finally:
        office.stack.resume("monitor-worker")
    assert view["frozen"]
    assert view["differences"] == []
    assert view["moving_places"] == view["places"]


async def test_one_at_a_time_and_one_per_key(office: Office, eventually: Eventually) -> None:
    first = await office.begin("once")
    again, other = await office.begin("once"), await office.begin("another")
    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])
    assert (other.status_code, other.json()["code"]) == (409, "recount-running")
    await office.ended(first, eventually)


async def test_the_command_prints_it(office: Office) -> None:
    command = [sys.executable, "-m", "dossier_local.cli", "recount", "--json", "--folder", str(office.stack.folder)]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["difference_count"] == 0


async def test_the_machine_may_count_and_nothing_else(office: Office) -> None:
    stack = office.stack
    machine = await MachineToken(stack.url("identity"), "monitor", "development", office.http).headers()
    for service in SERVICES:
        facts = stack.url(service) + "/internal/facts"
        assert (await office.http.get(facts, headers=machine)).status_code == 200
        assert (await office.http.get(stack.url(service) + "/internal/waiting", headers=machine)).status_code == 403
        assert (await office.http.get(facts)).status_code == 401
        assert (await office.http.get(facts, headers=await office.admin("superior"))).status_code == 403
        assert (await office.http.get(facts + "?limit=0", headers=machine)).status_code == 422
    answer = await office.http.post(
        stack.url("identity") + "/oauth/token", auth=("monitor", "guessed"), data={"grant_type": "client_credentials"}
    )
    assert answer.status_code == httpx.codes.UNAUTHORIZED
