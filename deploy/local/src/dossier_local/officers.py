"""`dossier officers`: the list of who works where, in which roles, from when to when. Services follow it live."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from dossier_local import addresses
from dossier_local.frame import AsJson, Folder, console, print_json, run

app = typer.Typer(no_args_is_help=True, help="The list of officers: who works where, from when to when.")
COLUMNS = ("subject", "name", "agency", "roles", "valid_from", "valid_until", "successor")


@app.command("import")
def import_officers(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="YAML or JSON; see the operations page.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Of each agency in the file, who is not in it is taken off the list.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
    folder: Folder = addresses.HOME,
) -> None:
    """Put officers on the list, or correct them. An agency with a list is closed: who is not on it has no role there."""
    from dossier_local import officer_list

    text = file.read_text("utf-8")
    plan = run(officer_list.take(addresses.find(folder).kafka, text, replace=replace, dry_run=dry_run))
    _show(plan.put.values())
    for subject in plan.gone:
        console.print(f"- {subject}", highlight=False, markup=False)
    done = "would be changed" if dry_run else "changed"
    console.print(f"{len(plan.put)} put on the list, {len(plan.gone)} taken off: {done}.")


@app.command("list")
def list_officers(
    agency: Annotated[str | None, typer.Option(help="Only of this agency.")] = None,
    as_json: AsJson = False,
    folder: Folder = addresses.HOME,
) -> None:
    """Show the list."""
    from dossier_local import officer_list

    everybody = run(officer_list.listed(addresses.find(folder).kafka)).values()
    found = [one for one in everybody if agency in (None, one.agency)]
    found.sort(key=lambda one: (one.agency, one.name))
    if as_json:
        print_json([one.model_dump() for one in found])
    elif not found:
        console.print("Nobody is on the list: tokens are believed as they are.")
    else:
        _show(found)


def _show(found: Iterable[Any]) -> None:
    table = Table(*COLUMNS)
    for one in found:
        told = one.model_dump()
        table.add_row(*(", ".join(told[name]) if name == "roles" else told[name] or "" for name in COLUMNS))
    if table.row_count:
        console.print(table)
