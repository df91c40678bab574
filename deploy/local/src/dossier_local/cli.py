"""The `dossier` command: its table of contents. What a command does is in the module it calls.

Modules that bring in the drivers are imported by the commands that need them, so that `dossier status` answers at once.
"""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from typer.core import TyperGroup

from dossier_local import (
    addresses,
    control,
    deployments_cli,
    keys_cli,
    lazy,
    officers,
    privacy_cli,
    stuck_effects,
    view,
)
from dossier_local.errors import StackError
from dossier_local.frame import AsJson, Folder, console, print_json, run, told
from dossier_local.processes import PRIVATE
from dossier_local.rights import USERS
from dossier_shared.contracts.topics import SERVICES


class Told(TyperGroup):
    """What goes wrong on purpose before a command has anything to `run` is printed without a stack trace, too. What commands
    write is nobody else's to read."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        before = os.umask(PRIVATE)
        try:
            with told():
                return super().invoke(ctx)
        finally:
            os.umask(before)


app = typer.Typer(cls=Told, no_args_is_help=True, help="Runs and looks after the dossier services on this machine.")
topics_app = typer.Typer(no_args_is_help=True, help="The topics of the registry.")
catalogue_app = typer.Typer(no_args_is_help=True, help="Procedures and agencies.")
access_app = typer.Typer(no_args_is_help=True, help="The broker's users and what each may do.")
dead_letters_app = typer.Typer(no_args_is_help=True, help="Records that could not be understood.")
waiting_app = typer.Typer(no_args_is_help=True, help="Events that cannot be applied yet.")
app.add_typer(topics_app, name="topics")
app.add_typer(catalogue_app, name="catalogue")
app.add_typer(access_app, name="access")
app.add_typer(dead_letters_app, name="dead-letters")
app.add_typer(waiting_app, name="waiting")
app.add_typer(stuck_effects.app, name="effects")
app.add_typer(keys_cli.app, name="keys")
app.add_typer(privacy_cli.app, name="privacy")
app.add_typer(officers.app, name="officers")
app.add_typer(deployments_cli.app, name="deployments")


@app.command()
def up(
    names: Annotated[list[str] | None, typer.Argument(help="Only these services (default: all).")] = None,
    free_ports: Annotated[bool, typer.Option(help="Use free ports, not the documented ones.")] = False,
    registers: Annotated[
        bool, typer.Option("--registers", help="Simulated registers of the State as well, which intake then asks.")
    ] = False,
    folder: Folder = addresses.HOME,
) -> None:
    """Start everything and show it until Ctrl-C."""
    from dossier_local import up as running

    run(running.up(folder, names or [], free_ports=free_ports, console=console, registers=registers))


@app.command()
def status(folder: Folder = addresses.HOME, as_json: AsJson = False) -> None:
    """Show what runs."""
    if as_json:
        print_json(run(view.rows(folder)))
    else:
        console.print(run(view.table(folder)))


@app.command()
def restart(name: str, folder: Folder = addresses.HOME) -> None:
    """Stop one process cleanly, if it runs, and start it again."""
    _ask(folder, "restart", name)
    console.print(f"{name} is ready again.")


@app.command()
def kill(name: str, folder: Folder = addresses.HOME) -> None:
    """Kill one process without warning (SIGKILL), to see that nothing is lost."""
    _ask(folder, "kill", name)
    console.print(f"{name} is dead. `dossier restart {name}` starts it again.")


def _ask(folder: Path, action: str, name: str) -> None:
    with told():
        control.ask(folder, action, name)


@app.command()
def down(
    wipe: Annotated[bool, typer.Option("--wipe", help="Delete the data as well.")] = False,
    folder: Folder = addresses.HOME,
) -> None:
    """Stop what runs."""
    from dossier_local import up as running

    with told():
        stopped = running.down(folder, wipe=wipe)
    console.print(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")
    if wipe:
        console.print("The data is deleted.")


@app.command()
def links(folder: Folder = addresses.HOME) -> None:
    """Print fresh one-time login links, one per role."""
    from dossier_local import up as running

    run(running.print_links(folder, console))


@app.command()
def token(
    role: Annotated[list[str], typer.Option(help="citizen, agent, counter, specialist, leader, superior, admin, …")],
    agency: Annotated[str | None, typer.Option(help="Code of the agency acted for.")] = None,
    sub: Annotated[str | None, typer.Option(help="Who (default: ROLE-1).")] = None,
    name: Annotated[str | None, typer.Option(help="The person's name.")] = None,
    folder: Folder = addresses.HOME,
) -> None:
    """Print an access token of the development issuer."""
    issuer = addresses.find(folder).identity
    typer.echo(run(addresses.token(issuer, sub or f"{role[0]}-1", *role, agency=agency, name=name)))


@app.command()
def provision(
    replication: Annotated[int, typer.Option(help="Replicas of each partition.")] = 1,
    database_of: Annotated[
        str, typer.Option(help="Only the database, for these services (review,signing): the broker is somebody else's.")
    ] = "",
) -> None:
    """Make a new broker and database ready: replica set, users, topics. Can be run again."""
    from dossier_local import provision as making

    named = [name.strip() for name in database_of.split(",") if name.strip()]
    if strange := sorted(set(named) - set(SERVICES)):
        raise StackError(f"There is no service {', '.join(strange)}. There are: {', '.join(SERVICES)}.")
    for line in run(making.database(named) if named else making.provision(replication)):
        console.print(line, highlight=False, soft_wrap=True)


@topics_app.command("provision")
def provision_topics(
    replication: Annotated[int, typer.Option(help="Replicas of each partition.")] = 1, folder: Folder = addresses.HOME
) -> None:
    """Create the topics that are missing on KAFKA_BOOTSTRAP_SERVERS."""
    from dossier_local import topics

    made = run(topics.provision(addresses.find(folder).kafka, replication=replication))
    console.print(f"Created: {', '.join(made)}." if made else "Every topic is there.")


@access_app.command("show")
def show_access() -> None:
    """Print what each user may write, read and join, as JSON."""
    print_json({name: asdict(access) for name, access in USERS.items()})


@access_app.command("provision")
def provision_access(
    passwords: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="A folder with one file per user.")
    ] = None,
    folder: Folder = addresses.HOME,
) -> None:
    """Give each user of the broker exactly its rights, and its password where there is one."""
    from dossier_local import access, deployment_list

    found = access.read_passwords(passwords) if passwords else {}
    broker = addresses.find(folder).kafka

    async def work() -> access.Changes:
        return await access.provision(broker, found, await deployment_list.users(broker))

    changes = run(work())
    console.print(f"Rights given: {changes.given}, taken away: {changes.taken}.")
    console.print(f"Passwords set: {', '.join(changes.passwords) or 'none'}.")


@catalogue_app.command("import")
def import_catalogue(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and show what would change; change nothing.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Each part in the file takes the place of the whole part.")
    ] = False,
    ids: Annotated[bool, typer.Option("--ids", help="Name the dossiers promised for a day that is now off.")] = False,
    as_json: AsJson = False,
    folder: Folder = addresses.HOME,
) -> None:
    """Add procedures, agencies and days to the catalogue, or correct them, by key (YAML or JSON); show what changes."""
    from dossier_local import administration, catalogue_table

    at = addresses.find(folder)
    answer = run(administration.import_catalogue(at, file, dry_run=dry_run, replace=replace, ids=ids))
    if as_json:
        print_json(answer)
    else:
        for part in catalogue_table.parts(answer):
            console.print(part)


@dead_letters_app.command("list")
def list_dead_letters(
    service: Annotated[list[str] | None, typer.Argument(help="Of these services (default: all).")] = None,
    as_json: AsJson = False,
    folder: Folder = addresses.HOME,
) -> None:
    """Show dead letters, the oldest first."""
    from dossier_local import administration

    async def collect() -> list[dict[str, Any]]:
        at = addresses.find(folder)
        chosen = service or SERVICES
        return [asdict(letter) async for letter in administration.dead_letters(at, chosen)]

    found = run(collect())
    if as_json:
        print_json(found)
    elif not found:
        console.print("There are no dead letters.")
    else:
        table = Table("service", "place", "reason", "came from", "key", "detail")
        for letter in found:
            place = f"{letter['partition']}:{letter['offset']}"
            table.add_row(
                letter["service"], place, letter["reason"], letter["came_from"], letter["key"], letter["detail"]
            )
        console.print(table)


@dead_letters_app.command("replay")
def replay_dead_letters(
    service: str,
    places: Annotated[list[str], typer.Argument(help="PARTITION:OFFSET as `dead-letters list` shows them.")],
    folder: Folder = addresses.HOME,
) -> None:
    """Hand dead letters to their service again."""
    from dossier_local import administration

    wanted = []
    for place in places:
        partition, colon, offset = place.partition(":")
        if not (colon and partition.isdigit() and offset.isdigit()):
            raise typer.BadParameter(f"{place!r} is not PARTITION:OFFSET.")
        wanted.append((int(partition), int(offset)))
    for item in run(administration.replay(addresses.find(folder), service, wanted)):
        console.print(f"{item['partition']}:{item['offset']}  {item['outcome']}", highlight=False)


@dead_letters_app.command("pass")
def pass_over(
    service: str,
    reason: Annotated[
        str | None,
        typer.Option(help="Why the service may go on without these records; kept with each. Absent: only look."),
    ] = None,
    as_json: AsJson = False,
    folder: Folder = addresses.HOME,
) -> None:
    """Look at what has stopped a service's hearing, and let it go on without that."""
    from dossier_local import passing

    run(passing.passing(addresses.find(folder), service, reason, as_json=as_json, console=console))


@waiting_app.command("list")
def list_waiting(service: str, as_json: AsJson = False, folder: Folder = addresses.HOME) -> None:
    """Show what waits in a service, the oldest first."""
    from dossier_local import administration

    found = run(administration.waiting(addresses.find(folder), service))
    if as_json:
        print_json(found)
    elif not found:
        console.print("Nothing waits.")
    else:
        table = Table("dossier", "source", "number", "type", "reason", "since")
        for item in found:
            table.add_row(*(str(item[name]) for name in ("dossier", "source", "seq", "type", "reason", "since")))
        console.print(table)


@waiting_app.command("skip")
def skip_waiting(
    service: str,
    dossier: str,
    source: Annotated[str, typer.Argument(help="Whose event.")],
    number: Annotated[int, typer.Argument(help="The event's number: the next one the service would hear.")],
    reason: Annotated[str, typer.Option(help="Why the service may go on without it; kept with the dossier.")],
    folder: Folder = addresses.HOME,
) -> None:
    """Let a dossier go on without an event that can never be applied."""
    from dossier_local import administration

    run(administration.skip(addresses.find(folder), service, dossier, source, number, reason))
    console.print(f"{service} goes on without event {number} of {source}.")


lazy.register(app)

if __name__ == "__main__":
    app()
