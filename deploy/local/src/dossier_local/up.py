"""`dossier up`: everything running under one status view, until Ctrl-C; and `dossier down` from another terminal."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.live import Live

from dossier_local import addresses, state, view
from dossier_local.errors import StackError
from dossier_local.roles import login_links
from dossier_local.services import ALL, REGISTERS, with_registers
from dossier_local.stack import Stack

REFRESH = 1.0
STOP_WITHIN = 90.0


async def up(
    folder: Path, names: Sequence[str], *, free_ports: bool, console: Console, registers: bool = False
) -> None:
    """Runs until SIGINT, SIGTERM or SIGHUP, then stops what it started. `registers`: of the State, simulated, as well."""
    services = with_registers() if registers else ALL
    _cancel_on_signals(console)
    try:
        async with Stack(folder, free_ports=free_ports, services=services, signed=True, say=console.print) as stack:
            console.print(f"Broker {stack.kafka}, database {stack.mongodb}")
            await stack.start_all(*names, *([REGISTERS.name] if names and registers else []))
            if not names:
                await print_links(folder, console)
            await _watch(stack.folder, console)
    except asyncio.CancelledError:
        console.print("Everything is stopped; the data is kept.")


async def print_links(folder: Path, console: Console) -> None:
    console.print("\nOne-time login links (one browser profile or private window per role):")
    for role, page, link in await login_links(addresses.find(folder)):
        console.print(f"  {role:<10} {page}\n             [link={link}]{link}[/link]", soft_wrap=True)


async def _watch(folder: Path, console: Console) -> None:
    if not console.is_terminal:
        console.print(await view.table(folder))
        await asyncio.Event().wait()
    with Live(await view.table(folder), console=console, auto_refresh=False) as live:
        while True:
            await asyncio.sleep(REFRESH)
            live.update(await view.table(folder), refresh=True)


def _cancel_on_signals(console: Console) -> None:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def leave() -> None:
        for number in numbers:
            loop.add_signal_handler(number, console.print, "Still stopping …")
        console.print("Stopping …")
        if task is not None:
            task.cancel()

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, leave)


def down(folder: Path, *, wipe: bool) -> list[str]:
    """Stops the owner and waits for it, then sweeps what a killed owner left. Returns the names of what was running."""
    known = state.load(folder)
    running = [name for name, entry in known.processes.items() if entry.running]
    if known.owner is not None and known.owner.running:
        os.kill(known.owner.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_WITHIN
        while known.owner.running:
            if time.monotonic() > deadline:
                raise StackError(f"Process {known.owner.pid} does not stop.")
            time.sleep(0.1)
    state.sweep(folder)
    if wipe and (folder / "lock").exists():  # a folder of ours
        state.lock(folder).close()
        shutil.rmtree(folder)
    return running
