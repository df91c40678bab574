"""The `dossier` command as a person types it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from dossier_local import state, view, waiting
from dossier_local.stack import Stack

DOSSIER = [sys.executable, "-m", "dossier_local.cli"]


async def dossier(*arguments: str, folder: Path) -> tuple[int, str]:
    """Exit status and everything printed."""
    process = await asyncio.create_subprocess_exec(
        *DOSSIER,
        *arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "DOSSIER_FOLDER": str(folder), "COLUMNS": "200"},
    )
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


async def rows(folder: Path) -> dict[str, dict[str, Any]]:
    return {str(row["name"]): row for row in await view.rows(folder)}


@asynccontextmanager
async def running(
    folder: Path, *, services: Sequence[str] = ("identity", "provider"), **env: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`dossier up` with these, ready."""
    arguments = ["up", *services, "--free-ports", "--folder", str(folder)]
    process = await asyncio.create_subprocess_exec(
        *DOSSIER, *arguments, stdout=subprocess.PIPE, env={**os.environ, **env}
    )

    async def ready() -> bool:
        assert process.returncode is None
        found = await rows(folder)
        return all(found[name]["state"] in ("ready", "given") for name in ("kafka", "mongod", *services))

    try:
        await waiting.eventually(ready, within=90)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.fixture
async def up(stack: Stack, tmp_path: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, Path]]:
    """Running on the broker and the database of the whole test run, which it must leave alone."""
    async with running(tmp_path / "data", KAFKA_BOOTSTRAP_SERVERS=stack.kafka, MONGODB_URL=stack.mongodb) as process:
        yield process, tmp_path / "data"
    assert stack.alive("kafka")
    assert stack.alive("mongod")


async def test_a_day_with_the_command(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    async with running(folder) as process:
        await a_day(process, folder)


async def a_day(process: asyncio.subprocess.Process, folder: Path) -> None:
    async def all_ready() -> dict[str, dict[str, Any]]:
        found = await rows(folder)
        return found if sum(row["state"] == "ready" for row in found.values()) == 4 else {}

    before = await waiting.eventually(all_ready, within=30)  # a busy machine may miss a probe
    assert {name for name, row in before.items() if row["state"] == "ready"} == {
        "mongod",
        "kafka",
        "identity",
        "provider",
    }
    assert before["review"]["state"] == "stopped"
    code, printed = await dossier("status", "--json", folder=folder)
    assert {row["name"]: row["state"] for row in json.loads(printed)} == {n: row["state"] for n, row in before.items()}

    assert (await dossier("kill", "provider", folder=folder))[0] == 0
    assert (await rows(folder))["provider"]["state"] == "stopped"
    assert (await dossier("restart", "provider", folder=folder))[0] == 0
    after = await rows(folder)
    assert after["provider"]["state"] == "ready"
    assert after["provider"]["port"] == before["provider"]["port"]

    code, output = await dossier("restart", "provder", folder=folder)
    assert code == 1
    assert "There is no service 'provder'" in output

    code, token = await dossier("token", "--role", "counter", "--agency", "H19", folder=folder)
    assert code == 0
    assert token.count(".") == 2
    code, links = await dossier("links", folder=folder)
    assert code == 0
    assert links.count("/login/") == 7
    assert (await dossier("topics", "provision", folder=folder))[1] == "Every topic is there.\n"

    code, output = await dossier("up", folder=folder)
    assert code == 1
    assert f"process {process.pid}" in output

    code, output = await dossier("down", "--wipe", folder=folder)
    assert code == 0
    assert "mongod, kafka, identity, provider" in output
    assert await process.wait() == 0
    assert not folder.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
async def test_it_stops_cleanly_and_keeps_the_data(up: tuple[asyncio.subprocess.Process, Path], number: int) -> None:
    process, folder = up
    entries = state.load(folder).processes
    process.send_signal(number)
    output, _ = await process.communicate()
    assert process.returncode == 0
    assert "the data is kept" in output.decode()
    assert not any(entry.running for entry in entries.values())
    assert (folder / "identity" / "key.pem").exists()


async def test_a_killed_owner_can_be_cleaned_up_after(up: tuple[asyncio.subprocess.Process, Path]) -> None:
    process, folder = up
    process.kill()
    await process.wait()
    assert (await dossier("down", folder=folder))[0] == 0
    assert state.load(folder) == state.State()
    code, output = await dossier("restart", "provider", folder=folder)
    assert code == 1
    assert "Nothing runs on" in output


async def test_without_anything_running(tmp_path: Path) -> None:
    assert (await dossier("down", folder=tmp_path)) == (0, "Nothing was running.\n")
    assert {row["state"] for row in (await rows(tmp_path)).values()} == {"stopped"}
    (tmp_path / "catalogue.txt").touch()
    code, output = await dossier("catalogue", "import", str(tmp_path / "catalogue.txt"), folder=tmp_path)
    assert code == 1
    assert "neither .yaml nor .json" in output
    code, output = await dossier("dead-letters", "replay", "intake", "0-1", folder=tmp_path)
    assert code == 2
    assert "PARTITION:OFFSET" in output


async def test_wiping_leaves_a_folder_that_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "letters").touch()
    await dossier("down", "--wipe", folder=tmp_path)
    assert (tmp_path / "letters").exists()
