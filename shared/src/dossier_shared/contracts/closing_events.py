"""Events that end something by a person's decision: a request taken back, a dossier stopped, the new appointment, a consent.

They are listed with all others in `events.py`.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from dossier_shared.contracts.event_parts import EventData, ReasonSealed


class RequestWithdrawn(EventData):
    """A supplement, a payment or an opinion is not needed after all: it is not awaited any more, the clock runs on."""

    name = "request-withdrawn"
    sealed = ReasonSealed
    what: str  # supplement | payment | consultation


class Stopped(EventData):
    """The office ends it without a result, with the reason (form 05)."""

    name = "stopped"
    sealed = ReasonSealed


class Rescheduled(EventData):
    """The appointment computed anew, because the clock stood still for what is not awaited any more."""

    name = "rescheduled"
    appointment: str  # instant, UTC
    lines: list[dict[str, Any]] = Field(default_factory=list)


class Downloaded(EventData):
    """The person whom it is about, or who filed it for themselves, has fetched the signed document from their own page. Recorded
    once; an office's reading of it is none."""

    name = "downloaded"
    file: str  # SHA-256 of the PDF


class ConsentEnded(EventData):
    """Review says on that the person has withdrawn their consent: who hears review and not intake must know it, too."""

    name = "consent-ended"
