"""What a service does before it is known whether its database was put back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from dossier_shared.contracts.topics import ALARM
from dossier_shared.journal.signing import SigningSender
from dossier_shared.repair.guard import RecoveryDue
from dossier_shared.runtime import service as module
from dossier_shared.runtime.service import Runtime
from dossier_shared.settings.service import ServiceSettings
from dossier_shared.telemetry.vitals import good

from .toy import RULES

Eventually = Callable[..., Awaitable[Any]]


class Look:
    """Stands in for the comparison: `answer` None is an outage, "" a whole database, else why it is not."""

    def __init__(self, runtime: Runtime) -> None:
        self.guard, self.looks = runtime.guard, 0
        self.answer: str | None = None

    async def __call__(self) -> str | None:
        self.looks += 1
        self.guard.looked = self.answer is not None
        return self.answer or None


class Stage:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "LOOK_AGAIN", 0.001)
        settings = ServiceSettings(
            service="notify", port=1, database="never-reached", mongodb_url="mongodb://127.0.0.1:1"
        )
        self.runtime = Runtime(settings, RULES)
        self.look = Look(self.runtime)
        self.begun: list[str] = []
        monkeypatch.setattr(self.runtime, "prepare_database", self.nothing)
        monkeypatch.setattr(self.runtime.lease, "take", self.nothing)
        monkeypatch.setattr(self.runtime.lease, "keep", self.nothing)
        monkeypatch.setattr(self.runtime.guard, "look", self.look)
        assert self.runtime.publisher is not None
        for name in ("publisher", "consumer", "asker", "segments"):
            monkeypatch.setattr(getattr(self.runtime, name), "run", self.part(name))
        monkeypatch.setattr(self.runtime.guard, "run", self.part("guard"))
        self.runtime.persons.keys.whole()
        self.runtime._close("starting")

    async def nothing(self) -> None:
        pass

    def part(self, name: str) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            self.begun.append(name)

        return run

    async def looked(self, times: int = 3) -> bool:
        return self.look.looks >= times


@pytest.fixture
async def stage(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    made = Stage(monkeypatch)
    yield made
    for task in made.runtime._tasks:
        task.cancel()
    await asyncio.gather(*made.runtime._tasks, return_exceptions=True)
    made.runtime.client.close()


async def test_what_it_publishes_is_signed_and_what_it_hears_is_checked(stage: Stage) -> None:
    """By one keyring, whichever way events come and go."""
    runtime, ring = stage.runtime, stage.runtime.keys.ring

    async def act(_: object) -> list[Exception | None]:
        return []

    runtime.follow("alarms", [ALARM.name], act)
    assert runtime.publisher is not None
    assert runtime.resender is not None
    assert isinstance(runtime.events, SigningSender)
    assert {runtime.publisher.sender, runtime.resender.sender, runtime.republishing.sender} == {runtime.events}
    assert {runtime.consumer.keys, runtime.guard.keys, runtime._followed[ALARM.name].keys} == {ring}


async def test_why_events_are_not_signed_is_told_and_it_stays_ready(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stage.runtime.notes() == {}
    monkeypatch.setattr(stage.runtime.events, "trouble", lambda: "its key is not published")
    assert stage.runtime.notes() == {"signatures": "its key is not published"}
    assert good(stage.runtime.notes())


async def test_commands_are_taken_and_nothing_is_sent_before_it_has_looked(
    stage: Stage, eventually: Eventually
) -> None:
    starting = asyncio.create_task(stage.runtime._start())
    await eventually(stage.looked)
    assert (stage.runtime.ledger.closed, stage.begun) == (None, [])
    stage.look.answer = ""
    await asyncio.wait_for(starting, 5)
    await asyncio.sleep(0)
    assert {"publisher", "consumer", "guard"} <= set(stage.begun)


async def test_nothing_is_heard_before_it_is_known_whose_keys_there_are(stage: Stage, eventually: Eventually) -> None:
    stage.runtime.persons.keys._known.clear()
    stage.look.answer = ""
    starting = asyncio.create_task(stage.runtime._start())

    async def published() -> bool:
        return "publisher" in stage.begun

    await eventually(published)
    await asyncio.sleep(0)
    assert "consumer" not in stage.begun, "else all that is encrypted would be parked"
    stage.runtime.persons.keys.whole()
    await asyncio.wait_for(starting, 5)
    await asyncio.sleep(0)
    assert "consumer" in stage.begun


async def test_one_that_was_put_back_stops_once_it_is_known(stage: Stage, eventually: Eventually) -> None:
    starting = asyncio.create_task(stage.runtime._start())
    await eventually(stage.looked)
    stage.look.answer = "it lacks event 2"
    with pytest.raises(RecoveryDue, match="lacks event 2"):
        await asyncio.wait_for(starting, 5)
    assert (stage.runtime.ledger.closed, stage.begun) == ("it lacks event 2", [])


async def test_one_that_is_known_to_be_old_waits_closed(stage: Stage, eventually: Eventually) -> None:
    stage.look.answer = "it lacks event 2"
    starting = asyncio.create_task(stage.runtime._start())
    await eventually(stage.looked)
    assert (stage.runtime.ledger.closed, stage.begun) == ("starting", [])
    stage.look.answer = ""
    await asyncio.wait_for(starting, 5)
    assert stage.runtime.ledger.closed is None
