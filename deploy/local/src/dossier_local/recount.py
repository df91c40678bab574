"""`dossier recount`: what the services hold against what the board says; exit status 1 on any difference."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from dossier_local import addresses, administration
from dossier_local.addresses import Addresses
from dossier_local.frame import AsJson, Folder, console, print_json, run

_LINES = ("dossiers", "places", "moving", "moving_places", "difference_count", "seconds", "rate")


def recount(as_json: AsJson = False, folder: Folder = addresses.HOME) -> None:
    """Count every dossier again from what the services hold, and compare it with the board."""
    view = run(begin_and_wait(addresses.find(folder)))
    if as_json:
        print_json(view)
    else:
        _print(view, console)
    if view["state"] != "finished" or view["difference_count"] or view["frozen"]:
        raise typer.Exit(1)


async def begin_and_wait(at: Addresses) -> dict[str, Any]:
    view = await administration.call(at, "monitor", "POST", "/api/v1/recounts")
    while view["state"] == "running":
        await asyncio.sleep(0.5)
        view = await administration.call(at, "monitor", "GET", f"/api/v1/recounts/{view['id']}")
    return view


def _print(view: dict[str, Any], console: Console) -> None:
    if view["state"] != "finished":
        console.print(f"The recount failed: {view['problem']}", style="red", markup=False)
        return
    if view["frozen"]:
        console.print("The monitor's worker gives no sign of life: its numbers were not judged.", style="red")
    summary = Table(show_header=False)
    for name in _LINES:
        summary.add_row(name.replace("_", " "), str(view[name]))
    console.print(summary)
    if view["differences"]:
        table = Table("where", "field", "board", "services")
        for one in view["differences"]:
            where = one.get("dossier") or one.get("place")
            table.add_row(
                where, one["field"], *(json.dumps(one[side], ensure_ascii=False) for side in ("board", "service"))
            )
        console.print(table)
