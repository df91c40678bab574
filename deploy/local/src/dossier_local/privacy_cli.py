"""`dossier privacy`: a person's data, and the keys they are encrypted with. What a command does is in `personal_data.py`."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from dossier_local import addresses
from dossier_local.errors import StackError

app = typer.Typer(
    no_args_is_help=True, help="A person's data: take them out, erase them; the keys they are encrypted with."
)
console = Console()

Folder = Annotated[Path, typer.Option("--folder", envvar="DOSSIER_FOLDER", help="Where data, logs and state are kept.")]
Account = Annotated[
    str, typer.Option("--as", help="The account of who does it, where the development issuer signs in.")
]
Person = Annotated[str, typer.Argument(help="The pseudonym (p-…), as dossiers and keys name the person.")]


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    try:
        return asyncio.run(work)
    except StackError as error:
        Console(stderr=True).print(str(error), style="red", soft_wrap=True, markup=False, highlight=False)
        raise typer.Exit(1) from None


def _say(text: str) -> None:
    console.print(text, soft_wrap=True, highlight=False, markup=False)


@app.command("export")
def export(
    person: Person,
    path: Annotated[Path, typer.Argument(help="An archive (zip) that is not there yet.")],
    folder: Folder = addresses.HOME,
) -> None:
    """Write all that the services have of a person into an archive: dossiers, what was written, papers, results."""
    from dossier_local import personal_data

    count = _run(personal_data.export(addresses.find(folder), person, path))
    _say(f"{path}: " + ", ".join(f"{name} {number}" for name, number in count.items()))


@app.command("erase")
def erase(
    person: Annotated[str, typer.Argument(help="The pseudonym (p-…), or the citizen's number or tax code.")],
    ground: Annotated[str, typer.Option("--ground", help="The legal ground; it is kept.")],
    account: Account = "admin-1",
    folder: Folder = addresses.HOME,
) -> None:
    """Ask for a person to be erased. Nothing happens before another account grants it."""
    from dossier_local import personal_data

    asked = _run(personal_data.ask_erasure(addresses.find(folder), person, ground, account))
    _say(f"Asked. Another administrator grants it: dossier privacy grant {asked['erasure']}")


@app.command("grant")
def grant(
    erasure: Annotated[str, typer.Argument(help="What `privacy erase` answered.")],
    account: Account = "admin-2",
    folder: Folder = addresses.HOME,
) -> None:
    """Grant what somebody else asked for: the person's key is destroyed, for good."""
    from dossier_local import personal_data

    done = _run(personal_data.grant_erasure(addresses.find(folder), erasure, account))
    _say(f"{done['person']} is erased. Each service takes out what it had of them as soon as it hears of it.")


@app.command("rotate")
def rotate(folder: Folder = addresses.HOME) -> None:
    """Wrap every person's key anew for those who may read it now. After that, older wrapping keys can be taken away."""
    from dossier_local import personal_data

    done = _run(personal_data.rotate(addresses.find(folder)))
    _say(f"{done['keys']} keys are wrapped anew for {', '.join(done['readers'])}.")


@app.command("new-key")
def new_key(path: Annotated[Path, typer.Argument(help="A file that is not there yet.")]) -> None:
    """Make a wrapping key (PEM) of a service or deployment, its WRAPPING_KEY, and print the public one for INTAKE_KEY_READERS."""
    from dossier_local import personal_data

    try:
        public = personal_data.new_key(path)
    except StackError as error:
        raise typer.BadParameter(str(error)) from None
    typer.echo(public)
