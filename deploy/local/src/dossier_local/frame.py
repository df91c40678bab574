"""What the commands share: their options, how far they are, and what goes wrong told without a stack trace."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from dossier_local.errors import StackError

T = TypeVar("T")
# not imported for this: `dossier status` answers at once
_DRIVERS: Final = (
    (
        "aiokafka.errors",
        "KafkaConnectionError",
        "The broker cannot be reached. `dossier up` starts one, KAFKA_BOOTSTRAP_SERVERS names another",
    ),
    ("aiokafka.errors", "KafkaError", "The broker does not do this"),
    ("pymongo.errors", "PyMongoError", "The database"),
)
console = Console()
Folder = Annotated[Path, typer.Option("--folder", envvar="DOSSIER_FOLDER", help="Where data, logs and state are kept.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def run(work: Coroutine[Any, Any, T]) -> T:
    with told():
        return asyncio.run(work)


@contextmanager
def told() -> Iterator[None]:
    """What disk, broker or database or we ourselves refuse is printed, with exit status 1."""
    try:
        yield
    except Exception as error:
        if (why := _why(error)) is None:
            raise
        complain(why)
        raise typer.Exit(1) from None


def complain(why: str) -> None:
    Console(stderr=True).print(why, style="red", soft_wrap=True, markup=False, highlight=False)


def print_json(found: Any) -> None:
    typer.echo(json.dumps(found, indent=1, ensure_ascii=False))


def progress(what: str, *, quiet: bool = False) -> Progress:
    """How many of how many, and how long still."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet)


def _why(error: Exception) -> str | None:
    if isinstance(error, StackError | OSError):
        return str(error)
    for driver, name, what in _DRIVERS:
        if (loaded := sys.modules.get(driver)) is not None and isinstance(error, getattr(loaded, name)):
            return f"{what}: {str(error)[:300]}"
    return None
