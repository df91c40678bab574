"""What one may do to an alarm: acknowledge it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from dossier_monitor.alarms.alarms import Alarms
from dossier_monitor.alarms.recording import acknowledging
from dossier_monitor.policy import POLICY, no_alarm
from dossier_shared.http.verbs import Call, Verb
from dossier_shared.journal.dossier import Dossier
from dossier_shared.vocabulary.text import Human

NOTE = 1000  # characters


class Acknowledgement(BaseModel):
    """`number`: which raising of it is meant; without one, the latest."""

    note: Annotated[str, Human(NOTE)]
    number: int | None = Field(default=None, ge=1, strict=True)


async def known(alarms: Alarms, id_: str, *, whole: bool = False) -> Dossier:
    """`whole`: with its history since the first day."""
    found = await alarms.store.one(id_, whole=whole)
    if found is None:
        raise no_alarm()
    return found


async def gather(call: Call[Alarms], id_: str, wish: Acknowledgement) -> Dossier:
    return await known(call.world, id_)


VERBS: tuple[Verb[Any, Alarms], ...] = (
    Verb(
        name="acknowledge", of="alarms", policy=POLICY, body=Acknowledgement, records=("alarm-acknowledged",),
        gather=gather,
        decide=lambda call, alarm, wish: acknowledging(wish.note, wish.number or call.gathered.state["number"])(alarm),
        purpose="Say that a person has seen it: superiors of agencies below, admins also of services. "
        "Whoever comes second changes nothing.",
    ),
)  # fmt: skip
(ACKNOWLEDGE,) = VERBS
