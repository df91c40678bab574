from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from dossier_notify.state import State
from dossier_shared.contracts.envelope import from_entry
from dossier_shared.contracts.lifecycle import PORTAL
from dossier_shared.journal.dossier import Dossier
from dossier_shared.telemetry.masking import masked_phone


class MessageView(BaseModel):
    """`kind`: refused or result. `channel`: sms. `to` shows the last three digits only. `encoding`: gsm7 or ucs2. `parts`
    is what the message costs. `status`: requested, sent or failed. `provider_id` once it is sent, `reason` once it failed."""

    reference: str
    kind: str
    channel: str
    to: str
    text: str
    encoding: str
    parts: int
    status: str
    requested_at: str
    done_at: str | None
    provider_id: str | None
    reason: str | None


class ResultView(BaseModel):
    """As signing says: `kind`, and `outcome`, approved or rejected."""

    at: str
    number: str
    kind: str
    outcome: str


class HandedOver(BaseModel):
    """`how`: online, counter or post. `informed`: a message about it was sent."""

    at: str
    how: str
    informed: bool


class DeliveryView(BaseModel):
    """Instants are ISO 8601, UTC. `status`: submitted, accepted, refused, signed or delivered. `code`, `procedure`,
    `procedure_name` and `submitted_at` are null while only signing has been heard."""

    id: str
    version: int
    status: str
    portal_status: int | None
    agency: str
    code: str | None
    procedure: str | None
    procedure_name: str | None
    submitted_at: str | None
    result: ResultView | None
    messages: list[MessageView]
    delivery: HandedOver | None


_OWN = ("id", "version", "portal_status", "messages")  # not as the state has it
_OPEN: dict[str, Any] = dict.fromkeys(("done_at", "provider_id", "reason"))  # of a message under way


def delivery_view(dossier: Dossier[State]) -> dict[str, Any]:
    state = dossier.state
    sealed = {
        event.data["reference"]: event.open()
        for event in (from_entry(dossier.id, "notify", entry) for entry in dossier.journal)
        if event.type == "message-requested"
    }
    shown: dict[str, Any] = {key: state.get(key) for key in DeliveryView.model_fields if key not in _OWN}
    view = DeliveryView(
        **shown,
        id=dossier.id,
        version=dossier.version,
        portal_status=PORTAL.get(state["status"]),
        messages=[
            MessageView(
                **{**_OPEN, **message},
                to=masked_phone(sealed[message["reference"]]["to"]),
                text=sealed[message["reference"]]["text"],
            )
            for message in state.get("messages", [])
        ],
    )
    return view.model_dump()
