"""`dossier republish`: a service sends the journals of its dossiers again; whoever has them already drops them."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from typing import Annotated, Any

import typer

from dossier_local import addresses, administration
from dossier_local.addresses import Addresses
from dossier_local.frame import AsJson, Folder, progress, told

PATH = "/internal/republishing"


def republish(
    service: str,
    dossiers: Annotated[list[str] | None, typer.Argument(help="These dossiers.")] = None,
    dossier: Annotated[list[str] | None, typer.Option("--dossier", help="The same, as an option.")] = None,
    since: Annotated[
        str | None,
        typer.Option(help="All with an event recorded since this instant, e.g. 2026-11-20T00:00:00+07:00."),
    ] = None,
    until: Annotated[str | None, typer.Option(help="And before this one.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    cancel: Annotated[bool, typer.Option("--cancel", help="End what is under way.")] = False,
    as_json: AsJson = False,
    folder: Folder = addresses.HOME,
) -> None:
    """Publish the whole journal of dossiers again: of those named, or of all recorded on since an instant."""
    named = [*(dossiers or ()), *(dossier or ())]
    if sum([bool(named), since is not None, cancel]) != 1 or (named and (until or dry_run)):
        raise typer.BadParameter("Name dossiers, or an instant with --since, or --cancel.")
    with told():
        at = addresses.find(folder)
        if named:
            view = {"state": "finished", **asyncio.run(administration.republish(at, service, named))}
        elif cancel:
            view = asyncio.run(administration.call(at, service, "DELETE", PATH))
        else:
            view = asyncio.run(_since(at, service, _instant(since or ""), _instant(until), dry_run, quiet=as_json))
    typer.echo(json.dumps(view, indent=1) if as_json else _readable(view))
    if (view["state"] in ("failed", "died", "cancelled") and not cancel) or view.get("failed"):
        raise typer.Exit(1)


def _instant(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise typer.BadParameter(f"{text!r} is no instant with an offset, such as 2026-11-20T00:00:00+07:00.")
    return at.isoformat()


async def _since(
    at: Addresses, service: str, since: str | None, until: str | None, dry_run: bool, *, quiet: bool
) -> dict[str, Any]:
    view = await administration.call(at, service, "POST", PATH, since=since, until=until, dry_run=dry_run)
    with progress(f"{service}: dossiers", quiet=quiet) as bar:
        task = bar.add_task(service, total=view["total"]["dossiers"])
        while view["state"] == "running":
            await asyncio.sleep(0.3)
            view = await administration.call(at, service, "GET", PATH)
            bar.update(task, completed=view["dossiers"])
    return view


def _readable(view: dict[str, Any]) -> str:
    total = view.get("total", {})
    match view["state"]:
        case "counted":
            least = "At least " if view.get("at_least") else ""
            return f"{least}{total['events']} events of {total['dossiers']} dossiers would be sent again."
        case "none":
            return "Nothing is being published again."
        case "finished" if not view.get("failed"):
            return f"Sent {view['events']} events of {view['dossiers']} dossiers again."
    why = f" ({view['problem']})" if "problem" in view else ""
    failed = f"; {view['failed']} dossiers not whole" if view.get("failed") else ""
    return f"{view['state']}{why}: {view['events']} events of {view['dossiers']} dossiers sent{failed}. It may be run again."
