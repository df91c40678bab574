"""`dossier deployments`: agencies with a review or a signing of their own. What a command does is in `deployment_list.py`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from dossier_local import addresses
from dossier_local.frame import AsJson, Folder, console, print_json, run

app = typer.Typer(no_args_is_help=True, help="Agencies that run a review or a signing of their own.")
Service = Annotated[str, typer.Argument(help="review or signing.")]
Name = Annotated[str, typer.Argument(help="Of the deployment: small letters, digits and -.")]
Codes = Annotated[str, typer.Option("--agencies", help="Codes of the catalogue, with commas between.")]
From = Annotated[str, typer.Option("--from", help="Instant: what is filed from then on. Some time ahead.")]


@app.command("list")
def list_deployments(as_json: AsJson = False, folder: Folder = addresses.HOME) -> None:
    """Show which deployment serves which agency, from when to when."""
    from dossier_local import deployment_list

    found = list(run(deployment_list.listed(addresses.find(folder).kafka)).values())
    if as_json:
        print_json([one.model_dump() for one in found])
    elif not found:
        console.print("There are none: each service serves every agency.")
    else:
        _show(found)


@app.command("add")
def add(
    service: Service,
    name: Name,
    agencies: Codes,
    at: From,
    password_file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="The password of its user at the broker.")
    ] = None,
    replication: Annotated[int, typer.Option(help="Replicas of each partition of its topics.")] = 1,
    folder: Folder = addresses.HOME,
) -> None:
    """Give agencies a deployment of their own: its topics, its user's rights, and the record every service follows."""
    from dossier_local import deployment_list
    from dossier_local.texts import decoded

    password = decoded(password_file.read_bytes(), password_file.name).strip() if password_file else None
    wish = deployment_list.Wish(service, name, _codes(agencies), at)
    work = deployment_list.add(addresses.find(folder).kafka, wish, password=password, replication=replication)
    _show(run(work).put)
    console.print(
        f"Start it with {service.upper()}_DEPLOYMENT={name}, a database of its own and the broker's user {service}.{name}. "
        f"Where personal data are encrypted, intake needs its line in INTAKE_KEY_READERS before: {service}.{name} KEY.",
        soft_wrap=True, highlight=False,
    )  # fmt: skip


@app.command("move")
def move(service: Service, name: Name, agencies: Codes, at: From, folder: Folder = addresses.HOME) -> None:
    """Let another deployment serve agencies, from wherever they are now. What was filed before stays where it is."""
    from dossier_local import deployment_list

    wish = deployment_list.Wish(service, name, _codes(agencies), at)
    _show(run(deployment_list.move(addresses.find(folder).kafka, wish)).put)


@app.command("remove")
def remove(
    service: Service,
    name: Name,
    at: From,
    agencies: Annotated[str, typer.Option("--agencies", help="Only these; else all it serves.")] = "",
    folder: Folder = addresses.HOME,
) -> None:
    """Let the common service serve its agencies again. It must run on until what was filed in its time is done."""
    from dossier_local import deployment_list

    wish = deployment_list.Wish(service, name, _codes(agencies), at)
    plan = run(deployment_list.remove(addresses.find(folder).kafka, wish))
    _show(plan.put)
    for entry in plan.gone:
        console.print(f"{entry.service} {entry.name} never served anybody: it is off the list.", highlight=False)


@app.command("restore")
def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="What `list --json` printed.")],
    replication: Annotated[int, typer.Option(help="Replicas of each partition of their topics.")] = 1,
    folder: Folder = addresses.HOME,
) -> None:
    """Fill an empty list, as it was, where its topic was lost: topics and rights too. Users keep their passwords."""
    from dossier_local import deployment_list
    from dossier_local.texts import decoded

    async def work() -> Any:
        entries = deployment_list.told(decoded(file.read_bytes(), file.name))
        return await deployment_list.restore(addresses.find(folder).kafka, entries, replication=replication)

    _show(run(work()).put)


def _codes(text: str) -> list[str]:
    return [code.strip() for code in text.split(",") if code.strip()]


def _show(entries: Iterable[Any]) -> None:
    table = Table("service", "deployment", "agency", "from", "until")
    for entry in entries:
        for tenure in entry.agencies:
            table.add_row(entry.service, entry.name, tenure.agency, tenure.valid_from, tenure.valid_until or "")
    if table.row_count:
        console.print(table)
