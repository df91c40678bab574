"""Asks from another terminal, as files in the data folder: the owner of the processes restarts or kills one of them.

A request is `requests/<id>.json`; its answer is `requests/<id>.done`. Only who may write the folder can ask.
"""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from dossier_local import state
from dossier_local.errors import StackError

POLL = 0.2


class Restartable(Protocol):
    folder: Path

    async def restart(self, name: str) -> None: ...
    async def kill(self, name: str) -> int: ...


async def obey(stack: Restartable) -> None:
    """Serves requests until cancelled; those of an earlier run are dropped."""
    box = stack.folder / "requests"
    await asyncio.to_thread(_empty, box)
    while True:
        for request in await asyncio.to_thread(_pending, box):
            answer = {"error": await _do(stack, **json.loads(request.read_text()))}
            request.unlink()
            _write(request.with_suffix(".done"), answer)
        await asyncio.sleep(POLL)


async def _do(stack: Restartable, action: str, name: str) -> str | None:
    try:
        if action == "restart":
            await stack.restart(name)
        elif action == "kill":
            await stack.kill(name)
        else:
            return f"unknown request {action!r}"
    except StackError as error:
        return str(error)
    except Exception as error:  # whoever asked hears of it; the stack goes on
        return repr(error)
    return None


def ask(folder: Path, action: str, name: str, timeout: float = 120) -> None:
    """Returns when it is done; StackError with the owner's reason, or if nothing runs there."""
    owner = state.load(folder).owner
    if owner is None or not owner.running:
        raise StackError(f"Nothing runs on {folder}. Start it with `dossier up`.")
    request = folder / "requests" / f"{uuid4().hex}.json"
    _write(request, {"action": action, "name": name})
    done, deadline = request.with_suffix(".done"), time.monotonic() + timeout
    while not done.exists():
        if not owner.running or time.monotonic() > deadline:
            request.unlink(missing_ok=True)
            raise StackError(f"No answer from process {owner.pid}, which runs {folder}.")
        time.sleep(0.05)
    error = json.loads(done.read_text())["error"]
    done.unlink()
    if error:
        raise StackError(error)


def _pending(box: Path) -> list[Path]:
    return sorted(box.glob("*.json"))


def _empty(box: Path) -> None:
    box.mkdir(parents=True, exist_ok=True)
    for old in box.iterdir():
        old.unlink()


def _write(path: Path, content: dict[str, str | None]) -> None:
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(content))
    temporary.replace(path)
