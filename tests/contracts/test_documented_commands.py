"""Every `dossier …` an operator is told to type has the arguments it needs, and no others."""

from __future__ import annotations

import re
import shlex
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer

from dossier_local import lazy
from dossier_local.cli import app

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("operations.md", "runbook.md", "compose.md")


def commands(document: str) -> list[str]:
    """In code, inline or a block of its own; what stands for any command (`dossier …`) is none."""
    text = (ROOT / "docs" / document).read_text()
    code = re.findall(r"(?<!`)`([^`]+)`(?!`)", text)
    code += [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    typed = [re.search(r"^(?:.*docker compose run .*?)?\bdossier ((?!…).+)$", " ".join(one.split())) for one in code]
    return [found[1] for found in typed if found]


def mistake(command: str) -> str | None:
    """What is wrong with a command's arguments; words in capitals stand for any value."""
    words = shlex.split(command.replace("NUMBER", "1"))
    found: Any = typer.main.get_command(app)
    if words[0] in lazy.COMMANDS:
        found = _lazy(words.pop(0))
    while hasattr(found, "get_command"):
        name = words.pop(0)
        found = found.get_command(None, name)
    if found is None:
        return f"there is no command {name!r}"
    try:
        found.make_context("dossier", words)
    except typer.TyperException as error:
        if type(error) is not typer.BadParameter:  # itself: a file that is not there
            return error.format_message()
    return None


def _lazy(name: str) -> Any:
    module, function, _ = lazy.COMMANDS[name]
    inner = typer.Typer()
    inner.command()(getattr(import_module(module), function))
    return typer.main.get_command(inner)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_each_has_the_arguments_it_needs(document: str) -> None:
    found = commands(document)
    assert found
    assert {command: why for command in found if (why := mistake(command))} == {}


def test_what_is_wrong_is_seen() -> None:
    assert "Missing" in (mistake("waiting skip") or "")
    assert "Missing" in (mistake("dead-letters replay SERVICE") or "")
    assert "No such option" in (mistake("topics provision --replicas 3") or "")
    assert "unexpected extra argument" in (mistake("recover review now") or "")
    assert mistake("waiting drop") == "there is no command 'drop'"
    assert mistake("restore /no/such/folder review --replace") is None
