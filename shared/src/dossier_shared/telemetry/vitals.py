"""The vital signs of a process at `/metrics`: ready, broker, database, event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from time import monotonic

from dossier_shared.telemetry import metrics

Readiness = Callable[[], Awaitable[Mapping[str, bool | str]]]
EVERY = 5.0  # seconds
NAP = 0.5  # seconds
READINESS_SECONDS = 5.0


class Note(str):
    """Told with the checks, and no reason not to be ready."""

    __slots__ = ()


def good(checks: Mapping[str, bool | str]) -> bool:
    return all(check is True or isinstance(check, Note) for check in checks.values())


async def checked(readiness: Readiness) -> dict[str, bool | str]:
    """Answers whatever is broken."""
    try:
        async with asyncio.timeout(READINESS_SECONDS):
            checks = dict(await readiness())
    except Exception as error:
        checks = {"readiness": type(error).__name__}
    metrics.READY.set(good(checks))
    return checks


async def watch_readiness(readiness: Readiness) -> None:
    while True:
        await checked(readiness)
        await asyncio.sleep(EVERY)


async def watch_loop() -> None:
    while True:
        before = monotonic()
        await asyncio.sleep(NAP)
        metrics.LOOP_LAG.observe(max(0.0, monotonic() - before - NAP))


async def watch_stack(broker: Callable[[], Awaitable[bool]], database: Callable[[], Awaitable[bool]] | None) -> None:
    """`database` None: it has none. They are asked side by side: one that hangs says nothing about the other."""
    while True:
        asked = [_ask(metrics.BROKER_UP.set, broker)]
        if database is not None:
            asked.append(_ask(metrics.DATABASE_UP.set, database))
        await asyncio.gather(*asked)
        await asyncio.sleep(EVERY)


async def _ask(tell: Callable[[float], None], question: Callable[[], Awaitable[bool]]) -> None:
    try:
        async with asyncio.timeout(READINESS_SECONDS):
            good = await question()
    except Exception:
        good = False
    tell(1.0 if good else 0.0)
