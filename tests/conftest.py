"""What every test can ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from dossier_intake.inspection.inspectors import Inspectors
from dossier_local import waiting
from dossier_local.ground import Ground

from . import answers, containers, states

pytest_plugins = ["tests.running"]
AGround = Callable[..., AbstractAsyncContextManager[Ground]]


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


@pytest.fixture(scope="session")
def a_ground() -> AGround:
    """`async with a_ground(folder) as ground:` — its broker and database embedded or in containers (GROUND=containers)."""
    return containers.a_ground


@pytest.fixture(scope="session")
async def ground(tmp_path_factory: pytest.TempPathFactory, a_ground: AGround) -> AsyncIterator[Ground]:
    """A broker and a database for the whole run, topics provisioned, no service started. Leave both running."""
    async with a_ground(tmp_path_factory.mktemp("ground")) as ground:
        yield ground


@pytest.fixture
async def new_ground(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Ground]]]:
    """Makes a ground of one's own, to break: `await new_ground(services=…, env=…)`. Stopped after the test."""
    async with AsyncExitStack() as stack:
        made = 0

        async def make(**options: Any) -> Ground:
            nonlocal made
            made += 1
            folder = options.pop("folder", tmp_path / f"ground-{made}")
            return await stack.enter_async_context(Ground(folder, free_ports=True, **options))

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
