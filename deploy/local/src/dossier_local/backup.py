"""`dossier backup`, `dossier restore`, `dossier recover`: a service's database as files, back, and whole again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from dossier_local import addresses, dump, state
from dossier_local.errors import StackError
from dossier_local.frame import AsJson, Folder, told
from dossier_local.secret import setting
from dossier_shared.contracts.topics import SERVICES

Since = Annotated[
    str | None, typer.Option(help="Read the topics from this instant only: safely before the backup was taken.")
]
_DEFAULT_URL = "mongodb://127.0.0.1:27117/?replicaSet=dossier"


def backup(
    into: Annotated[Path, typer.Argument(help="A new folder.")],
    service: Annotated[list[str] | None, typer.Option(help="Only of these services (default: all).")] = None,
    as_json: AsJson = False,
    folder: Folder = addresses.HOME,
) -> None:
    """Write the services' databases into a folder, each as it was at one moment."""
    for name in service or SERVICES:
        _demand_known(name)
    with told(), Progress(console=Console(stderr=True), transient=True, disable=as_json) as progress:
        task = progress.add_task("…", total=None)
        manifest = dump.dump(
            _environment(folder)["MONGODB_URL"],
            into,
            service or SERVICES,
            lambda name, n: progress.update(task, description=name, completed=n),
        )
    if as_json:
        typer.echo(json.dumps(manifest, indent=1))
        return
    for name, about in manifest["services"].items():
        documents = sum(one["documents"] for one in about["collections"].values())
        size = sum(one["bytes"] for one in about["collections"].values())
        typer.echo(f"{name}: {documents} documents, {size / 1e6:.1f} MB")
    typer.echo(f"{into} holds personal data in clear: keep it as you keep the database.")


def restore(
    out_of: Annotated[Path, typer.Argument(help="A folder `dossier backup` wrote.", exists=True, file_okay=False)],
    service: Annotated[str, typer.Argument(help="Whose database. It must not be running.")],
    replace: Annotated[bool, typer.Option("--replace", help="Delete what the database holds now.")] = False,
    since: Since = None,
    as_json: AsJson = False,
    folder: Folder = addresses.HOME,
) -> None:
    """Put a service's database back from a backup, and make it whole from the topics (where its program is installed)."""
    with told():
        _demand_known(service)
        _demand_stopped(folder, service)
        with Progress(console=Console(stderr=True), transient=True, disable=as_json) as progress:
            task = progress.add_task("…", total=None)
            count = dump.put_back(
                _environment(folder)["MONGODB_URL"],
                out_of,
                service,
                replace=replace,
                say=lambda name, n: progress.update(task, description=name, completed=n),
            )
        if not _has_program(service):
            _tell_next(service, count, since, as_json)
            return
        if not as_json:
            typer.echo(f"{service}: {count} documents are back. Reading from the topics what came later …")
        _recovered(folder, service, since, as_json)


def recover(
    service: Annotated[str, typer.Argument(help="It must not be running, or wait for this.")],
    since: Since = None,
    as_json: AsJson = False,
    folder: Folder = addresses.HOME,
) -> None:
    """Make a service whole from the topics, after its database was put back (or lost)."""
    with told():
        _demand_known(service)
        if not _has_program(service):
            compose, job = _its_own(service, since)
            raise StackError(f"{service} is not installed here. Run `{compose}`, or on Kubernetes {job}.")
        _recovered(folder, service, since, as_json)


def _demand_known(service: str) -> None:
    if service not in SERVICES:
        raise typer.BadParameter(f"There is no service {service!r}. There are: {', '.join(SERVICES)}.")


def _demand_stopped(folder: Path, service: str) -> None:
    running = [n for n, p in state.load(folder).processes.items() if n.partition("#")[0] == service and p.running]
    if running:
        raise StackError(f"{', '.join(running)} runs: stop it first (`dossier kill {service}`).")


def _environment(folder: Path) -> Mapping[str, str]:
    """Of what runs on the folder; what is set here, or a secret here, otherwise."""
    known = {name: value for name in ("MONGODB_URL", "KAFKA_BOOTSTRAP_SERVERS") if (value := setting(name))}
    return {"MONGODB_URL": _DEFAULT_URL, **known, **state.load(folder).env}


def _has_program(service: str) -> bool:
    """Not in the image of the tools: each service's own image has it, and no other."""
    return find_spec(f"dossier_{service}") is not None


def _its_own(service: str, since: str | None) -> tuple[str, str]:
    """How the service's own image recovers it, in compose and on Kubernetes."""
    words = ["recover", *(["--since", since] if since else [])]
    compose = f"docker compose run --rm --no-deps {service} {' '.join(words)}"
    return compose, f"the chart with recover: true, or a Job of its image with args: {json.dumps(words)}"


def _tell_next(service: str, count: int, since: str | None, as_json: bool) -> None:
    compose, job = _its_own(service, since)
    if as_json:
        typer.echo(json.dumps({"service": service, "documents": count, "whole": False, "next": compose}, indent=1))
        return
    typer.echo(f"{service}: {count} documents are back. Do not start it yet: its own program must make it whole first.")
    typer.echo(f"  in compose     {compose}")
    typer.echo(f"  on Kubernetes  {job}")


def _recovered(folder: Path, service: str, since: str | None, as_json: bool) -> None:
    """As in production: the service's own program, with `recover`."""
    argv = [sys.executable, "-m", f"dossier_{service}", "recover", *(["--since", since] if since else [])]
    run = subprocess.run(  # noqa: S603 - the command is ours
        argv, env={**os.environ, **_environment(folder)}, stdout=subprocess.PIPE, text=True, check=False
    )
    lines = run.stdout.splitlines()
    if not lines or not lines[-1].startswith('{"service"'):
        raise StackError("\n".join([f"{service} could not be recovered.", *lines[-5:]]))
    outcome: dict[str, Any] = json.loads(lines[-1])
    typer.echo(json.dumps(outcome, indent=1, ensure_ascii=False) if as_json else _readable(outcome))
    if not outcome["whole"]:
        raise typer.Exit(1)


def _readable(outcome: Mapping[str, Any]) -> str:
    lines = [
        f"{outcome['service']}: {outcome['events']} events of {outcome['dossiers']} dossiers came back from its topic "
        f"({outcome['seconds']} s)."
    ]
    told = {
        "forked": "dossiers were recorded on before this: put the backup back once more, then recover at once",
        "stuck": "dossiers cannot be made whole",
        "files": "dossiers name files that are not in the backup",
    }
    for name, text in told.items():
        if outcome["counts"][name]:
            lines.append(f"{outcome['counts'][name]} {text}:")
            lines += [f"  {id_}: {why}" for id_, why in outcome[name].items()]
    lines.append("It may be started." if outcome["whole"] else "It will not take commands until it is whole.")
    return "\n".join(lines)
