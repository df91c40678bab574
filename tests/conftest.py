"""What every test can ask for."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import structlog

from dossier_intake.inspection.inspectors import Inspectors
from dossier_local import waiting
from dossier_local.services import INFRASTRUCTURE
from dossier_local.stack import Stack

from . import answers, containers, states

pytest_plugins = ["tests.running"]
AStack = Callable[..., AbstractAsyncContextManager[Stack]]


@pytest.fixture(scope="module", autouse=True)
def contracts(request: pytest.FixtureRequest) -> Iterator[None]:
    """What httpx brings a test from a service is what the service's OpenAPI document says; yesterday's keep yesterday's."""
    if request.path.parent.name == "compatibility":
        yield
    else:
        with answers.checked():
            yield


@pytest.fixture(scope="module", autouse=True)
def no_state_is_edited_in_place() -> Iterator[None]:
    with states.watched():
        yield


@pytest.fixture(scope="module", autouse=True)
def no_data_is_left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Every stack has some 300 MB: together more than a small machine's disk. What they wrote to their logs stays."""
    yield
    remove_data(tmp_path_factory.getbasetemp())


def remove_data(folder: Path) -> None:
    """Of the stacks in `folder` that nobody holds any more."""
    for lock in [*folder.glob("*/lock"), *folder.glob("*/*/lock")]:
        with lock.open() as file, contextlib.suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for name in INFRASTRUCTURE:
                shutil.rmtree(lock.parent / name, ignore_errors=True)


@pytest.fixture
def silent() -> Iterator[None]:
    """Of what is broken on purpose many times over there is much to say."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


@pytest.fixture(scope="session")
def a_stack() -> AStack:
    """`async with a_stack(folder) as stack:` — its broker and database embedded or in containers (STACK=containers)."""
    return containers.a_stack


@pytest.fixture(scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory, a_stack: AStack) -> AsyncIterator[Stack]:
    """A broker and a database for the whole run, topics provisioned, no service started. Leave both running."""
    async with a_stack(tmp_path_factory.mktemp("ground")) as stack:
        yield stack
    remove_data(tmp_path_factory.getbasetemp())


@pytest.fixture
async def new_stack(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Stack]]]:
    """Makes a stack of one's own, to break: `await new_stack(services=…, env=…)`. Stopped after the test."""
    async with AsyncExitStack() as entered:
        made = 0

        async def make(**options: Any) -> Stack:
            nonlocal made
            made += 1
            folder = options.pop("folder", tmp_path / f"ground-{made}")
            return await entered.enter_async_context(Stack(folder, free_ports=True, **options))

        yield make


@pytest.fixture(scope="session")
def eventually() -> Callable[..., Awaitable[Any]]:
    """`await eventually(check, within=20)`; see dossier_local.waiting."""
    return waiting.eventually


@pytest.fixture(scope="session")
async def inspectors() -> AsyncIterator[Inspectors]:
    """What intake looks into files with: one process for the whole run, started by the first file."""
    made = Inspectors(10 * 1024 * 1024, processes=1)
    yield made
    await made.close()
