"""What monitor keeps of one dossier: its story, and what lists, indicators and search ask of it."""

from __future__ import annotations

from typing import Any, NotRequired

from typing_extensions import TypedDict

from dossier_shared.journal.dossier import CoreState


class Entry(TypedDict):
    """One event of the story, with the part of its data that is shown."""

    source: str
    seq: int
    type: str
    time: str
    recorded: str
    actor: str
    portal: int | None
    data: dict[str, Any]
    heard: NotRequired[dict[str, int]]  # which of review's requests it answers, or decisions it sends back
    agency: NotRequired[str]  # of handed-over: which gave it away


class Search(TypedDict):
    """`name`, `code`: folded, as said; `phone`: its last digits; `whole`: digest of the number; `keys`: what is looked for."""

    name: str
    phone: str
    code: str
    whole: str
    keys: list[str]


class State(CoreState, total=False):
    entries: list[Entry]  # in the order they were heard
    status: str  # the furthest any source reached, of lifecycle.STATES
    reached: dict[str, str]  # by source: its own furthest
    code: str
    procedure: str
    procedure_name: str
    owner: str
    person: str | None  # whom it is about
    consent_until: str  # from then on who filed for the person may see nothing of it; missing: until it is withdrawn
    consent_withdrawn: str
    received_at: str | None  # agency code of the one-stop centre that took it in
    overseers: list[str]  # agencies above its agency, the nearest first
    channel: str
    due: str  # the appointment
    reuse: bool | None  # were papers taken from where an office holds them; None: none could be
    result: str  # file | register | paper
    mark: bytes  # projection.dossier.DossierProjection, encoded
    steps: list[dict[str, Any]] | None  # projection.steps; None: to be told anew
    facts: dict[str, Any]  # projection.facts, with `result` and `reuse`
    search: Search
