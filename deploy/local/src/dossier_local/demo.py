"""`dossier demo`: a week of eleven communes, through the public interfaces, and the proof that nothing was lost or doubled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from dossier_local import addresses
from dossier_local.simulation import rhythm, running
from dossier_local.simulation.client import Client
from dossier_local.simulation.plan import Story
from dossier_local.simulation.week import Catalogue, plan_week

MONDAY = "2026-06-01"


def demo(
    dossiers: Annotated[int, typer.Option(min=1, help="How many are filed; 5400 is a month.")] = 1300,
    rate: Annotated[float, typer.Option(min=0.1, help="Dossiers filed per second of real time.")] = 20.0,
    seed: Annotated[int, typer.Option(help="The same seed plans the same week.")] = 1,
    begin: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The Monday it begins.")] = MONDAY,  # type: ignore[assignment]
    json: Annotated[Path | None, typer.Option(help="Write the figures there as JSON.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep everything running afterwards.")] = False,
    free_ports: Annotated[bool, typer.Option(help="Use free ports, not the documented ones.")] = False,
    patience: Annotated[float, typer.Option(min=1, help="Seconds a client keeps trying.")] = 120.0,
    through: Annotated[
        str | None,
        typer.Option(
            envvar="DOSSIER_THROUGH", help="The origin of a system that runs already (compose), not one of its own."
        ),
    ] = None,
    folder: Annotated[Path, typer.Option("--folder", help="Where its data goes; emptied first.")] = addresses.HOME
    / "demo",
) -> None:
    """Open a week of eleven communes, then prove that nothing was lost or doubled."""
    weeks = max(1, round(dossiers / rhythm.figures()["assumed"]["office_dossiers_per_week"]))

    async def plan(client: Client) -> Sequence[Story]:
        procedures = (await client.get("intake", "/api/v1/procedures"))["items"]
        agencies = (await client.get("intake", "/api/v1/agencies"))["items"]
        return plan_week(Catalogue.of(procedures, agencies), dossiers, begin.date(), weeks, seed)

    options = running.Options(
        folder=folder,
        seconds=lambda stories: len(stories) / rate,
        through=through,
        free_ports=free_ports,
        json=json,
        keep=keep,
        patience=patience,
        seed=seed,
    )
    running.command(running.run(options, plan, Console()))
