"""HTTP of the alarms: the list, the count for other pages' badges, a person's acknowledgement."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from dossier_monitor.alarms.alarms import Alarms
from dossier_monitor.alarms.commands import VERBS, known
from dossier_monitor.alarms.store import LIMIT
from dossier_monitor.board.board import Board
from dossier_monitor.board.scopes import WATCHERS, Code, scope_of
from dossier_monitor.policy import POLICY
from dossier_shared.contracts.envelope import Event, from_entry
from dossier_shared.http.auth import authenticate
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.openapi import answers
from dossier_shared.http.paging import CursorQuery, LimitQuery, Paged
from dossier_shared.http.policy import Context
from dossier_shared.http.verbs import Runner, verb_router
from dossier_shared.journal.dossier import Dossier
from dossier_shared.problems import ServiceUnavailable


class Acknowledged(BaseModel):
    by: str
    at: str
    note: str


class AlarmView(BaseModel):
    """`since`: when it came to its status. `value` and `threshold` in the unit of its kind; see rules.yaml."""

    id: str
    rule: str
    kind: str
    subject: str
    severity: Literal["critical", "warning", "info"]
    name_vi: str
    name_en: str
    agency: str
    agency_name: str
    status: Literal["raised", "cleared"]
    number: int
    since: str
    raised_at: str
    value: float
    threshold: float
    figures: dict[str, Any]
    acknowledged: Acknowledged | None


class Change(BaseModel):
    """`by`: a person's subject, or None where the rule did it. `value`: what was measured."""

    type: Literal["raised", "acknowledged", "cleared"]
    number: int
    at: str
    by: str | None
    value: float | None
    note: str | None


class AlarmStory(AlarmView):
    changes: list[Change]


class AlarmList(Paged):
    items: list[AlarmView]


class AlarmCount(BaseModel):
    raised: int
    unacknowledged: int
    critical: int


def alarm_view(id_: str, state: dict[str, Any], board: Board) -> dict[str, Any]:
    """Its agency is called as the catalogue in force has it."""
    name = board.directory.agency_name(state["agency"], state["agency_name"]) if state["agency"] else ""
    return {"id": id_, **{name: state[name] for name in AlarmView.model_fields if name != "id"}, "agency_name": name}


def _change(event: Event) -> dict[str, Any]:
    role, _, person = event.actor.partition(":")
    return {
        "type": event.type.removeprefix("alarm-"),
        "number": event.data["number"],
        "at": event.time,
        "by": None if role == "rule" else person,
        "value": event.data.get("value"),
        "note": event.open().get("note"),
    }


def within(alarms: Alarms, scope: str | None) -> list[str] | None:
    """The agencies whose alarms a scope sees; None: those of all, and of services."""
    return None if scope is None else alarms.board.under(scope)


def runner(alarms: Alarms) -> Runner[Alarms]:
    def view(alarm: Dossier) -> dict[str, Any]:
        return alarm_view(alarm.id, alarm.state, alarms.board)

    return Runner(alarms.ledger, alarms.clock, alarms, AlarmView, view)


def alarms_router(alarms: Alarms) -> APIRouter:
    api = APIRouter(prefix="/alarms")

    @api.get("", responses=answers(AlarmList))
    async def list_alarms(
        request: Request,
        agency: Code = None,
        state: Annotated[Literal["raised", "cleared"] | None, Query()] = None,
        limit: LimitQuery = LIMIT,
        cursor: CursorQuery = None,
    ) -> Response:
        """Raised first, of these what nobody has acknowledged; then by severity and the latest."""
        scope = scope_of(await authenticate(request, *WATCHERS), alarms.board, agency)
        found, following = await alarms.store.find(within(alarms, scope), state, limit, cursor)
        items = [alarm_view(d["_id"], d["state"], alarms.board) for d in found]
        return json_response({"items": items, "next": following})

    @api.get("/count", responses=answers(AlarmCount))
    async def count_alarms(request: Request, agency: Code = None) -> Response:
        """How many are raised, seconds old at most."""
        count = alarms.raised(scope_of(await authenticate(request, *WATCHERS), alarms.board, agency))
        if count is None:
            raise ServiceUnavailable()
        return json_response(asdict(count))

    @api.get("/{alarm_id}", responses=answers(AlarmStory))
    async def show_alarm(request: Request, alarm_id: Annotated[str, Path(max_length=200)]) -> Response:
        """With every time it was raised, acknowledged and cleared."""
        who = await authenticate(request, *POLICY.roles("read-alarm"))
        alarm = await known(alarms, alarm_id, whole=True)
        POLICY.demand(who, "read-alarm", alarm.state, Context(alarms.board))
        changes = [_change(from_entry(alarm.id, "monitor", entry)) for entry in alarm.journal]
        return json_response(
            {**alarm_view(alarm.id, alarm.state, alarms.board), "changes": changes}, version=alarm.version
        )

    router = APIRouter(prefix="/api/v1")
    router.include_router(api)
    router.include_router(verb_router(VERBS, runner(alarms)))
    return router
