"""What intake says: filed, completed, accepted, put right, taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from dossier_review.evolving.moves import moved, without
from dossier_review.state import APPRAISAL, AskedRegister, Paper, Standing, State
from dossier_shared.contracts import lifecycle
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.events import whole

_STANDING: Final[Mapping[str, Standing]] = {
    "found": "answered", "not-found": "answered", "unavailable": "silent", "not-asked": "not-asked",
}  # fmt: skip
_AS_FILED = ("person", "filed_by", "consent", "received_at", "delivery", "channel", "fee_vnd")


def submitted(state: State, event: Event) -> State:
    data, sealed = whole(event.type, event.data), event.open()
    filed: State = {
        **state,
        "status": lifecycle.after(state.get("status", "draft"), event.type),
        "stage": None,
        "agency": event.agency,
        "code": data["code"],
        "procedure": data["procedure"],
        "procedure_name": data["procedure_name"],
        "result_kind": data["result_kind"],
        "straight_through": data["straight_through"],
        "owner": data["owner"],
        "agency_name": data["agency_name"],
        "overseers": data["overseers"],
        "holder": sealed["applicant"]["name"],
        "applicant": sealed["applicant"],
        "summary": sealed.get("summary", []),
        "form": sealed.get("form", {}),
        "documents": papers(event, data["documents"]),
        "submitted_at": event.time,
    }
    more = {key: data[key] for key in _AS_FILED if data[key] not in (None, "")}
    named = {"filed_by_name": sealed.get("filed_by"), "delivery_address": sealed.get("delivery_address")}
    if asked := _registers(sealed.get("evidence", ()), data["awaits"]):
        filed["registers"] = asked
    return cast(State, {**filed, **more, **{key: value for key, value in named.items() if value}})


def _registers(evidence: Sequence[Mapping[str, Any]], awaits: Sequence[Mapping[str, Any]]) -> list[AskedRegister]:
    """Which were asked, and whether they have answered; nothing of what."""
    until = {one["source"]: one["until"] for one in awaits}
    found: list[AskedRegister] = []
    for one in evidence:
        source = one["source"]
        asked: AskedRegister = {"source": source, "standing": _STANDING.get(one["outcome"], "silent")}
        if source in until:
            asked = {"source": source, "standing": "awaited", "until": until[source]}
        found.append(asked)
    return found


def evidence_received(state: State, event: Event) -> State:
    source = event.data["source"]
    now: AskedRegister = {"source": source, "standing": "answered" if event.data["answered"] else "silent"}
    others = [one for one in state.get("registers", ()) if one["source"] != source]
    return {**moved(state, event), "registers": [*others, now]}


def papers(event: Event, documents: Sequence[Mapping[str, Any]]) -> list[Paper]:
    """Of what is handed in with an event; their file names are sealed, in the same order."""
    names = event.open().get("documents", [])
    return [
        {
            "code": one["code"], "id": one["id"], "type": one["type"], "size": one["size"],
            "name": names[number] if number < len(names) else "", "at": event.time,
        }
        for number, one in enumerate(documents)
    ]  # fmt: skip


def handed_in(state: State, event: Event) -> State:
    documents = event.data.get("documents", [])
    return {**state, "documents": [*state.get("documents", ()), *papers(event, documents)]} if documents else state


def completed(state: State, event: Event) -> State:
    return handed_in(moved(state, event), event)


def accepted(state: State, event: Event) -> State:
    return {
        **moved(state, event),
        "stage": APPRAISAL,
        "accepted_at": event.time,
        "due": event.data["appointment"],
        "lines": event.data.get("lines", []),
    }


def over(state: State, event: Event) -> State:
    return {**moved(state, event), "stage": None}


def rescheduled(state: State, event: Event) -> State:
    return {**state, "due": event.data["appointment"], "lines": event.data.get("lines", [])}


def withdrawal_requested(state: State, event: Event) -> State:
    return {**moved(state, event), "withdrawal": {"at": event.time, "reason": event.open().get("reason", "")}}


def corrected(state: State, event: Event) -> State:
    """What was put right replaces what was filed; the rest stays."""
    sealed, after = event.open(), moved(state, event)
    if (applicant := sealed.get("applicant")) is not None:
        after = {**after, "applicant": applicant, "holder": applicant["name"]}
    if (summary := sealed.get("summary")) is not None:
        after = {**after, "summary": summary}
    if (form := sealed.get("form")) is not None:
        after = {**after, "form": form}
    if (person := event.data.get("person")) is not None:  # the number was another's; empty: nobody's
        after = {**after, "person": person} if person else without(after, "person")
    return after


def consent_withdrawn(state: State, event: Event) -> State:
    return {**moved(state, event), "consent_withdrawn": event.time}


def signed(state: State, event: Event) -> State:
    """The result exists: what is left is to give it out."""
    return {**state, "signed_at": event.time}
