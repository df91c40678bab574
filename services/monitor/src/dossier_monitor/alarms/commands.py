"""What one may do to an alarm: acknowledge it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from dossier_monitor.alarms.alarms import Alarms
from dossier_monitor.alarms.recording import acknowledging
from dossier_monitor.board.board import sees
from dossier_monitor.board.scopes import scope_of
from dossier_shared.http.tokens import Principal
from dossier_shared.http.verbs import Call, Verb
from dossier_shared.journal.dossier import Dossier
from dossier_shared.journal.steps import Permit
from dossier_shared.problems import NotFound
from dossier_shared.vocabulary.text import Human

NOTE = 1000  # characters


class Acknowledgement(BaseModel):
    """`number`: which raising of it is meant; without one, the latest."""

    note: Annotated[str, Human(NOTE)]
    number: int | None = Field(default=None, ge=1, strict=True)


async def seen_by(alarms: Alarms, who: Principal, id_: str, *, whole: bool = False) -> Dossier:
    """Raises NotFound also where it is outside what `who` may watch. `whole`: with its history since the first day."""
    found = await alarms.store.one(id_, whole=whole)
    if found is not None:
        above = alarms.board.above(found.state["agency"], found.state["overseers"])
        if sees(scope_of(who, alarms.board), found.state["agency"], above):
            return found
    raise NotFound("alarm-not-found", "Không có cảnh báo này.", "There is no such alarm.")


def seen_already(who: Principal) -> Permit:
    """What is gathered is what `who` may see."""
    return lambda state, repeats: None


async def gather(call: Call[Alarms], id_: str, wish: Acknowledgement) -> Dossier:
    return await seen_by(call.world, call.who, id_)


VERBS: tuple[Verb[Any, Alarms], ...] = (
    Verb(
        name="acknowledge", of="alarms", roles=("superior", "admin"), body=Acknowledgement, records=("alarm-acknowledged",),
        permit=seen_already, gather=gather,
        decide=lambda call, alarm, wish: acknowledging(wish.note, wish.number or call.gathered.state["number"])(alarm),
        purpose="Say that a person has seen it: superiors of agencies below, admins also of services. "
        "Whoever comes second changes nothing.",
    ),
)  # fmt: skip
(ACKNOWLEDGE,) = VERBS
