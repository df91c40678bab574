"""A service small enough to see through, under notify's name: it hears intake and signing, and writes `dossier.delivered`.

`accepted` is answered with two events; `signed` with the intent to send a message. `refused` after `accepted` is illegal
(the lifecycle). A submitted dossier whose code is BOOM breaks the handler, DEEP makes a state no database stores; a signing
that failed to `forget` drops a part of the state.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dossier_local.memory import Author
from dossier_shared.contracts import lifecycle
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.events import (
    Accepted,
    Applicant,
    Delivered,
    MessageFailed,
    MessageRequested,
    MessageRequestedSealed,
    MessageSent,
    Refused,
    RefusedSealed,
    Signed,
    Submitted,
    SubmittedSealed,
)
from dossier_shared.errors import Refusal
from dossier_shared.journal.dossier import New, Rules

SOURCE = "notify"
TOPIC = "dossier.delivered"

State = dict[str, Any]


def evolve(state: State, event: Event) -> State:
    state = {**state, "seen": [*state.get("seen", []), f"{event.source}:{event.seq}"], "agency": event.agency}
    if event.source == "intake":
        state["filing"] = lifecycle.after(state.get("filing", "draft"), event.type)
    if event.type == "submitted" and event.data["code"] == "DEEP":
        state["number"] = 2**63
    if event.type == "message-requested":
        if state.get("intent"):
            raise Refusal("illegal-transition", state="waits", event=event.type)
        state["intent"] = {"reference": event.data["reference"]}
    if event.type == "signing-failed" and event.data["reason"] == "forget":
        del state["filing"]
    ends = event.type in ("message-sent", "message-failed")
    if ends and event.data["reference"] == (state.get("intent") or {}).get("reference"):
        state["intent"] = None
    return state


def on_submitted(state: State, event: Event) -> Sequence[New]:
    if event.data["code"] == "BOOM":
        raise RuntimeError("a bug in a handler")
    return ()


def on_accepted(state: State, event: Event) -> Sequence[New]:
    return [failed("told"), New(Delivered(how="online", informed=False))]


def on_signed(state: State, event: Event) -> Sequence[New]:
    return [requested(f"{event.dossier}:result")]


RULES = Rules(
    source=SOURCE,
    evolve=evolve,
    hear={"submitted": on_submitted, "accepted": on_accepted, "signed": on_signed},
    causal_sources=frozenset({"intake", "signing"}),
)


# -- what it records ---------------------------------------------------------------------------------------------------


def failed(reason: str) -> New:
    """Any event of its own; tests use it as an arbitrary command's outcome."""
    return New(MessageFailed(reference="any", reason=reason))


def requested(reference: str) -> New:
    return New(
        MessageRequested(reference=reference, kind="result", channel="sms"),
        MessageRequestedSealed(to="+84912345678", text="Kết quả đã có."),
    )


def sent(reference: str) -> New:
    return New(MessageSent(reference=reference, provider_id=f"p-{reference}"))


def outcome_of(reference: str, outcome: str) -> New:
    """`sent`, `failed: reason`, or one that no event can say."""
    if outcome == "sent":
        return sent(reference)
    return New(MessageFailed(reference=reference, reason=outcome.removeprefix("failed: ")))


# -- what it hears -----------------------------------------------------------------------------------------------------


def submitted(author: Author, code: str = "H19.1-1", **more: Any) -> Event:
    data = Submitted(
        code=code, procedure="2.001159", catalogue="1", channel="online", owner="u-1", **{"fee_vnd": 0, **more}
    )
    return author.says(data, SubmittedSealed(applicant=Applicant(name="Nguyễn Văn Bình", phone="+84912345678")))


def accepted(author: Author) -> Event:
    return author.says(Accepted(appointment="2025-07-08T10:00:00.000000Z"))


def refused(author: Author) -> Event:
    return author.says(Refused(), RefusedSealed(reason="Thiếu giấy tờ"))


def signed(author: Author, *, heard_intake: int = 0) -> Event:
    heard = {"intake": heard_intake} if heard_intake else None
    return author.says(
        Signed(reference=f"{author.dossier.id}:result", number="1/KQ", kind="decision", outcome="approved"), heard=heard
    )
