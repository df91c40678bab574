"""Every command of the README, run as a newcomer would, except those that test, measure, or install on the machine."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from dossier_local import view, waiting

ROOT = Path(__file__).parents[2]
LEFT_OUT = {
    "make test",
    "make test-all",
    "make test-nightly",
    "make test-browser",
    "make test-compose",
    "make system-deps",
    "make bench",
    "make bench-compose",
}
CATALOGUE = """
agencies:
- code: X-OWN
  name_vi: Ủy ban nhân dân xã Thử Nghiệm
  name_en: Trial commune
  parent: H19
  level: commune
  kind: peoples_committee
"""


def commands() -> list[str]:
    """What stands in its code blocks and in the first column of its tables, in order; plus the `make` targets it names."""
    text = (ROOT / "README.md").read_text()
    blocks = [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    table = re.findall(r"^\| `(\.venv/bin/dossier [^`]+)` \|", text, re.MULTILINE)
    named = re.findall(r"`(make [a-z-]+)[^`]*`", text)
    return list(dict.fromkeys([*blocks, *table, *named]))


async def run(command: str, env: dict[str, str], within: float = 600) -> str:
    process = await asyncio.create_subprocess_shell(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    output, _ = await asyncio.wait_for(process.communicate(), within)
    assert process.returncode == 0, f"{command} ended with {process.returncode}:\n{output.decode()[-4000:]}"
    return output.decode()


@asynccontextmanager
async def up(folder: Path, env: dict[str, str]) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_shell(
        'make up ARGS="--free-ports"', cwd=ROOT, env=env, stdout=subprocess.DEVNULL, start_new_session=True
    )

    async def ready() -> bool:
        assert process.returncode is None
        rows = await view.rows(folder)
        return len(rows) == 10 and all(row["state"] == "ready" for row in rows)

    try:
        await waiting.eventually(ready, within=180, every=0.5)
        yield process
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGTERM)
        await asyncio.wait_for(process.wait(), 120)


def test_every_command_is_known() -> None:
    """A command new in the README must be run: here, by test_demo.py, test_replay.py or (in containers) tests/compose."""
    there = {command for command in commands() if not command.startswith("docker ")}
    assert there == LEFT_OUT | {
        "make demo",
        "make up",
        "make help",
        ".venv/bin/dossier replay REGISTER",
        *(command for command in commands() if command.startswith(".venv/bin/dossier ") and "replay" not in command),
    }


@pytest.mark.long
async def test_the_tour(tmp_path: Path) -> None:
    folder = tmp_path / "dossier"
    env = {**os.environ, "DOSSIER_FOLDER": str(folder), "COLUMNS": "200"}
    catalogue = tmp_path / "own.yaml"
    catalogue.write_text(CATALOGUE)
    assert "make demo" in await run("make help", env)
    tour = [command for command in commands() if command.startswith(".venv/bin/dossier ") and "replay" not in command]
    assert tour[-1].endswith("down --wipe")
    async with up(folder, env):
        printed = {command: await run(command.replace("CATALOGUE", str(catalogue)), env) for command in tour}
    assert not folder.exists() or not any(folder.glob("mongod/data/*")), "the data is deleted"
    assert "monitor-worker" in printed[".venv/bin/dossier status"]
    assert len(printed[".venv/bin/dossier token --role counter --agency H19"].strip().split(".")) == 3
    assert "superior" in printed[".venv/bin/dossier links"]
