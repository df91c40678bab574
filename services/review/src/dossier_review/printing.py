"""What the office hands out of a case on paper: the apology for a later day (04) and the notice that it was stopped (05).

Of 04 there is a draft as soon as the appointment is near: what will be said, marked as not issued."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from dossier_review.evolving.waiting import awaited_opinions
from dossier_review.policy import POLICY
from dossier_review.state import Entry, State
from dossier_shared.clock import instant, parse_instant
from dossier_shared.contracts.lifecycle import PAUSED
from dossier_shared.documents.forms.models import Apology, CaseForm, Office, Person, StopNotice
from dossier_shared.documents.forms.rendering import render_form
from dossier_shared.documents.letterhead import derived, in_force
from dossier_shared.http.auth import authenticate
from dossier_shared.http.openapi import sends
from dossier_shared.problems import Conflict, NotFound
from dossier_shared.runtime.service import Runtime
from dossier_shared.vocabulary.phone import dialled

FormPath = Annotated[str, Path(description="04, 05, or 04-draft")]
DRAFT = "04-draft"


def apology(state: State, office: Office) -> Apology:
    """04, once intake has computed the new appointment."""
    told = _last(state, "extended")
    if told is None:
        raise _not_due("Hồ sơ không được gia hạn.", "It was not extended.")
    if state["due"] <= told["before"]:
        raise _not_due("Ngày hẹn mới đang được tính.", "The new appointment is being computed.")
    return Apology(
        **_of_case(state, office, told["at"]),
        received_at=parse_instant(state["submitted_at"]),
        appointment=parse_instant(told["before"]),
        new_appointment=parse_instant(state["due"]),
        reasons=(told.get("text") or "—",),
    )


def draft_apology(state: State, office: Office, now: datetime, reason: str) -> Apology:
    """What will be said once more time is given. `reason`: where nobody has asked for it yet."""
    if "due" not in state or state.get("stage") is None or state["status"] in PAUSED:
        raise _not_due("Hồ sơ không đang chạy thời hạn.", "Its clock does not run.")
    asked = state.get("extension")
    return Apology(
        **_of_case(state, office, instant(now)),
        draft=True,
        received_at=parse_instant(state["submitted_at"]),
        appointment=parse_instant(state["due"]),
        new_appointment=None,
        reasons=(asked["reason"] if asked and asked["reason"] else reason,),
    )


def reason_of(state: State, names: Callable[[str], str]) -> str:
    """What keeps it, as far as it shows: the opinions that are awaited."""
    opinions = [names(one["agency"]) for one in awaited_opinions(state)]
    if opinions:
        return f"Hồ sơ cần có ý kiến của {', '.join(dict.fromkeys(opinions))}."
    return "Hồ sơ cần thêm thời gian để thẩm tra, xác minh."


def stop_notice(state: State, office: Office) -> StopNotice:
    """05."""
    told = _last(state, "stopped")
    if told is None:
        raise _not_due("Hồ sơ không bị dừng giải quyết.", "It was not stopped.")
    return StopNotice(
        **_of_case(state, office, told["at"]),
        received_at=parse_instant(state["submitted_at"]),
        stopped_at=parse_instant(told["at"]),
        reasons=(told.get("text") or "—",),
    )


FORMS: Mapping[str, Callable[[State, Office], CaseForm]] = {"04": apology, "05": stop_notice}


def due_forms(state: State) -> tuple[str, ...]:
    """Those that can be printed now."""
    told = _last(state, "extended")
    extended = ("04",) if told is not None and state["due"] > told["before"] else ()
    return (*extended, *(("05",) if _last(state, "stopped") is not None else ()))


def printing_router(runtime: Runtime) -> APIRouter:
    api = APIRouter(prefix="/api/v1")

    @api.get("/dossiers/{dossier_id}/forms/{form}", response_class=Response, responses=sends("application/pdf"))
    async def form(request: Request, dossier_id: str, form: FormPath) -> Response:
        """The apology with the new appointment (04), the notice that it was stopped (05); `04-draft`: 04 as it would be."""
        action = "print-draft" if form == DRAFT else "print"
        who = await authenticate(request, *POLICY.roles(action))
        if form not in (*FORMS, DRAFT):
            raise NotFound()
        dossier = (await runtime.dossiers.load([dossier_id], journal=False)).get(dossier_id)
        if dossier is None or "code" not in dossier.state:
            raise NotFound()
        POLICY.demand(who, action, dossier.state)
        state = runtime.directory.shown(dossier).state
        head = in_force(runtime.directory, state["agency"]) or derived(state["agency_name"] or state["agency"])
        office, now = Office.model_validate(head), runtime.clock.now()
        if form == DRAFT:
            told: CaseForm = draft_apology(state, office, now, reason_of(state, runtime.directory.agency_name))
        else:
            told = FORMS[form](state, office)
        pdf = await asyncio.to_thread(render_form, told, now)
        named = {"content-disposition": f'inline; filename="{state["code"]}-{form}.pdf"'}
        return Response(pdf, media_type="application/pdf", headers={**named, "cache-control": "private, no-store"})

    return api


def _last(state: State, type_: str) -> Entry | None:
    return next((line for line in reversed(state.get("thread", ())) if line["type"] == type_), None)


def _of_case(state: State, office: Office, at: str) -> dict[str, Any]:
    applicant = state.get("applicant") or {"name": state["holder"]}
    return {
        "office": office,
        "at": parse_instant(at),
        "number": state["code"],
        "code": state["code"],
        "person": Person(
            name=applicant["name"],
            address=applicant.get("address"),
            phone=dialled(applicant.get("phone") or "") or None,
        ),
        "procedure": state["procedure_name"] or state["procedure"],
    }


def _not_due(vi: str, en: str) -> Conflict:
    return Conflict("form-not-due", f"{vi} Hãy xem lại trạng thái hồ sơ.", f"{en} Look at where the dossier stands.")
