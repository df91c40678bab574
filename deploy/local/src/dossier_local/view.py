"""The status of every process as one table, from the state file: the same in `up` and in another terminal."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import psutil
from rich import box
from rich.table import Table

from dossier_local import state
from dossier_local.loopback import http
from dossier_local.ports import LOOPBACK, is_open
from dossier_local.services import ALL, INFRASTRUCTURE

_COLOURS = {"ready": "green", "starting": "yellow", "dead": "bold red", "stopped": "dim", "given": "cyan"}


async def rows(folder: Path) -> list[dict[str, str | int]]:
    """Name, state (ready, starting, dead, stopped, given), pid, port, memory in MB, log."""
    known = state.load(folder)
    names = dict.fromkeys([*INFRASTRUCTURE, *(s.name for s in ALL), *known.processes])
    async with http(timeout=1) as client:
        return list(await asyncio.gather(*(_row(name, known, client) for name in names)))


async def _row(name: str, known: state.State, client: httpx.AsyncClient) -> dict[str, str | int]:
    entry = known.processes.get(name)
    if entry is None:
        return {"name": name, "state": "given" if name in known.given else "stopped"}
    row: dict[str, str | int] = {"name": name, "state": "dead", "pid": entry.pid, "port": entry.port, "log": entry.log}
    if entry.running:
        row["state"] = "ready" if await _ready(name, entry.port, client) else "starting"
        try:
            row["memory"] = psutil.Process(entry.pid).memory_info().rss // 1_000_000
        except psutil.NoSuchProcess:
            row["state"] = "dead"
    return row


async def _ready(name: str, port: int, client: httpx.AsyncClient) -> bool:
    if name in INFRASTRUCTURE:
        return is_open(port)
    try:
        return (await client.get(f"http://{LOOPBACK}:{port}/health/ready")).is_success
    except httpx.TransportError:
        return False


async def table(folder: Path) -> Table:
    drawn = Table(box=box.SIMPLE_HEAD)
    for column in ("process", "state", "address", "process id", "memory"):
        drawn.add_column(column, justify="right" if column in ("process id", "memory") else "left")
    for row in await rows(folder):
        colour = _COLOURS[str(row["state"])]
        drawn.add_row(
            str(row["name"]),
            f"[{colour}]{row['state']}[/]",
            f"{LOOPBACK}:{row['port']}" if "port" in row else "",
            str(row.get("pid", "")),
            f"{row['memory']} MB" if "memory" in row else "",
        )
    return drawn
