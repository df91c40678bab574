"""What a process tells of itself follows what is so, and outlives a question that fails or hangs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from prometheus_client import REGISTRY

from dossier_shared.telemetry import vitals
from dossier_shared.telemetry.metrics import tell_build

Eventually = Callable[..., Awaitable[Any]]


def value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


@pytest.mark.parametrize(
    ("checks", "ready"), [({"database": True}, 1), ({"database": True, "broker": False}, 0), ({"consumer": "why"}, 0)]
)
async def test_ready_is_what_the_probe_says(checks: dict[str, bool | str], ready: int) -> None:
    async def readiness() -> dict[str, bool | str]:
        return checks

    assert await vitals.checked(readiness) == checks
    assert value("dossier_ready") == ready


async def test_a_probe_that_fails_is_not_ready() -> None:
    async def readiness() -> dict[str, bool | str]:
        raise OSError

    assert await vitals.checked(readiness) == {"readiness": "OSError"}
    assert value("dossier_ready") == 0


async def test_the_stack_is_asked_side_by_side(monkeypatch: pytest.MonkeyPatch, eventually: Eventually) -> None:
    monkeypatch.setattr(vitals, "READINESS_SECONDS", 0.05)
    monkeypatch.setattr(vitals, "EVERY", 0.01)
    answers: dict[str, bool | None] = {"broker": True, "database": True}

    def ask(name: str) -> Callable[[], Awaitable[bool]]:
        async def asked() -> bool:
            answer = answers[name]
            if answer is None:
                await asyncio.Event().wait()
            return bool(answer)

        return asked

    def shown() -> tuple[float | None, float | None]:
        return value("dossier_broker_up"), value("dossier_database_up")

    task = asyncio.create_task(vitals.watch_stack(ask("broker"), ask("database")))
    try:
        await eventually(lambda: shown() == (1, 1))
        answers["broker"] = None
        await eventually(lambda: shown() == (0, 1))
        answers.update(broker=True, database=False)
        await eventually(lambda: shown() == (1, 0))
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_the_loops_lag_is_measured(monkeypatch: pytest.MonkeyPatch, eventually: Eventually) -> None:
    monkeypatch.setattr(vitals, "NAP", 0.001)

    def seen() -> float:
        return value("dossier_event_loop_lag_seconds_count") or 0

    before = seen()
    task = asyncio.create_task(vitals.watch_loop())
    await eventually(lambda: seen() > before + 3)
    task.cancel()


def test_what_was_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOSSIER_COMMIT", "0123abc")
    tell_build("review", "dossier_review")
    assert value("dossier_build_info", service="review", version="0.1.0", commit="0123abc") == 1
    monkeypatch.setenv("DOSSIER_COMMIT", "")
    tell_build("review", "dossier_nowhere")
    assert value("dossier_build_info", service="review", version="unknown", commit="unknown") == 1
