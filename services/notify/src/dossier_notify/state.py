"""A dossier as notify sees it: how its state follows from events, and what is due. Pure.

Intake and signing are heard in any order, so `status` is the furthest that is known: each source is checked against its own
past (`filing` moves by the lifecycle table; there is one result), and the two against each other only where they contradict.
"""

from __future__ import annotations

from typing import Any, Literal

from dossier_shared.contracts import lifecycle
from dossier_shared.contracts.envelope import Event
from dossier_shared.journal.dossier import State
from dossier_shared.problems import IllegalTransition
from dossier_shared.vocabulary.sms import cost

Kind = Literal["refused", "result"]
SMS = "sms"


def evolve(state: State, event: Event) -> State:
    apply = _EVOLVE.get(event.type)
    return apply(state, event) if apply else state


def reference_of(dossier: str, kind: Kind) -> str:
    """One message of a kind per dossier, whoever sends it and however often it is tried."""
    return f"{dossier}:{kind}"


def may_tell(state: State, kind: Kind) -> bool:
    """The procedure has this message and there is a phone to send it to."""
    return kind in state["wants"] and bool(state["phone"])


def result_is_due(state: State) -> bool:
    """Both halves are here (who to tell, and what about) and nothing has been done about it yet."""
    return "filing" in state and state.get("status") == "signed" and not state.get("messages")


# -- intake ----------------------------------------------------------------------------------------------------------------


def _submitted(state: State, event: Event) -> State:
    data = event.data
    return {
        **_filed(state, event),
        "agency": event.agency,
        "code": data["code"],
        "procedure": data["procedure"],
        "procedure_name": data.get("procedure_name", ""),
        "owner": data["owner"],
        "overseers": data.get("overseers", []),
        "wants": data.get("messages", []),
        "phone": event.open().get("applicant", {}).get("phone"),
        "submitted_at": event.time,
    }


def _filed(state: State, event: Event) -> State:
    filing = lifecycle.after(state.get("filing", "draft"), event.type)
    if filing == "refused" and "result" in state:
        raise _contradiction("đã có kết quả", "has a result", "refused")
    return {**state, "filing": filing, "status": filing if "result" not in state else state["status"]}


# -- signing ---------------------------------------------------------------------------------------------------------------


def _signed(state: State, event: Event) -> State:
    if "result" in state:
        raise _contradiction("đã có kết quả", "has a result", "signed")
    if state.get("filing") == "refused":
        raise _contradiction("không được tiếp nhận", "was refused", "signed")
    data = event.data
    result = {"at": event.time, "number": data["number"], "kind": data["kind"], "outcome": data["outcome"]}
    return {"agency": event.agency, "owner": data.get("owner", ""), **state, "status": "signed", "result": result}


# -- notify's own ------------------------------------------------------------------------------------------------------------


def _requested(state: State, event: Event) -> State:
    data, sealed = event.data, event.open()
    if state.get("intent"):
        raise _contradiction("đang gửi một tin nhắn", "has a message under way", event.type)
    price = cost(sealed["text"])
    message = {
        "reference": data["reference"],
        "kind": data["kind"],
        "channel": data["channel"],
        "status": "requested",
        "encoding": price.encoding,
        "parts": price.parts,
        "requested_at": event.time,
    }
    intent = {"reference": data["reference"], "kind": data["kind"], "to": sealed["to"], "text": sealed["text"]}
    return {**state, "messages": [*state.get("messages", []), message], "intent": intent}


def _sent(state: State, event: Event) -> State:
    return _closed(state, event, {"status": "sent", "provider_id": event.data["provider_id"]})


def _failed(state: State, event: Event) -> State:
    return _closed(state, event, {"status": "failed", "reason": event.data["reason"]})


def _closed(state: State, event: Event, outcome: dict[str, Any]) -> State:
    reference = event.data["reference"]
    if (state.get("intent") or {}).get("reference") != reference:
        raise _contradiction("không có tin nhắn này đang gửi", "has no such message under way", event.type)
    messages = [
        {**message, **outcome, "done_at": event.time} if message["reference"] == reference else message
        for message in state["messages"]
    ]
    return {**state, "messages": messages, "intent": None}


def _delivered(state: State, event: Event) -> State:
    delivery = {"how": event.data["how"], "informed": event.data["informed"], "at": event.time}
    return {**state, "status": lifecycle.after(state["status"], event.type), "delivery": delivery}


def _contradiction(vi: str, en: str, event: str) -> IllegalTransition:
    return IllegalTransition(
        vi=f"Hồ sơ {vi}, không thể ghi nhận '{event}'.", en=f"The dossier {en}; '{event}' cannot follow."
    )


_EVOLVE = {
    "submitted": _submitted,
    "accepted": _filed,
    "refused": _filed,
    "signed": _signed,
    "message-requested": _requested,
    "message-sent": _sent,
    "message-failed": _failed,
    "delivered": _delivered,
}
