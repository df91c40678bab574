"""Whether it is known which keys there are: a topic that is not there is told from a broker that does not answer."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.errors import KafkaConnectionError
from tests.unit.core.toy import RULES

from dossier_shared.contracts.topics import KEYS
from dossier_shared.runtime.keys import Keys
from dossier_shared.runtime.recovering import learn
from dossier_shared.runtime.service import Runtime
from dossier_shared.settings.service import ServiceSettings

OTHER = "dossier.signed"


async def test_a_program_that_ends_does_not_guess() -> None:
    settings = ServiceSettings(
        service="notify", port=1, database="never-reached", mongodb_url="mongodb://127.0.0.1:1",
        kafka_bootstrap_servers="127.0.0.1:1",
    )  # fmt: skip
    runtime = Runtime(settings, RULES)
    with pytest.raises(KafkaConnectionError):
        await learn(runtime)
    for known in (runtime.keys.ring.known, runtime.registry.known, runtime.persons.keys.known):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(known(), 0.01)
    runtime.client.close()


@pytest.mark.parametrize(("there", "known"), [({OTHER}, True), (set(), False), ({KEYS.name[:-1]}, False)])
async def test_only_a_broker_that_shows_the_other_topics_has_none_of_keys(there: set[str], known: bool) -> None:
    keys = Keys([OTHER], "demand")
    absent = keys.followed.absent
    assert absent is not None
    absent(there)
    try:
        await asyncio.wait_for(keys.ring.known(), 0.01)
        assert known
    except TimeoutError:
        assert not known
