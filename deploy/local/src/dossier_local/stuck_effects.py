"""`dossier effects`: signatures and messages that do not come about, and a person's decision about them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from dossier_local import addresses
from dossier_local.frame import AsJson, Folder, console, print_json, run

app = typer.Typer(no_args_is_help=True, help="Signatures and messages that do not come about.")


class Acting(StrEnum):
    """The services that act outside."""

    signing = "signing"
    notify = "notify"


Dossiers = Annotated[list[str], typer.Argument(help="Dossiers as `effects list` shows them.")]
COLUMNS = ("dossier", "state", "reason", "attempts", "since", "next")


@app.command("list")
def list_effects(
    service: Acting,
    as_json: AsJson = False,
    folder: Folder = addresses.HOME,
) -> None:
    """Show what failed, then what was asked for and is not done: what was tried most first."""
    found: list[dict[str, Any]] = _call(folder, service, "GET", "/internal/effects")["items"]
    if as_json:
        print_json(found)
    elif not found:
        console.print("Nothing is open, nothing has failed.")
    else:
        table = Table(*COLUMNS)
        for item in found:
            table.add_row(*("" if item.get(name) is None else str(item[name]) for name in COLUMNS))
        console.print(table)


@app.command()
def retry(service: Acting, dossiers: Dossiers, folder: Folder = addresses.HOME) -> None:
    """Try an open one again at once; send a message that failed once more."""
    _decide(folder, service, "retry", dossiers)


@app.command("give-up")
def give_up(service: Acting, dossiers: Dossiers, folder: Folder = addresses.HOME) -> None:
    """End an open one as failed; whether it happened all the same is not known."""
    _decide(folder, service, "give-up", dossiers)


def _decide(folder: Path, service: Acting, what: str, dossiers: list[str]) -> None:
    items = _call(folder, service, "POST", f"/internal/effects:{what}", dossiers=dossiers)["items"]
    for item in items:
        why = f"  {item['problem']['message']['en']}" if "problem" in item else ""
        console.print(f"{item['dossier']}  {item['outcome']}{why}", highlight=False, soft_wrap=True)
    if any("problem" in item for item in items):
        raise typer.Exit(1)


def _call(folder: Path, service: Acting, method: str, path: str, **body: Any) -> dict[str, Any]:
    from dossier_local import administration

    return run(administration.call(addresses.find(folder), service.value, method, path, **body))
