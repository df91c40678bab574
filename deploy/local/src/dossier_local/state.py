"""What runs on a data folder, written down so that another terminal can see it, and swept if its owner was killed."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

import psutil

from dossier_local.errors import AlreadyRunning
from dossier_local.processes import is_running


@dataclass(frozen=True, slots=True)
class Entry:
    pid: int
    started: float
    port: int
    log: str

    @property
    def running(self) -> bool:
        return is_running(self.pid, self.started)


@dataclass(slots=True)
class State:
    """`env`: the addresses every process was given. `owner`: the process that started the others. `given`: used, not ours."""

    owner: Entry | None = None
    env: dict[str, str] = field(default_factory=dict)
    processes: dict[str, Entry] = field(default_factory=dict)
    given: list[str] = field(default_factory=list)


def path(folder: Path) -> Path:
    return folder / "state.json"


def load(folder: Path) -> State:
    try:
        raw: dict[str, Any] = json.loads(path(folder).read_text())
    except FileNotFoundError:
        return State()
    owner = Entry(**raw["owner"]) if raw["owner"] else None
    return State(owner, raw["env"], {name: Entry(**entry) for name, entry in raw["processes"].items()}, raw["given"])


def save(folder: Path, env: Mapping[str, str], processes: Mapping[str, Entry], given: Iterable[str] = ()) -> None:
    me = psutil.Process()
    state = State(Entry(me.pid, me.create_time(), 0, ""), dict(env), dict(processes), list(given))
    temporary = path(folder).with_suffix(".tmp")
    temporary.write_text(json.dumps(asdict(state), indent=1))
    temporary.replace(path(folder))


def clear(folder: Path) -> None:
    path(folder).unlink(missing_ok=True)


def lock(folder: Path) -> TextIO:
    """Holds the folder while the returned file is open; AlreadyRunning if another process does."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # what is in it knows every dossier of the stack
    if (folder / "lock").exists() or not any(
        folder.iterdir()
    ):  # ours: also where an earlier release, or a person, made it
        with contextlib.suppress(PermissionError):
            folder.chmod(0o700)
    file = os.fdopen(os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        owner = load(folder).owner
        raise AlreadyRunning(folder, owner.pid if owner else None) from None
    return file


def sweep(folder: Path, grace: float = 20) -> list[str]:
    """Stops what a killed owner left running, by recorded id and creation time. Returns the names."""
    left = {name: entry for name, entry in load(folder).processes.items() if entry.running}
    for entry in left.values():
        with contextlib.suppress(ProcessLookupError):
            os.kill(entry.pid, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while any(entry.running for entry in left.values()) and time.monotonic() < deadline:
        time.sleep(0.05)
    for entry in left.values():
        if entry.running:
            os.kill(entry.pid, signal.SIGKILL)
    clear(folder)
    return list(left)
