"""Commands that live in modules of their own, imported only when called: a fast start for all the others."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

import typer

# name: (module, an ordinary typer function in it, the line in `dossier --help`)
COMMANDS = {
    "backup": ("dossier_local.backup", "backup", "Write the services' databases into a folder."),
    "demo": (
        "dossier_local.demo",
        "demo",
        "Open a week of eleven communes, then prove that nothing was lost or doubled.",
    ),
    "recover": (
        "dossier_local.backup",
        "recover",
        "Make a service whole from the topics, its database lost or put back.",
    ),
    "recount": (
        "dossier_local.recount",
        "recount",
        "Count every dossier again from what the services hold, and compare it with the board.",
    ),
    "republish": (
        "dossier_local.republish",
        "republish",
        "Publish journals again: of dossiers named, or of all recorded on since an instant.",
    ),
    "restore": ("dossier_local.backup", "restore", "Put a service's database back from a backup, and make it whole."),
    "replay": ("dossier_local.replay", "replay", "Run an office's own register through the services."),
}


def register(app: typer.Typer) -> None:
    """Adds those commands whose module is there."""
    for name, (module, function, line) in COMMANDS.items():
        if find_spec(module) is not None:
            settings = {"allow_extra_args": True, "ignore_unknown_options": True}
            command = app.command(name, help=line, context_settings=settings, add_help_option=False)
            command(_forward(name, module, function))


def _forward(name: str, module: str, function: str) -> Callable[[typer.Context], None]:
    def forward(ctx: typer.Context) -> None:
        inner = typer.Typer(add_completion=False)
        inner.command()(getattr(import_module(module), function))
        inner(args=ctx.args, prog_name=f"dossier {name}")

    return forward
