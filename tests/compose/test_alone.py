"""One service by itself on an outside broker and database; and what is wrong with its settings said in a line."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from dossier_shared.contracts.topics import TOPICS

from .stack import Stack, docker, until

pytestmark = pytest.mark.long

WELL = ("kafka", "mongo")


@pytest.fixture(scope="module")
def outside(stack: Stack) -> dict[str, str]:
    """Broker and database as an agency has them elsewhere: addresses, nothing more."""
    stack.up("kafka", "mongo", "provision")
    stack.well(WELL)
    until(lambda: stack.inspect("provision")["State"]["Status"] == "exited", 120, "provision is not done")
    assert stack.inspect("provision")["State"]["ExitCode"] == 0, stack.logs("provision")
    at = {name: _address(stack, name) for name in WELL}
    return {
        "KAFKA_BOOTSTRAP_SERVERS": f"{at['kafka']}:9092",
        "MONGODB_URL": f"mongodb://intake:development-intake@{at['mongo']}:27017/?replicaSet=dossier&authSource=admin",
    }


def _address(stack: Stack, service: str) -> str:
    networks = stack.inspect(service)["NetworkSettings"]["Networks"]
    return str(next(iter(networks.values()))["IPAddress"])


@pytest.fixture
def alone(outside: dict[str, str]) -> Iterator[Stack]:
    alone = Stack("dossier-alone", outside)
    try:
        yield alone
    finally:
        alone.down()


def test_one_service_starts_on_an_outside_broker_and_database(stack: Stack, alone: Stack) -> None:
    alone.compose("create", "--no-build", "intake", env={"COMPOSE_PROFILES": ""})
    assert alone.compose("ps", "--all", "--services").stdout.split() == ["intake"], "it brought others along"
    docker("network", "connect", f"{stack.project}_default", alone.id("intake"))
    alone.up("--no-deps", "intake")
    assert alone.compose("ps", "--all", "--services").stdout.split() == ["intake"]
    alone.well(["intake"])


def test_provisioning_again_changes_nothing(stack: Stack, outside: dict[str, str]) -> None:
    said = stack.compose("run", "--rm", "--no-deps", "provision").stdout
    assert "every topic is there" in said
    assert "replica set dossier is there" in said
    assert "rights given: 0, taken: 0" in said


def test_the_broker_s_topics_are_the_registry_s(stack: Stack, outside: dict[str, str]) -> None:
    code = (
        "import asyncio, json\nfrom aiokafka.admin import AIOKafkaAdminClient\nfrom dossier_local.addresses import find\n"
        "async def main():\n"
        " admin = AIOKafkaAdminClient(**find().kafka.client()); await admin.start()\n"
        " found = await admin.describe_topics(); await admin.close()\n"
        " print(json.dumps({t['topic']: len(t['partitions']) for t in found}))\n"
        "asyncio.run(main())"
    )
    said = stack.compose("run", "--rm", "--no-deps", "--entrypoint", "python", "dossier", "-c", code).stdout
    found = {name: count for name, count in json.loads(said).items() if not name.startswith("__")}
    assert found == {topic.name: topic.partitions for topic in TOPICS}


def test_a_service_reaches_its_own_database_and_no_other(stack: Stack, outside: dict[str, str]) -> None:
    code = (
        "import os, pymongo; c = pymongo.MongoClient(os.environ['U']); c.dossier_intake.x.insert_one({});\n"
        "try:\n c.dossier_review.x.find_one(); print('read')\n"
        "except pymongo.errors.OperationFailure as e: print(e.code)"
    )
    said = stack.compose(
        "run", "--rm", "--no-deps", "--entrypoint", "python", "-e", f"U={outside['MONGODB_URL']}", "dossier", "-c", code
    ).stdout
    assert said.split() == ["13"]  # Unauthorized


def test_a_service_writes_its_own_topic_and_no_other(stack: Stack, outside: dict[str, str]) -> None:
    code = (
        "import asyncio\nfrom aiokafka import AIOKafkaProducer\nfrom dossier_review.settings import Settings\n"
        "async def main():\n"
        " async with AIOKafkaProducer(**Settings().broker.client()) as p:\n"
        "  for topic in ('review.dead-letter', 'dossier.submitted'):\n"
        "   try:\n    await p.send_and_wait(topic, b'x', partition=0); print('written')\n"
        "   except Exception as e: print(type(e).__name__)\n"
        "asyncio.run(main())"
    )
    said = stack.compose("run", "--rm", "--no-deps", "--entrypoint", "python", "review", "-c", code).stdout
    assert said.split() == ["written", "TopicAuthorizationFailedError"]


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        (["INTAKE_PROT=1"], "intake: INTAKE_PROT is no setting; is INTAKE_PORT meant?"),
        (["INTAKE_PORT=high"], "intake: INTAKE_PORT: Input should be a valid integer"),
        (
            ["SECRETS_DIR=/nowhere"],
            "intake: KAFKA_SECURITY_PROTOCOL=SASL_PLAINTEXT needs KAFKA_USERNAME and KAFKA_PASSWORD",
        ),
        (
            [
                "DEVELOPMENT=false",
                "PERSON_KEY=",
                "SECRETS_DIR=/nowhere",
                "KAFKA_SECURITY_PROTOCOL=PLAINTEXT",
                "KAFKA_USERNAME=",
            ],
            "intake: MONGODB_URL is missing: set it, or put a file mongodb_url in /nowhere",
        ),
    ],
)
def test_bad_settings_are_one_line_and_the_end(stack: Stack, variables: list[str], says: str) -> None:
    env = [word for variable in variables for word in ("-e", variable)]
    done = stack.compose("run", "--rm", "--no-deps", *env, "intake", check=False)
    assert done.returncode == 78
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("intake: ")]
    assert len(lines) == 1, done.stdout + done.stderr
    assert lines[0].startswith(says)
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("variable", "check", "says"),
    [
        ("KAFKA_BOOTSTRAP_SERVERS=nowhere:9092", "broker", "nowhere:9092"),
        (
            "MONGODB_URL=mongodb://intake:development-intake@mongo:27017/?replicaSet=other&authSource=admin",
            "database",
            "other",
        ),
        (
            "MONGODB_URL=mongodb://intake:wrong@mongo:27017/?replicaSet=dossier&authSource=admin",
            "database",
            "Authentication",
        ),
    ],
)
def test_what_it_waits_for_is_seen_in_its_readiness(
    stack: Stack, outside: dict[str, str], variable: str, check: str, says: str
) -> None:
    container = stack.compose("run", "--detach", "--no-deps", "-e", variable, "intake").stdout.split()[-1]
    try:
        until(lambda: says in _reason(container, check), 60, f"{check} does not say {says}")
        said = docker("logs", container)
        assert "Traceback" not in said
    finally:
        docker("rm", "--force", container)


def _reason(container: str, check: str) -> str:
    said = docker("exec", container, "python", "-m", "dossier_shared.http.health", check=False)
    try:
        return str(json.loads(said)["checks"].get(check))
    except (ValueError, KeyError):
        return ""
