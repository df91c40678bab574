"""Deployments on a broker that demands a right for everything: whoever has the password of one tries every topic and group."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Producer, TopicPartition

from dossier_local import access, deployment_list
from dossier_local.deployment_list import Wish
from dossier_local.errors import StackError
from dossier_local.rights import USERS, Access, of_deployment
from dossier_local.stack import Stack
from dossier_shared.adapters.compacted import TopicReader
from dossier_shared.contracts.deployments import DEPLOYABLE, DeploymentEntry, called, key_of
from dossier_shared.settings.broker import Broker

from .secured_broker import SecuredBroker

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]

LATER = "2099-01-01T00:00:00.000000Z"
AGENCIES = {"an-binh": ["H1", "H2"], "long-khanh": ["H3"]}
OWN = [(service, name) for name in AGENCIES for service in DEPLOYABLE]
WITHIN = 60.0  # seconds for all topics


def password(service: str, name: str) -> str:
    return f"{service} of {name}, its own"


@pytest.fixture(scope="module")
async def known(kafka: SecuredBroker, house: Stack) -> Mapping[str, DeploymentEntry]:
    admin = kafka.seen_by("admin", "SASL_SSL")
    for service, name in OWN:
        wish = Wish(service, name, AGENCIES[name], LATER)
        await deployment_list.add(admin, wish, password=password(service, name))
    return await deployment_list.listed(admin)


def credential(kafka: SecuredBroker, service: str, name: str) -> Broker:
    who = called(service, name)
    return kafka.seen_by(who, password=password(service, name) if name else None)


def written(broker: Broker, topics: Iterable[str]) -> set[str]:
    """The topics of which the broker takes a record."""
    found, answers = set[str](), dict[str, KafkaError | None]()
    producer = Producer({**access._configuration(broker), "message.timeout.ms": 20_000})
    for topic in topics:
        producer.produce(
            topic, b"rogue", b"rogue", on_delivery=lambda error, told: answers.update({told.topic(): error})
        )
    producer.flush(WITHIN)
    for topic, error in answers.items():
        if error is None:
            found.add(topic)
        else:
            assert error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED, (topic, error)
    assert set(answers) == set(topics)
    return found


def readable(broker: Broker, group: str, topics: Iterable[str]) -> set[str]:
    """The topics of which the broker gives the first partition, to the end."""
    config = {
        **access._configuration(broker), "group.id": group, "enable.auto.commit": False, "enable.partition.eof": True,
    }  # fmt: skip
    consumer, found, refused = Consumer(config), set[str](), set[str]()
    try:
        left = {
            topic for topic in topics if consumer.list_topics(topic, WITHIN).topics[topic].error is None
        }  # it is shown
        consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING) for topic in left])
        deadline = time.monotonic() + WITHIN
        while left and time.monotonic() < deadline:
            if (message := consumer.poll(1.0)) is None:
                continue
            topic, error = message.topic(), message.error()
            if error is None or error.code() == KafkaError._PARTITION_EOF:
                found.add(topic)
            else:
                assert error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED, (topic, error)
                refused.add(topic)
            left.discard(topic)
    finally:
        consumer.close()
    assert not left, "of these nothing was said"
    assert not found & refused
    return found


def prefixed(names: Iterable[str], under: Iterable[str], topics: Iterable[str]) -> set[str]:
    return {topic for topic in topics if topic in names or any(topic.startswith(f"{base}.") for base in under)}


async def test_whoever_has_a_password_of_one_reaches_what_is_its_own_and_no_more(
    kafka: SecuredBroker, known: Mapping[str, DeploymentEntry]
) -> None:
    async with TopicReader(kafka.seen_by("root"), ()) as reader:
        topics = sorted(name for name in await reader.topics() if not name.startswith("__"))
    assert {"dossier.reviewed.an-binh", "dossier.signed.long-khanh", "platform.delegations.an-binh"} <= set(topics)
    entries = list(known.values())
    rights: dict[tuple[str, str], Access] = {(s, n): of_deployment(entries, s, n) for s, n in OWN}
    rights |= {(service, ""): USERS[service] for service in DEPLOYABLE}
    for (service, name), allowed in rights.items():
        broker = credential(kafka, service, name)
        assert written(broker, topics) == set(allowed.writes) & set(topics), (service, name)
        wanted = prefixed(allowed.reads, allowed.reads_under, topics)
        assert readable(broker, called(service, name), topics) == wanted | set(allowed.writes) & wanted, (service, name)
    foreign = {topic for topic in topics if topic.endswith((".long-khanh",))}
    for service in DEPLOYABLE:
        assert not foreign & {*rights[service, "an-binh"].writes, *rights[service, "an-binh"].reads}


@pytest.mark.parametrize("group", ["review", "review.long-khanh", "signing.an-binh"])
async def test_nobody_joins_anothers_group(
    kafka: SecuredBroker, known: Mapping[str, DeploymentEntry], group: str
) -> None:
    said = joined(credential(kafka, "review", "an-binh"), group)
    assert said is not None
    assert said.code() == KafkaError.GROUP_AUTHORIZATION_FAILED
    assert joined(credential(kafka, "review", "an-binh"), "review.an-binh") is None


def joined(broker: Broker, group: str) -> KafkaError | None:
    """Why not."""
    errors: list[Any] = []
    assigned: list[Any] = []
    consumer = Consumer({**access._configuration(broker), "group.id": group, "error_cb": errors.append})
    try:
        consumer.subscribe(["dossier.submitted"], on_assign=lambda _, places: assigned.extend(places))
        deadline = time.monotonic() + WITHIN
        while not assigned and time.monotonic() < deadline:
            message = consumer.poll(0.5)
            if message is not None and message.error():
                return message.error()
            if errors and errors[0].code() == KafkaError.GROUP_AUTHORIZATION_FAILED:
                return errors[0]
        assert assigned, errors
        return None
    finally:
        consumer.close()


async def test_provisioning_again_leaves_deployments_as_they_are_and_adds_what_a_move_brings(
    kafka: SecuredBroker, known: Mapping[str, DeploymentEntry]
) -> None:
    admin = kafka.seen_by("admin", "SASL_SSL")
    assert await access.provision(admin, {}, await deployment_list.users(admin)) == access.Changes(0, 0, [])
    assert await access.provision(admin, {}) == access.Changes(0, 0, [])
    before = await access.rights(admin, "signing.long-khanh")
    await deployment_list.move(admin, Wish("review", "long-khanh", ["H1"], "2099-06-01T00:00:00.000000Z"))
    after = {(binding.name, binding.operation.name) for binding in await access.rights(admin, "signing.an-binh")}
    assert ("dossier.reviewed.long-khanh", "READ") in after, "what was filed at H1 from then on is signed by an-binh"
    assert await access.rights(admin, "signing.long-khanh") == before
    entries = await deployment_list.listed(admin)
    assert [t.valid_until for t in entries[key_of("review", "an-binh")].agencies] == [
        "2099-06-01T00:00:00.000000Z",
        None,
    ]


async def test_a_list_that_is_there_is_not_written_over(
    kafka: SecuredBroker, known: Mapping[str, DeploymentEntry]
) -> None:
    with pytest.raises(StackError, match="an empty one"):
        await deployment_list.restore(kafka.seen_by("admin", "SASL_SSL"), list(known.values()))


async def test_a_deployment_s_user_adds_nothing(kafka: SecuredBroker, known: Mapping[str, DeploymentEntry]) -> None:
    with pytest.raises(StackError):
        await deployment_list.add(
            credential(kafka, "review", "an-binh"), Wish("review", "xuan-loc", ["H9"], LATER), password="x"
        )
    with pytest.raises(StackError, match="only admin may"):
        await deployment_list.publish(
            credential(kafka, "review", "an-binh"), deployment_list.Plan(list(known.values())[:1])
        )
