"""Whether it is known which keys there are: a topic that is not there is told from a broker that does not answer."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.errors import KafkaConnectionError

from dossier_shared.contracts.topics import KEYS
from dossier_shared.runtime.keys import Keys
from dossier_shared.settings.broker import Broker

OTHER = "dossier.signed"


async def test_a_program_that_ends_does_not_guess() -> None:
    keys = Keys([OTHER], "demand")
    with pytest.raises(KafkaConnectionError):
        await keys.once(Broker("127.0.0.1:1"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(keys.ring.known(), 0.01)


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
