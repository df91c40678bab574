"""What the board says: of one dossier by its mark, of each of its places by its record; in the recount's words. Pure."""

from __future__ import annotations

from typing import Any

from dossier_monitor.projection.cells import BoardPlace, Cell, Deeds, Flow, Officer
from dossier_monitor.projection.domain import holder, paused, since, stage, waits_for
from dossier_monitor.projection.dossier import MILESTONES, PEOPLE, DossierProjection
from dossier_monitor.recount import sums


def said(projection: DossierProjection) -> dict[str, Any]:
    """What it does not know is not there."""
    at = stage(projection)
    found: dict[str, Any] = {
        "agency": projection.agency,
        "last": projection.last,
        "procedure": projection.procedure,
        "overseers": projection.overseers if projection.procedure else None,
        "channel": projection.channel,
        "due": projection.due,
        "messages": projection.messages,
        "stage": at,
        "since": since(projection, at),
        "waits": waits_for(projection, at),
        "holder": holder(projection, at),
        "paused": paused(projection),
        "appraised": 0 if projection.turn & 1 else projection.turn_at,
        "appraised_at": projection.appraised_at,
        **dict(zip(MILESTONES, projection.times, strict=True)),
        **dict(zip(PEOPLE, projection.people, strict=True)),
    }
    return {name: value for name, value in found.items() if value or value == []}


def place(of: BoardPlace) -> sums.Place:
    match of:
        case Cell():
            return of.partition, of.agency, "cell", of.procedure, of.channel
        case Officer():
            return of.partition, of.agency, "officer", of.subject, ""
        case Flow():
            return of.partition, of.agency, "flow", of.hour, ""
        case Deeds():
            return of.partition, of.agency, "deeds", of.hour, of.subject
