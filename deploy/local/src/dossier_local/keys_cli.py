"""`dossier keys`: what the services sign their events with. What a command does is in `event_keys.py`."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from dossier_local import addresses
from dossier_local.errors import StackError
from dossier_local.frame import AsJson, Folder, console, print_json, run

app = typer.Typer(no_args_is_help=True, help="The keys by which services sign their events.")

Signing = Annotated[str, typer.Argument(help="A service, or a deployment of one: review.long-khanh.")]
KeyId = Annotated[str, typer.Argument(help="As `keys list` shows it.")]


@app.command("new")
def new(path: Annotated[Path, typer.Argument(help="A file that is not there yet.")]) -> None:
    """Make a private key (PEM) for one service, its EVENT_KEY, and print the public one."""
    from dossier_local import event_keys

    try:
        public = event_keys.new_key(path)
    except StackError as error:
        raise typer.BadParameter(str(error)) from None
    console.print(f"{path}: for its service alone. Publish it: dossier keys publish SERVICE {path}", soft_wrap=True)
    typer.echo(b64encode(public).decode())


@app.command("new-vapid")
def new_vapid(path: Annotated[Path, typer.Argument(help="A file that is not there yet.")]) -> None:
    """Make the key by which push services know notify, its NOTIFY_VAPID_PRIVATE_KEY, and print the public one."""
    from dossier_local import event_keys

    try:
        public = event_keys.new_vapid_key(path)
    except StackError as error:
        raise typer.BadParameter(str(error)) from None
    console.print(f"{path}: for notify alone. With another key every device has to be turned on again.", soft_wrap=True)
    typer.echo(public)


@app.command("publish")
def publish(
    service: Signing,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The public key, or the private one: PEM.")],
    folder: Folder = addresses.HOME,
) -> None:
    """Publish a service's key: it signs with it ten seconds later, if it has it."""
    from dossier_local import event_keys

    async def work() -> str:
        public = event_keys.public_key(file.read_bytes(), str(file))
        return await event_keys.publish(addresses.find(folder).kafka, service, public)

    console.print(f"{service} signs with key {run(work())}.")


@app.command("demand")
def demand(
    services: Annotated[list[str], typer.Argument(help="Services, and deployments of them.")],
    folder: Folder = addresses.HOME,
) -> None:
    """From now on apply nothing of these services that is not signed. Every replica of theirs must sign by then."""
    from dossier_local import event_keys

    for service in services:
        run(event_keys.demand(addresses.find(folder).kafka, service))
        console.print(f"What {service} does not sign is refused from here on.")


@app.command("retire")
def retire(service: Signing, key: KeyId, folder: Folder = addresses.HOME) -> None:
    """End a key whose successor is in use: what it has signed stands, what comes after is refused."""
    from dossier_local import event_keys

    run(event_keys.retire(addresses.find(folder).kafka, service, key))
    console.print(f"Key {key} of {service} is retired.")


@app.command("revoke")
def revoke(service: Signing, key: KeyId, folder: Folder = addresses.HOME) -> None:
    """Believe nothing a stolen key has signed. Publish again what its owner had signed with it: dossier republish."""
    from dossier_local import event_keys

    run(event_keys.revoke(addresses.find(folder).kafka, service, key))
    console.print(f"Key {key} of {service} is revoked.")


@app.command("list")
def list_keys(as_json: AsJson = False, folder: Folder = addresses.HOME) -> None:
    """Show every service's keys, and whether signatures are demanded of it."""
    from dossier_local import event_keys

    found = run(event_keys.read(addresses.find(folder).kafka))
    if as_json:
        print_json({name: one.model_dump(exclude_none=True) for name, one in found.items()})
        return
    table = Table("service", "key", "signs since", "retired", "revoked", "demanded")
    for name, one in sorted(found.items()):
        demanded = "no" if one.demanded is None else "yes"
        for key in one.keys:
            table.add_row(name, key.id, key.since, key.until or "", "yes" if key.revoked else "", demanded)
    console.print(table if found else "No key is published: events are not signed.")
