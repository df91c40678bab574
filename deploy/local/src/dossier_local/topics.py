"""Makes the broker's topics what `contracts.topics` says. Run it before any service: Faust ignores a missing topic."""

from __future__ import annotations

from collections.abc import Iterable

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaConnectionError, TopicAlreadyExistsError, for_code

from dossier_local.errors import BrokerAway, StackError
from dossier_shared.contracts.topics import TOPICS, Topic
from dossier_shared.settings.broker import Broker

# Beside what the table says, where there are replicas enough: an acknowledged event is on two disks. As the Helm charts have it.
_REPLICATED = {"min.insync.replicas": "2", "unclean.leader.election.enable": "false"}


async def provision(broker: Broker, topics: Iterable[Topic] = TOPICS, replication: int = 1) -> list[str]:
    """Creates the topics that are missing and returns their names. One that exists with other partitions is an error."""
    wanted = {topic.name: topic for topic in topics}
    admin = AIOKafkaAdminClient(**broker.client())
    try:
        await admin.start()
    except KafkaConnectionError as error:
        raise BrokerAway(await broker.trouble() or str(error)) from None
    try:
        there = set(await admin.list_topics())
        missing = [topic for name, topic in wanted.items() if name not in there]
        if missing:
            answer = await admin.create_topics([_new(topic, replication) for topic in missing], timeout_ms=30_000)
            for name, code, *_ in answer.topic_errors:
                if code and for_code(code) is not TopicAlreadyExistsError:
                    raise StackError(f"Topic {name} could not be created: {for_code(code).__name__}")
        for found in await admin.describe_topics([name for name in wanted if name in there]):
            have, want = len(found["partitions"]), wanted[found["topic"]].partitions
            if have != want:
                raise StackError(f"Topic {found['topic']} has {have} partitions and must have {want}.")
        return [topic.name for topic in missing]
    finally:
        await admin.close()


def _new(topic: Topic, replication: int) -> NewTopic:
    config = {**topic.config, **(_REPLICATED if replication >= 3 else {})}
    return NewTopic(topic.name, topic.partitions, replication, topic_configs=config)
