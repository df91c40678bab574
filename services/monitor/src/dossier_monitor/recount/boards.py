"""What the board says: of one dossier by its mark, of each of its places by its record; in the recount's words. Pure."""

from __future__ import annotations

from typing import Any

from dossier_monitor.projection.cells import Cell, Deeds, Flow, Officer, Place
from dossier_monitor.projection.domain import holder, paused, since, stage, waits_for
from dossier_monitor.projection.marks import MILESTONES, PEOPLE, Mark
from dossier_monitor.recount import sums


def said(mark: Mark) -> dict[str, Any]:
    """What it does not know is not there."""
    at = stage(mark)
    found: dict[str, Any] = {
        "agency": mark.agency,
        "last": mark.last,
        "procedure": mark.procedure,
        "overseers": mark.overseers if mark.procedure else None,
        "channel": mark.channel,
        "due": mark.due,
        "messages": mark.messages,
        "stage": at,
        "since": since(mark, at),
        "waits": waits_for(mark, at),
        "holder": holder(mark, at),
        "paused": paused(mark),
        "appraised": 0 if mark.turn & 1 else mark.turn_at,
        "appraised_at": mark.appraised_at,
        **dict(zip(MILESTONES, mark.times, strict=True)),
        **dict(zip(PEOPLE, mark.people, strict=True)),
    }
    return {name: value for name, value in found.items() if value or value == []}


def place(of: Place) -> sums.Place:
    match of:
        case Cell():
            return of.partition, of.agency, "cell", of.procedure, of.channel
        case Officer():
            return of.partition, of.agency, "officer", of.subject, ""
        case Flow():
            return of.partition, of.agency, "flow", of.hour, ""
        case Deeds():
            return of.partition, of.agency, "deeds", of.hour, of.subject
