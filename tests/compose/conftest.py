from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from .stack import ROOT, Stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Empty at first: no container, no volume. What its containers said is kept in build/compose-logs.txt."""
    stack = Stack()
    stack.down()
    try:
        yield stack
    finally:
        (ROOT / "build").mkdir(exist_ok=True)
        (ROOT / "build/compose-logs.txt").write_text(stack.logs())
        if not os.environ.get("KEEP"):
            stack.down()


@pytest.fixture(scope="session")
def figures() -> Path:
    return ROOT / "build/compose.json"
