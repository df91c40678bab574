"""`dossier dead-letters pass`: what has stopped a service's hearing, and going on without it, deliberately."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console
from rich.table import Table

from dossier_local import administration
from dossier_local.addresses import Addresses

SHOWN = 20  # of the records, on a screen


async def passing(at: Addresses, service: str, reason: str | None, *, as_json: bool, console: Console) -> None:
    """Without a reason it only shows. What is passed over is what was shown, not what came after."""
    stopped = [found for found in await administration.hearing(at, service) if found["stopped"]]
    if as_json:
        console.print_json(json.dumps(stopped))
    elif not stopped:
        console.print(f"{service} hears: there is nothing to pass over.")
    for found in stopped:
        if not as_json:
            _show(found, console)
        if reason is not None:
            await administration.pass_over(at, service, found, reason)
            if not as_json:
                console.print(
                    f"{found['group']} goes on; these records are kept as dead letters (`dead-letters list`)."
                )
    if stopped and reason is None and not as_json:
        console.print(f'To go on without them: dossier dead-letters pass {service} --reason "…"')


def _show(found: dict[str, Any], console: Console) -> None:
    for one in found["stopped"]:
        console.print(
            f"{one['member']} stopped at {one['since']}: {one['why']}", highlight=False, soft_wrap=True, markup=False
        )
    table = Table("place", "reason", "key", "bytes", "detail")
    for record in found["records"][:SHOWN]:
        place = f"{record['topic']}/{record['partition']}/{record['offset']}"
        table.add_row(place, record["reason"], record["key"], str(record["size"]), record["detail"])
    console.print(table)
    console.print(f"{found['unreadable']} records cannot be read; {min(SHOWN, len(found['records']))} are shown.")
