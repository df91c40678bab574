"""Topics as `dossier topics provision` makes them: one broker, and three."""

from __future__ import annotations

from typing import Any

import pytest
from aiokafka.admin import NewTopic

from dossier_local import topics
from dossier_shared.contracts.topics import TOPICS
from dossier_shared.settings.broker import Broker


class NewBroker:
    """An admin client of a broker without topics."""

    def __init__(self, **_: Any) -> None:
        self.topic_errors: list[Any] = []

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def list_topics(self) -> list[str]:
        return []

    async def describe_topics(self, names: list[str]) -> list[Any]:
        assert not names
        return []

    async def create_topics(self, new: list[NewTopic], **_: Any) -> NewBroker:
        MADE.extend(new)
        return self


MADE: list[NewTopic] = []


@pytest.mark.parametrize(
    ("replication", "besides"),
    [
        (1, {}),
        (2, {}),  # a second one demanded for each write would stop all with the first broker that dies
        (3, {"min.insync.replicas": "2", "unclean.leader.election.enable": "false"}),
    ],
)
async def test_with_three_replicas_two_have_each_event(
    monkeypatch: pytest.MonkeyPatch, replication: int, besides: dict[str, str]
) -> None:
    monkeypatch.setattr(topics, "AIOKafkaAdminClient", NewBroker)
    MADE.clear()
    assert await topics.provision(Broker("broker:1"), replication=replication) == [topic.name for topic in TOPICS]
    assert {new.name: (new.num_partitions, new.replication_factor, new.topic_configs) for new in MADE} == {
        topic.name: (topic.partitions, replication, topic.config | besides) for topic in TOPICS
    }
