from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict

from dossier_notify.rules.signatures import DrawnSignature
from dossier_notify.state import State
from dossier_shared.contracts.lifecycle import PORTAL
from dossier_shared.journal.dossier import Dossier
from dossier_shared.telemetry.masking import MASK, masked_phone
from dossier_shared.vocabulary.identity import citizen_id
from dossier_shared.vocabulary.names import PersonName
from dossier_shared.vocabulary.reading import Text
from dossier_shared.vocabulary.text import OptionalLine

_PASSPORT = re.compile(r"[A-Z][A-Z0-9]{4,19}")


def identity_number(text: str) -> str:
    """Of a citizen ID, or of a passport of any country: letters and digits."""
    bare = text.strip().replace(" ", "").upper()
    if _PASSPORT.fullmatch(bare) is None:
        return citizen_id(text).number  # and says what is wrong with it
    return bare


IdentityNumber = Annotated[str, Text(identity_number, {"minLength": 1, "maxLength": 40})]


class HandOver(BaseModel):
    """`id_number`: as on the paper shown; of a citizen ID 12 digits. `authority`: number and day of the paper that lets somebody
    take it for the applicant. `signature`: what was drawn on the screen, `M1 1L2 2`."""

    model_config = ConfigDict(extra="forbid")
    receiver: PersonName
    identified_by: Literal["citizen_id", "passport", "authority"]
    id_number: IdentityNumber | None = None
    authority: OptionalLine = None
    signed_on: Literal["screen", "paper"]
    signature: DrawnSignature | None = None


class MessageView(BaseModel):
    """`kind`: refused, result or helped. `channel`: sms. `to` shows the last three digits only. `encoding`: gsm7 or ucs2. `parts`
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
    """`how`: online, counter or post. `informed`: a message about it was sent. Of what was handed over: by which paper
    (`identified_by`: citizen_id, passport or authority), `signed_on` screen or paper, and into whose hand; `id_number` shows the
    last three digits only. Superiors read neither name nor signature."""

    at: str
    how: str
    informed: bool
    identified_by: str | None = None
    signed_on: str | None = None
    receiver: str | None = None
    id_number: str | None = None
    authority: str | None = None
    signature: str | None = None


class DeliveryView(BaseModel):
    """Instants are ISO 8601, UTC. `status`: submitted, awaiting_completion, accepted, refused, withdrawn, signed or delivered.
    `wished`: how the result is wished for: online, counter or post; empty: not said. `code`, `procedure`,
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
    wished: str
    result: ResultView | None
    messages: list[MessageView]
    delivery: HandedOver | None


_OWN = ("id", "version", "portal_status", "messages", "wished", "delivery")  # not as the state has it
_OPEN: dict[str, Any] = dict.fromkeys(("done_at", "provider_id", "reason"))  # of a message under way


def delivery_view(dossier: Dossier[State], named: bool = True) -> dict[str, Any]:
    """`named`: with the hand that took it, and with what was written to whom."""
    state = dossier.state
    events = [dossier.event("notify", entry) for entry in dossier.journal]
    sealed = {event.data["reference"]: event.open() for event in events if event.type == "message-requested"}
    handed = next((event.open() for event in events if named and event.type == "delivered" and event.sealed), {})
    shown: dict[str, Any] = {key: state.get(key) for key in DeliveryView.model_fields if key not in _OWN}
    view = DeliveryView(
        **shown,
        id=dossier.id,
        version=dossier.version,
        portal_status=PORTAL.get(state["status"]),
        wished=state.get("wished", ""),
        delivery=HandedOver(**state["delivery"], **{**handed, "id_number": _masked(handed.get("id_number"))})
        if "delivery" in state
        else None,
        messages=[
            MessageView(
                **{**_OPEN, **message},
                to=masked_phone(sealed[message["reference"]]["to"]),
                text=sealed[message["reference"]]["text"] if named else MASK,
            )
            for message in state.get("messages", [])
        ],
    )
    return view.model_dump()


def _masked(number: str | None) -> str | None:
    return number and MASK + number[-3:]
