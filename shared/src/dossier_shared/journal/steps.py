"""What the write engine works on: the steps of each dossier, in order, and what became of each step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dossier_shared.clock import instant
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.lifecycle import may_cause
from dossier_shared.errors import Refusal
from dossier_shared.journal.dossier import Dossier, New, Rules, S, record


class Moment:
    """One reading of the clock, shared by all that is decided together."""

    __slots__ = ("now", "recorded")

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.recorded = instant(now)


Step = Callable[[Dossier, Moment], None]
Decide = Callable[[Dossier[S]], Sequence[New]]
Permit = Callable[[S, bool], None]


@dataclass(slots=True)
class Work:
    """Steps of one dossier, in order.

    `new`: it is expected not to exist, so it need not be loaded first. `bare`: the steps need no journal. `consumed`: the
    events of other services that the steps apply, for who traces them.
    """

    steps: list[Step] = field(default_factory=list)
    new: bool = False
    bare: bool = False
    consumed: Sequence[Event] = ()


@dataclass(slots=True)
class Written:
    """The dossier after its steps, and for each step None or why it was refused."""

    dossier: Dossier
    refused: list[Exception | None]


@dataclass(frozen=True, slots=True)
class Command:
    """What a command carries besides its content. `id` and `fingerprint` make a repeat recognisable.

    `permit(state, repeats)` raises where whoever asks may not even see the dossier in this state. It is asked before anything
    else, so that neither a repeated key nor a condition on the version tells what is not theirs to know.
    """

    id: str
    fingerprint: str
    actor: str
    agency: str = ""
    time: str | None = None  # business time; None: now
    expected_version: int | None = None
    create: bool = False
    traceparent: str | None = None
    permit: Permit | None = None


def permitted(dossier: Dossier[S], command: Command) -> dict[str, Any] | None:
    """The command's earlier event, where it repeats one. Raises what `permit` does."""
    earlier = dossier.find_command(command.id)
    if command.permit is not None and dossier.exists:
        command.permit(dossier.state, earlier is not None)
    return earlier


def command_step(rules: Rules[S], decide: Decide[S], command: Command) -> Step:
    """A command as a step: recognises its own repeat, checks the version, records what `decide` answers."""

    def run(dossier: Dossier[S], moment: Moment) -> None:
        earlier = permitted(dossier, command)
        if earlier is not None:
            if earlier["fingerprint"] != command.fingerprint:
                raise Refusal("idempotency-key-reused")
            return
        if not command.create and not dossier.exists:
            raise Refusal("dossier-not-found")
        if command.create and dossier.exists and dossier.seq > 0:
            raise Refusal("dossier-exists")
        now = dossier.version + dossier.changed  # a command before this one in the same write counts
        if command.expected_version is not None and command.expected_version != now:
            raise Refusal("stale-version")
        for new in decide(dossier):
            if not may_cause(new.actor or command.actor, new.data.name):
                raise Refusal("forbidden")
            record(
                rules, dossier, new,
                time=command.time or moment.recorded, recorded=moment.recorded,
                agency=dossier.state.get("agency", command.agency), actor=command.actor,
                command=command.id, fingerprint=command.fingerprint, traceparent=command.traceparent,
            )  # fmt: skip

    return run


def outcome(written: Written, index: int = 0) -> Dossier:
    """The dossier after the step. Raises the step's refusal."""
    refused = written.refused[index]
    if refused is not None:
        raise refused
    return written.dossier
