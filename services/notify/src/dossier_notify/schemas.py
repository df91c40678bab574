from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from dossier_shared.envelope import from_entry
from dossier_shared.journal import Dossier
from dossier_shared.lifecycle import PORTAL
from dossier_shared.masking import masked_phone


class MessageView(BaseModel):
    """`to` shows the last three digits only; `parts` is what the message costs."""

    reference: str
    kind: str
    channel: str
    to: str
    text: str
    encoding: str
    parts: int
    status: str  # requested | sent | failed
    requested_at: str
    done_at: str | None = None
    provider_id: str | None = None
    reason: str | None = None


class ResultView(BaseModel):
    at: str
    number: str
    kind: str
    outcome: str


class HandedOver(BaseModel):
    at: str
    how: str
    informed: bool


class DeliveryView(BaseModel):
    """`code`, `procedure` are missing while only signing has been heard."""

    id: str
    version: int
    status: str
    portal_status: int | None
    agency: str
    code: str | None = None
    procedure: str | None = None
    procedure_name: str | None = None
    submitted_at: str | None = None
    result: ResultView | None = None
    messages: list[MessageView]
    delivery: HandedOver | None = None


def delivery_view(dossier: Dossier) -> dict[str, Any]:
    state = dossier.state
    sealed = {
        event.data["reference"]: event.open()
        for event in (from_entry(dossier.id, "notify", entry) for entry in dossier.journal)
        if event.type == "message-requested"
    }
    view = DeliveryView(
        **{key: state[key] for key in DeliveryView.model_fields if key in state and key != "messages"},
        id=dossier.id,
        version=dossier.version,
        portal_status=PORTAL.get(state["status"]),
        messages=[
            MessageView(
                **message,
                to=masked_phone(sealed[message["reference"]]["to"]),
                text=sealed[message["reference"]]["text"],
            )
            for message in state.get("messages", [])
        ],
    )
    return view.model_dump()
