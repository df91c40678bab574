"""`dossier replay FILE`: an office's own register, through the public interfaces, with the same proof at the end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from dossier_local import addresses
from dossier_local.frame import console, told
from dossier_local.simulation import office, register, running
from dossier_local.simulation.client import Client
from dossier_local.simulation.plan import Story


def replay(
    file: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help="CSV, CSV.gz or .xlsx, one line per event."),
    ],
    mapping: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="YAML: how its words become actions.")
    ] = None,
    rate: Annotated[float, typer.Option(min=0.1, help="Cases per second of real time.")] = 20.0,
    json: Annotated[Path | None, typer.Option(help="Write the figures there as JSON.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep everything running afterwards.")] = False,
    free_ports: Annotated[bool, typer.Option(help="Use free ports, not the documented ones.")] = False,
    patience: Annotated[float, typer.Option(min=1, help="Seconds a client keeps trying.")] = 120.0,
    folder: Annotated[Path, typer.Option("--folder", help="Where its data goes; emptied first.")] = addresses.HOME
    / "replay",
) -> None:
    """Run an office's own register through the services."""
    with told():
        words, cases = register.Mapping.read(mapping), register.read_register(file)

    async def plan(client: Client) -> Sequence[Story]:
        procedures = (await client.get("intake", "/api/v1/procedures"))["items"]
        agencies = (await client.get("intake", "/api/v1/agencies"))["items"]
        return office.tell(cases, words, procedures, agencies)

    options = running.Options(
        folder=folder,
        seconds=lambda stories: len(stories) / rate,
        free_ports=free_ports,
        json=json,
        keep=keep,
        patience=patience,
        measure_at_the_end=False,
    )
    running.command(running.run(options, plan, console))
