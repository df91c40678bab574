"""The dossier as intake sees it: filed, accepted or refused here; the rest heard, for the citizen's view. Pure.

Between topics there is no order, so what others report may come in any, and leads to the same. What review says is in its own
order and moves the dossier to and fro, until it ends or is signed. What signing sends back names the decision it was.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, Unpack

from dossier_intake.state_types import AskedOfCitizen, Brought, Heard, StoodStill, What
from dossier_intake.state_types import State as State
from dossier_shared.contracts import lifecycle
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.events import whole
from dossier_shared.journal.limits import act_by

_RANK = {name: rank for rank, name in enumerate(lifecycle.STATES)}
_SETTLED = lifecycle.ENDED | {"signed"}  # what review said before is known too late to move it
_DECISION: Final[tuple[Literal["outcome", "decided_at", "decided_by", "reason"], ...]] = (
    "outcome",
    "decided_at",
    "decided_by",
    "reason",
)
_PORTAL_OF = {move.to: move.portal for move in lifecycle.TABLE if move.to}
_ASKS: Final[dict[str, What]] = {  # what a request waits for
    "supplement-requested": "supplement",
    "payment-requested": "payment",
    "consultation-requested": "consultation",
}


def evolve(state: State, event: Event) -> State:
    apply = _EVOLVE.get(event.type)
    return apply(state, event) if apply else state


def offices(state: State) -> set[str]:
    """The agency that decides, and the centre that took it in."""
    return {code for code in (state.get("agency"), state.get("received_at")) if code}


def filed_for_another(state: State) -> bool:
    """By an account that sees it for as long as the person consents, and no longer."""
    return bool(state.get("owner")) and state.get("filed_by", {"kind": ""})["kind"] in ("helper", "bulk")


def consent_ended(state: State, now: str) -> str:
    """Since when who filed it for somebody else may see nothing of it; empty while they may."""
    ends = [state.get("consent_withdrawn", ""), state.get("consent_until", "")]
    return min((at for at in ends if at and at <= now), default="") if filed_for_another(state) else ""


def wish_waits(state: State) -> bool:
    """The person has asked for it back and has no answer yet."""
    wish = state.get("withdrawal")
    return wish is not None and "declined_at" not in wish


def _submitted(state: State, event: Event) -> State:
    data = whole(event.type, event.data)
    filed: State = {
        **state,
        "status": lifecycle.after(state.get("status", "draft"), event.type),
        "portal_status": event.portal,
        "agency": event.agency,
        "submitted_at": event.time,
        "applicant": event.open()["applicant"],
        "code": data["code"],
        "procedure": data["procedure"],
        "procedure_name": data["procedure_name"],
        "agency_name": data["agency_name"],
        "catalogue": data["catalogue"],
        "channel": data["channel"],
        "owner": data["owner"],
        "limit": data["limit"],
        "documents": data["documents"],
        "fee_vnd": data["fee_vnd"],
    }
    if data["person"]:
        filed["person"] = data["person"]
    if data["filed_by"]:
        filed["filed_by"] = {"sub": data["filed_by"]["sub"], "kind": data["filed_by"]["kind"]}
        if filed_for_another(filed) and (name := event.open().get("filed_by")):
            filed["filed_by_name"] = name
    if data["consent"] and (until := data["consent"].get("until")):
        filed["consent_until"] = until
    if data["received_at"]:
        filed["received_at"] = data["received_at"]
    if data["delivery"]:
        filed["delivery"] = data["delivery"]
    if data["awaits"]:
        filed["awaits"] = data["awaits"]
    return filed


def _evidence_received(state: State, event: Event) -> State:
    lifecycle.after(state.get("status", "draft"), event.type)
    source = event.data["source"]
    later: Heard = {"source": source, "at": event.time, "answered": event.data["answered"]}
    return {
        **state,
        "awaits": [one for one in state.get("awaits", ()) if one["source"] != source],
        "heard_later": [*state.get("heard_later", ()), later],
    }


def _completion_requested(state: State, event: Event) -> State:
    until = event.data.get("until")
    asked: AskedOfCitizen = {"what": "completion", "at": event.time, "text": event.open().get("text"), "until": until}
    moved: State = {**_own(state, event), "asked": asked}
    if limit := act_by(event, until):
        moved["act_by"] = limit
    return moved


def _completed(state: State, event: Event) -> State:
    return {**_own(_unasked(state), event), "brought": [*state.get("brought", ()), _brought("completion", event)]}


def _brought(what: What, event: Event) -> Brought:
    sealed = event.open()
    kind: Final = "completion" if what == "completion" else "supplement"
    return {"what": kind, "at": event.time, "text": sealed.get("text"), "papers": sealed.get("documents", [])}


def _accepted(state: State, event: Event) -> State:
    return {
        **_own(_unasked(state), event),
        "accepted_at": event.time,
        "appointment": event.data["appointment"],
        "appointment_lines": event.data.get("lines", []),
        **_of_a_register(event),
        **_corrected_limit(event),
    }


def _of_a_register(event: Event) -> State:
    """What is computed gives its reasons; an older register's appointment has none."""
    return {"promised": event.data["appointment"]} if event.data.get("lines") == [] else {}


