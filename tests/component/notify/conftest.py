from __future__ import annotations

from collections.abc import Iterator

import pytest

from dossier_shared.journal import crash

from .rig import World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(autouse=True)
def no_crash_is_left() -> Iterator[None]:
    yield
    crash.set_hook(None)
