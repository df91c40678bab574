"""Whether it is known which keys there are: a topic that is not there is told from a broker that does not answer."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from dossier_shared.adapters.kafka import KafkaSender
from dossier_shared.contracts.topics import KEYS
from dossier_shared.runtime import keys as module
from dossier_shared.runtime.keys import Keys
from dossier_shared.settings.broker import Broker

OTHER = "dossier.signed"


class Asked:
    """Of the topics asked for, those the broker does not show."""

    broker = Broker("127.0.0.1:1")

    def __init__(self, *missing: str) -> None:
        self.answer = list(missing)

    async def reachable(self) -> bool:
        return bool(self.answer)

    async def missing(self, _: object) -> list[str]:
        return self.answer


async def test_a_program_that_ends_does_not_guess() -> None:
    keys = Keys(cast(KafkaSender, Asked()), [OTHER], "demand")
    with pytest.raises(OSError, match="the broker is away"):
        await keys.once()
    keys = Keys(cast(KafkaSender, Asked(KEYS.name)), [OTHER], "demand")
    await keys.once()
    await keys.ring.known()


@pytest.mark.parametrize(("missing", "known"), [([KEYS.name], True), ([], False), ([KEYS.name, OTHER], False)])
async def test_only_a_broker_that_shows_the_other_topics_has_none_of_keys(
    missing: list[str], known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_AGAIN", 0.001)
    keys = Keys(cast(KafkaSender, Asked(*missing)), [OTHER], "demand")
    running = asyncio.create_task(keys.run())
    try:
        async with asyncio.timeout(5 if known else 0.1):
            await keys.ring.known()
        assert known
    except TimeoutError:
        assert not known
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