def _corrected_limit(event: Event) -> State:
    corrected = event.data.get("corrected")
    return {"limit": corrected["limit"]} if corrected else {}


def _refused(state: State, event: Event) -> State:
    return {**_own(_unasked(state), event), "refused_at": event.time, "reason": event.open().get("reason")}


def _answered(state: State, event: Event) -> State:
    """The clock runs again: the pause is known, and the appointment it led to."""
    moved = _own(state, event)
    asked = moved.pop("asked")
    if event.type == "supplement-received":
        moved["brought"] = [*state.get("brought", ()), _brought("supplement", event)]
    return {
        **moved,
        "pauses": [*state.get("pauses", ()), {"what": asked["what"], "start": asked["at"], "end": event.time}],
        "appointment": event.data["appointment"],
        "appointment_lines": event.data.get("lines", []),
        **_corrected_limit(event),
    }


def _requested(state: State, event: Event) -> State:
    """What another agency is asked is between the offices; of several opinions the first request counts."""
    what, sealed = _ASKS[event.type], event.open()
    asked: AskedOfCitizen = {"what": what, "at": event.time}
    if what != "consultation":
        asked["text"] = sealed.get("text") or sealed.get("reason")
    elif state.get("asked", asked)["what"] == what:
        asked = state.get("asked", asked)
    if what == "payment":
        asked["amount_vnd"] = event.data["amount_vnd"]
    if what == "consultation":
        return _reported(state, event, asked=asked, consulted=[*_consulted(state, event), event.data["agency"]])
    return _reported(state, event, asked=asked)


def _consulted(state: State, event: Event) -> list[str]:
    """Those awaited but the agency that the event is about."""
    return [agency for agency in state.get("consulted", ()) if agency != event.data["agency"]]


def _opinion_came(state: State, event: Event) -> State:
    """Or is not needed any more. While others are awaited it waits on."""
    over = not event.data.get("awaited") and state.get("asked", {}).get("what") == "consultation"
    kept = _unasked(state) if over else state.copy()
    kept["consulted"] = _consulted(state, event)
    return _reported(kept, event)


def _request_withdrawn(state: State, event: Event) -> State:
    """What was asked is not awaited any more; where the clock stood still for it, that was a pause."""
    asked = state.get("asked")
    kept = _unasked(state)
    if asked is None or asked["what"] != event.data["what"]:
        return _reported(state, event)  # answered here before: the answer was under way
    if asked["what"] in ("supplement", "payment"):
        pause: StoodStill = {"what": asked["what"], "start": asked["at"], "end": event.time, "taken_back": event.seq}
        kept["pauses"] = [*state.get("pauses", ()), pause]
    else:
        kept["consulted"] = []
    return _reported(kept, event)


def _unasked(state: State) -> State:
    kept = state.copy()
    kept.pop("asked", None)
    kept.pop("act_by", None)
    return kept


def _rescheduled(state: State, event: Event) -> State:
    return {**state, "appointment": event.data["appointment"], "appointment_lines": event.data.get("lines", [])}


def _extended(state: State, event: Event) -> State:
    data = event.data
    return {
        **state,
        "extensions": [
            *state.get("extensions", ()),
            {"amount": data["amount"], "unit": data["unit"], "at": event.time},
        ],
    }


def _handed_over(state: State, event: Event) -> State:
    name = event.data.get("agency_name") or event.data["to"]
    moved = _reported(state, event, agency_name=name)
    passed = [*state.get("handed_over", ()), {"agency_name": name, "at": event.time}]
    return {**moved, "agency": event.data["to"], "handed_over": passed}


def _withdrawn(state: State, event: Event) -> State:
    """Before it was accepted."""
    wish = event.open().get("reason", "")
    return {
        **_own(_unasked(state), event),
        "withdrawn_at": event.time,
        "withdrawal": {"at": event.time, "reason": wish},
    }


def _withdrawal_requested(state: State, event: Event) -> State:
    lifecycle.after(state.get("status", "draft"), event.type)
    wish = event.open().get("reason", "")
    return {**state, "withdrawal": {"at": event.time, "reason": wish}, "portal_status": event.portal}


def _withdrawal_granted(state: State, event: Event) -> State:
    return _reported(_unasked(state), event, withdrawn_at=event.time)


def _withdrawal_declined(state: State, event: Event) -> State:
    """The portal shows again where it stands."""
    if "withdrawal" not in state:
        return state
    answer = event.open().get("reason", "")
    answered: State = {**state, "withdrawal": {**state["withdrawal"], "declined_at": event.time, "answer": answer}}
    if answered.get("status", "draft") not in _SETTLED:
        answered["portal_status"] = _PORTAL_OF[answered["status"]]
    return answered


