"""`dossier privacy`: a person's data, and the keys they are encrypted with. What a command does is in `personal_data.py`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from dossier_local import addresses
from dossier_local.errors import StackError
from dossier_local.frame import Folder, complain, console, progress, run, told
from dossier_local.reseal_cli import reseal

app = typer.Typer(
    no_args_is_help=True, help="A person's data: take them out, erase them; the keys they are encrypted with."
)
app.command("reseal")(reseal)
Account = Annotated[
    str, typer.Option("--as", help="The account of who does it, where the development issuer signs in.")
]
Person = Annotated[str, typer.Argument(help="The pseudonym (p-…), as dossiers and keys name the person.")]


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

    count = run(personal_data.export(addresses.find(folder), person, path))
    _say(f"{path}: " + ", ".join(f"{name} {number}" for name, number in count.items()))


@app.command("erase")
def erase(
    person: Annotated[
        str | None, typer.Argument(help="The pseudonym (p-…), or the citizen's number or tax code.")
    ] = None,
    ground: Annotated[str, typer.Option("--ground", help="The legal ground; it is kept.")] = "",
    file: Annotated[
        Path | None, typer.Option("--file", help="Instead of one person: a file of persons, one to a line.")
    ] = None,
    requests: Annotated[
        Path | None, typer.Option("--requests", help="With --file: a file not there yet, for `privacy grant --file`.")
    ] = None,
    account: Account = "admin-1",
    folder: Folder = addresses.HOME,
) -> None:
    """Ask for a person, or each of a file, to be erased. Nothing happens before another account grants it."""
    from dossier_local import personal_data

    if not ground:
        raise typer.BadParameter("The legal ground is missing (--ground).")
    at = addresses.find(folder)
    if file is None:
        asked = run(personal_data.ask_erasure(at, _one(person, file), ground, account))
        _say(f"Asked. Another administrator grants it: dossier privacy grant {asked['erasure']}")
        return
    _one(person, file)
    if requests is None or requests.exists():
        raise typer.BadParameter("--file needs --requests: a file that is not there yet.")
    answers, refused = _each(file, lambda one: personal_data.ask_erasure(at, one, ground, account), "Asked for")
    with told():
        personal_data.write_requests(requests, answers)
    _say(f"Another administrator grants it: dossier privacy grant --file {requests}")
    _tell(refused)


@app.command("grant")
def grant(
    erasure: Annotated[str | None, typer.Argument(help="What `privacy erase` answered.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="Instead: what `privacy erase --requests` wrote.")] = None,
    account: Account = "admin-2",
    folder: Folder = addresses.HOME,
) -> None:
    """Grant what somebody else asked for: the person's key is destroyed, for good. Done again it does nothing more."""
    from dossier_local import personal_data

    at, one = addresses.find(folder), _one(erasure, file)
    if file is None:
        done = run(personal_data.grant_erasure(at, one, account))
        _say(f"{done['person']} is erased. Each service takes out what it had of them as soon as it hears of it.")
        return
    _, refused = _each(file, lambda asked: personal_data.grant_erasure(at, asked, account), "Erased")
    _tell(refused)


def _one(given: str | None, file: Path | None) -> str:
    if (given is None) == (file is None):
        raise typer.BadParameter("Name one, or a file of them (--file).")
    return given or ""


def _each(
    file: Path, work: Callable[[str], Awaitable[dict[str, Any]]], done: str
) -> tuple[list[dict[str, Any]], list[tuple[int, str]]]:
    """Each line of a file, under a bar of how far it is."""
    from dossier_local import personal_data

    with told():
        lines = personal_data.lines_of(file)
    with progress(done) as bar:
        row = bar.add_task(done, total=len(lines))
        answers, refused = asyncio.run(personal_data.of_each(lines, work, lambda: bar.advance(row)))
    _say(f"{done}: {len(answers)} of {len(lines)}.")
    return answers, refused


def _tell(refused: list[tuple[int, str]]) -> None:
    """By line: what stands there may be somebody's number."""
    for number, why in refused:
        complain(f"line {number}: {why}")
    if refused:
        raise typer.Exit(1)


@app.command("rotate")
def rotate(folder: Folder = addresses.HOME) -> None:
    """Wrap every person's key anew for those who may read it now. After that, older wrapping keys can be taken away."""
    from dossier_local import personal_data

    done = run(personal_data.rotate(addresses.find(folder)))
    _say(f"{done['keys']} keys are wrapped anew for {', '.join(done['readers'])}.")


@app.command("new-key")
def new_key(
    place: Annotated[str, typer.Argument(help="A file that is not there yet, or a PKCS #11 URI of a security module.")],
) -> None:
    """Make a wrapping key of a service or deployment, its WRAPPING_KEY, and print the public one for INTAKE_KEY_READERS."""
    from dossier_local import personal_data

    try:
        in_module = place.startswith("pkcs11:")
        public = personal_data.key_in_module(place) if in_module else personal_data.new_key(Path(place))
    except StackError as error:
        raise typer.BadParameter(str(error)) from None
    typer.echo(public)
