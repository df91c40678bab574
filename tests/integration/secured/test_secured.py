"""On a broker that demands a name and a right for everything, the whole loop runs with exactly the rights of the table."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError
from rich.console import Console

from dossier_local import access, administration, topics
from dossier_local.addresses import Addresses
from dossier_local.errors import StackError
from dossier_local.rights import USERS, Access
from dossier_local.simulation import running
from dossier_local.simulation.client import Client
from dossier_local.simulation.plan import Story
from dossier_local.simulation.week import Catalogue, plan_week
from dossier_local.stack import Stack
from dossier_monitor.alarms.offsets import READERS, Offsets
from dossier_shared.contracts.topics import KEYS, REVIEWED, SUBMITTED

from . import thief
from .authority import Authority
from .secured_broker import PASSWORDS, ROOT, WAYS, SecuredBroker, as_itself, environment

pytestmark = pytest.mark.long

Eventually = Callable[..., Awaitable[Any]]
DOSSIERS = 12


async def checks(house: Stack, name: str) -> dict[str, Any]:
    """What readiness says of it."""
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        try:
            answer = await client.get(house.url(name) + "/health/ready")
        except httpx.TransportError:
            return {}
    found: dict[str, Any] = answer.json()["checks"]
    return found


async def loop(office: Stack, seed: int) -> running.Outcome:
    async def plan(client: Client) -> Sequence[Story]:
        procedures = (await client.get("intake", "/api/v1/procedures"))["items"]
        agencies = (await client.get("intake", "/api/v1/agencies"))["items"]
        return plan_week(Catalogue.of(procedures, agencies), DOSSIERS, date(2026, 6, 1), 1, seed)

    options = running.Options(folder=office.folder, seconds=lambda stories: len(stories) / 4, seed=seed)
    outcome = await running.play(office, options, plan, Console(quiet=True))
    assert outcome.tally.counts["filed"] == DOSSIERS
    return outcome


@pytest.mark.timeout(400)
async def test_the_whole_loop_runs(office: Stack) -> None:
    """Filed, decided, signed, delivered, shown; then `admin` reads every topic again and nothing is lost or doubled."""
    outcome = await loop(office, 3)
    assert outcome.good, outcome
    refused = [name for name in WAYS if "authoriz" in office.log(name).read_text().lower()]
    assert not refused


@pytest.mark.timeout(400)
async def test_a_stolen_password_signs_nothing(office: Stack, kafka: SecuredBroker, eventually: Eventually) -> None:
    """A dossier nobody filed is neither told of nor shown, and those beside it go their way."""
    events = thief.forged()
    await thief.write({name: kafka.seen_by(name) for name in ("intake", "signing")}, events)
    outcome = await loop(office, 5)
    dossier = events[0].dossier

    async def aside(service: str) -> list[str]:
        letters = administration.dead_letters(Addresses(kafka.seen_by("admin"), "", {}), [service])
        return sorted(letter.reason for letter in [found async for found in letters] if letter.key == dossier)

    assert thief.PHONE not in (office.folder / running.LEDGER).read_text()
    for service, count in {"notify": 3, "review": 3, "intake": 1, "monitor": 3}.items():
        assert await aside(service) == ["wrong-signature"] * count, service
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        person = {"sub": "superior-1", "roles": ["superior"], "agency": "H19"}
        token = (await http.post(office.url("identity") + "/token", json=person)).json()["access_token"]
        shown = await http.get(
            office.url("monitor") + f"/api/v1/timelines/{dossier}", headers={"authorization": f"Bearer {token}"}
        )
    assert shown.status_code == httpx.codes.NOT_FOUND
    assert (outcome.report.lost, outcome.report.doubled) == (0, 0), "those beside it"
    await office.restart("intake")
    assert "recovered" not in await checks(office, "intake"), "what it never signed is not what its database lacks"


async def test_nobody_but_the_administrator_says_who_signs(kafka: SecuredBroker, house: Stack) -> None:
    async with AIOKafkaProducer(**kafka.seen_by("signing").client()) as producer:
        with pytest.raises(TopicAuthorizationFailedError):
            await producer.send_and_wait(KEYS.name, b"{}", b"signing")


async def test_the_board_is_counted_again(office: Stack, eventually: Eventually) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        person = {"sub": "admin-1", "roles": ["admin"]}
        token = (await http.post(office.url("identity") + "/token", json=person)).json()["access_token"]
        headers = {"authorization": f"Bearer {token}", "idempotency-key": "count-again"}
        begun = await http.post(office.url("monitor") + "/api/v1/recounts", headers=headers)

        async def ended() -> dict[str, Any] | None:
            view: dict[str, Any] = (
                await http.get(office.url("monitor") + begun.headers["location"], headers=headers)
            ).json()
            return view if view["state"] != "running" else None

        view = await eventually(ended, within=120)
    assert view["state"] == "finished", view


async def test_the_workers_user_may_have_the_board_counted_from_the_beginning(office: Stack) -> None:
    await office.stop("monitor-worker")
    argv = [sys.executable, "-m", "dossier_monitor.worker", "rebuild"]
    env = {**os.environ, **office.env("monitor-worker")}
    done = await asyncio.to_thread(subprocess.run, argv, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    await office.start("monitor-worker")


async def test_the_worker_comes_by_certificate_too(office: Stack, kafka: SecuredBroker) -> None:
    await office.restart("monitor-worker", env=environment(kafka.seen_by("monitor", "SSL")))
    assert set((await checks(office, "monitor-worker")).values()) == {True}


async def test_nobody_writes_anothers_topic(kafka: SecuredBroker, house: Stack) -> None:
    async with AIOKafkaProducer(**kafka.seen_by("intake").client()) as producer:
        with pytest.raises(TopicAuthorizationFailedError):
            await producer.send_and_wait(REVIEWED.name, b"{}", b"nobody", partition=0)


async def test_nobody_joins_anothers_group(kafka: SecuredBroker, house: Stack) -> None:
    consumer = AIOKafkaConsumer(SUBMITTED.name, **kafka.seen_by("notify").client(), group_id="review")

    async def read() -> None:
        await consumer.start()
        await consumer.getmany(timeout_ms=5000)

    try:
        with pytest.raises(GroupAuthorizationFailedError):
            await read()
    finally:
        await consumer.stop()


async def test_the_monitor_sees_how_far_everybody_has_read(kafka: SecuredBroker, house: Stack) -> None:
    offsets = Offsets(kafka.seen_by("monitor"))
    try:
        reading = await offsets.read(datetime.now(UTC))
    finally:
        await offsets.stop()
    assert reading is not None
    assert set(reading.lag) == set(READERS)


async def test_an_administrator_reads_dead_letters_and_makes_topics(kafka: SecuredBroker, house: Stack) -> None:
    admin = kafka.seen_by("admin", "SASL_SSL")
    letters = [letter async for letter in administration.dead_letters(Addresses(admin, "", {}))]
    assert {letter.reason for letter in letters} <= {"wrong-signature"}
    assert await topics.provision(admin) == []
    with pytest.raises(StackError, match="does not let us in as 'admin'"):
        await topics.provision(kafka.seen_by("admin", password="guessed"))


async def test_provisioning_again_changes_nothing_and_takes_away_what_is_too_much(
    kafka: SecuredBroker, house: Stack, eventually: Eventually
) -> None:
    admin = kafka.seen_by("admin", "SASL_SSL")
    assert await access.provision(admin, {}) == access.Changes(0, 0, [])
    review = USERS["review"]
    more = replace(review, writes=(*review.writes, SUBMITTED.name))

    async def has(wanted: Access) -> bool:
        return await access.rights(admin, "review") == access.bindings(wanted)

    assert await access.provision(admin, {}, [more]) == access.Changes(1, 0, [])
    await eventually(lambda: has(more))
    assert await access.provision(admin, {}) == access.Changes(0, 1, [])
    await eventually(lambda: has(review))
    with pytest.raises(StackError, match="The broker refused"):
        await access.provision(kafka.seen_by("intake"), {})


def test_the_command_sets_passwords_from_a_folder(kafka: SecuredBroker, house: Stack, tmp_path: Path) -> None:
    (tmp_path / "notify").write_text(PASSWORDS["notify"] + "\n")
    command = [sys.executable, "-m", "dossier_local.cli", "access", "provision", "--passwords", str(tmp_path)]
    environ = {**os.environ, **environment(kafka.seen_by(ROOT, "SASL_SSL"))}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Passwords set: notify." in done.stdout
    environ["KAFKA_PASSWORD"] = ""
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (
        1,
        "KAFKA_SECURITY_PROTOCOL=SASL_SSL needs KAFKA_USERNAME and KAFKA_PASSWORD",
    )


@pytest.mark.parametrize(
    ("service", "check"), [("review", "broker"), ("monitor", "broker"), ("monitor-worker", "topics")]
)
async def test_a_wrong_password_is_told_by_readiness(
    office: Stack, kafka: SecuredBroker, eventually: Eventually, service: str, check: str
) -> None:
    await office.stop(service)
    read = len(office.log(service).read_bytes())
    user = "monitor" if service == "monitor-worker" else service
    wrong = kafka.seen_by(user, "SASL_SSL", password="guessed")
    await office.start(service, env=environment(wrong), ready=False)

    async def told() -> str:
        said = str((await checks(office, service)).get(check))
        assert f"does not let us in as '{user}'" in said, said
        return said

    said = await eventually(told, within=60)
    assert "guessed" not in said
    assert office.alive(service)
    await office.stop(service)
    log = office.log(service).read_bytes()[read:].decode()
    assert "Traceback" not in log
    assert "guessed" not in log
    await office.start(service, env=as_itself(kafka, service))


async def test_an_unknown_authority_and_a_missing_right_are_told_by_readiness(
    office: Stack, kafka: SecuredBroker, eventually: Eventually, tmp_path: Path
) -> None:
    other = replace(kafka.seen_by("review", "SASL_SSL"), ca_file=Authority(tmp_path).file)
    for env, words in (
        (environment(other), "certificate verify failed"),
        (environment(kafka.seen_by("notify")), "dossier.reviewed, review.dead-letter, "),  # it may not see them
    ):
        await office.stop("review")
        await office.start("review", env=env, ready=False)

        async def told(words: str = words) -> bool:
            said = str((await checks(office, "review")).get("broker"))
            assert words in said, said
            return True

        await eventually(told, within=60)
    await office.restart("review", env=as_itself(kafka, "review"))