def _corrected(state: State, event: Event) -> State:
    """The applicant as they are now called; `person` where the number was another's."""
    lifecycle.after(state.get("status", "draft"), event.type)
    corrected = state.copy()
    if applicant := event.open().get("applicant"):
        corrected["applicant"] = applicant
    person = event.data.get("person")
    if person:
        corrected["person"] = person
    elif person == "":
        corrected.pop("person", None)
    return corrected


def _consent_withdrawn(state: State, event: Event) -> State:
    lifecycle.after(state.get("status", "draft"), event.type)
    return {**state, "consent_withdrawn": event.time}


def _stopped(state: State, event: Event) -> State:
    kept = _unasked(state)
    return _reported(kept, event, stopped_at=event.time, reason=event.open().get("reason"))


def _own(state: State, event: Event) -> State:
    status = lifecycle.after(state.get("status", "draft"), event.type)
    return {**state, "status": status, "portal_status": event.portal}


def _reported(state: State, event: Event, **more: Unpack[State]) -> State:
    """What another service says happened. Review's word counts in review's order, until it is signed or over; of the others the
    furthest state wins."""
    status = None if event.data.get("awaited") else lifecycle.MOVES[event.type].to
    before = state.get("status", "draft")
    moves = before not in _SETTLED if event.source == "review" else _further(status, before)
    if status and moves:
        portal = lifecycle.PORTAL["withdrawal-requested"] if _still_wished(state, status) else event.portal
        return {**state, "status": status, "portal_status": portal, **more}
    return {**state, **more} if more else state


def _further(status: str | None, before: str) -> bool:
    return before not in lifecycle.ENDED and _RANK[status or "draft"] > _RANK[before]


def _still_wished(state: State, status: str) -> bool:
    return wish_waits(state) and status not in _SETTLED


def _decided(state: State, event: Event) -> State:
    """What the leader wrote beside an approval is the office's own. One that was sent back before it came here is none."""
    if event.seq <= state.get("sent_back", 0):
        return _back_in_review(state, event)
    decided = _reported(state, event, outcome=event.type, decided_at=event.time, decided_by=event.seq).copy()
    decided.pop("reason", None)  # of an earlier decision
    return {**decided, "reason": event.open().get("reason")} if event.type == "rejected" else decided


def _sent_back(state: State, event: Event) -> State:
    """It is appraised again, unless a later decision has come here already."""
    decision = event.heard.get("review", 0)
    known: State = {**state, "sent_back": max(decision, state.get("sent_back", 0))}
    if state.get("decided_by", 0) > decision:
        return known
    undecided = known.copy()
    for key in _DECISION:
        undecided.pop(key, None)
    return _back_in_review(undecided, event) if state.get("status") in ("approved", "rejected") else undecided


def _back_in_review(state: State, event: Event) -> State:
    if state.get("status", "draft") in _SETTLED:
        return state
    portal = lifecycle.PORTAL["withdrawal-requested" if wish_waits(state) else "sent-back"]
    return {**state, "status": "in_review", "portal_status": portal}


def _signed(state: State, event: Event) -> State:
    return _reported(
        state, event, signed_at=event.time, result_number=event.data["number"], result_file=event.data.get("file")
    )


def _delivered(state: State, event: Event) -> State:
    return _reported(state, event, delivered_at=event.time)


def _downloaded(state: State, event: Event) -> State:
    return {**state, "downloaded_at": event.time}


_EVOLVE: Final[dict[str, Callable[[State, Event], State]]] = {
    "submitted": _submitted,
    "completion-requested": _completion_requested,
    "completed": _completed,
    "accepted": _accepted,
    "refused": _refused,
    "supplement-received": _answered,
    "payment-confirmed": _answered,
    "withdrawal-requested": _withdrawal_requested,
    "withdrawn": _withdrawn,
    "corrected": _corrected,
    "consent-withdrawn": _consent_withdrawn,
    "evidence-received": _evidence_received,
    "supplement-requested": _requested,
    "payment-requested": _requested,
    "consultation-requested": _requested,
    "consultation-answered": _opinion_came,
    "consultation-withdrawn": _opinion_came,
    "request-withdrawn": _request_withdrawn,
    "rescheduled": _rescheduled,
    "extended": _extended,
    "withdrawal-granted": _withdrawal_granted,
    "withdrawal-declined": _withdrawal_declined,
    "handed-over": _handed_over,
    "stopped": _stopped,
    "appraised": _reported,
    "returned": _reported,
    "approved": _decided,
    "rejected": _decided,
    "sent-back": _sent_back,
    "signed": _signed,
    "delivered": _delivered,
    "downloaded": _downloaded,
}
