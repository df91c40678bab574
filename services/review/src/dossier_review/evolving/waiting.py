"""What a case waits for, and what is answered: one thing of the citizen, or the opinions of several agencies."""

from __future__ import annotations

from typing import Unpack, cast

from dossier_review.evolving.filing import handed_in
from dossier_review.evolving.moves import moved, person, without
from dossier_review.state import (
    APPRAISAL,
    WAITING,
    About,
    Answer,
    AskedFor,
    Consultation,
    HandedIn,
    Request,
    State,
    What,
)
from dossier_shared.contracts import lifecycle
from dossier_shared.contracts.envelope import Event
from dossier_shared.journal.limits import act_by


def awaited_opinions(state: State) -> list[Consultation]:
    """The open questions, the earliest first; a case that waits since an earlier release has one without an id."""
    waits = state.get("waits_for")
    if waits is None or waits["what"] != "consultation":
        return []
    alone: Consultation = {
        "id": "", "agency": waits.get("agency", ""), "text": waits["text"], "since": waits["since"],
        "by": waits.get("by", ""),
    }  # fmt: skip
    return state.get("consultations") or [alone]


def supplement_requested(state: State, event: Event) -> State:
    return _waits(state, event, "supplement", event.open().get("text"))


def payment_requested(state: State, event: Event) -> State:
    return _waits(state, event, "payment", event.open().get("reason"), amount_vnd=event.data["amount_vnd"])


def consultation_requested(state: State, event: Event) -> State:
    data, number = event.data, state.get("questions", 0) + 1
    new: Consultation = {
        "id": data.get("id") or "", "agency": data["agency"], "text": event.open().get("question"),
        "since": event.time, "by": person(event), "seq": event.seq,
    }  # fmt: skip
    if limit := data.get("limit"):
        new["limit"] = limit
        if (remembered := act_by(event, limit)) is not None:
            new["act_by"] = remembered
    after: State = {**moved(state, event), "stage": WAITING, "questions": number}
    return _awaiting(after, [*awaited_opinions(state), new])


def consultation_overdue(state: State, event: Event) -> State:
    late = _asked_by(state, event)
    found: list[Consultation] = [
        cast(Consultation, {**{k: v for k, v in one.items() if k != "act_by"}, "overdue": True}) if one is late else one
        for one in awaited_opinions(state)
    ]
    return _awaiting(moved(state, event), found)


def consultation_answered(state: State, event: Event) -> State:
    asked = _asked_by(state, event)
    after = _opinion_gone(state, event, asked)
    answer: Answer = {"asked": _told(_request(asked)), "at": event.time, "text": event.open().get("answer")}
    return {**after, "answers": [*state.get("answers", ()), answer]}


def consultation_withdrawn(state: State, event: Event) -> State:
    return _opinion_gone(state, event, _asked_by(state, event))


def _asked_by(state: State, event: Event) -> Consultation | None:
    """The open question an event is about: by its id, or as an earlier release has it, by the agency."""
    data, open_ = event.data, awaited_opinions(state)
    known = [one for one in open_ if data.get("id") and one["id"] == data["id"]]
    return next(iter(known or [one for one in open_ if one["agency"] == data["agency"]]), None)


def _opinion_gone(state: State, event: Event, asked: Consultation | None) -> State:
    """It stays where it is until the last opinion is in."""
    left = [one for one in awaited_opinions(state) if one is not asked and one != asked]
    status = lifecycle.after(state["status"], event.type, {"awaited": len(left)})
    after: State = {**state, "status": status}
    return _awaiting(after, left) if left else {**_awaiting(after, []), "stage": APPRAISAL}


def _awaiting(state: State, opinions: list[Consultation]) -> State:
    """With these opinions awaited, and what lists and limits ask for."""
    after = without(state, "waits_for", "consultations", "asked", "act_by")
    if not opinions:
        return after
    after = {
        **after,
        "waits_for": _request(opinions[0]),
        "consultations": opinions,
        "asked": list(dict.fromkeys(one["agency"] for one in opinions)),
    }
    limits = [one["act_by"] for one in opinions if "act_by" in one]
    return {**after, "act_by": min(limits)} if limits else after


def _request(asked: Consultation | None) -> Request:
    if asked is None:
        return {"what": "consultation", "since": "", "text": None, "by": ""}
    found: Request = {
        "what": "consultation", "since": asked["since"], "text": asked["text"], "by": asked["by"], "agency": asked["agency"],
    }  # fmt: skip
    return {**found, "seq": asked["seq"]} if "seq" in asked else found


def _waits(state: State, event: Event, what: What, text: str | None, **about: Unpack[About]) -> State:
    waits: Request = {
        "what": what, "since": event.time, "text": text, "by": person(event), "seq": event.seq, **about,
    }  # fmt: skip
    return {**moved(state, event), "stage": WAITING, "waits_for": waits}


def supplement_received(state: State, event: Event) -> State:
    sealed = event.open()
    after = _answered(
        state, event, "supplement", sealed.get("text"),
        documents=[document["id"] for document in event.data.get("documents", [])], names=sealed.get("documents", []),
    )  # fmt: skip
    return handed_in(after, event)


def payment_confirmed(state: State, event: Event) -> State:
    return _answered(state, event, "payment", event.open().get("receipt"))


def _answered(state: State, event: Event, what: What, text: str | None, **papers: Unpack[HandedIn]) -> State:
    """Back to appraisal; intake says which appointment holds from now on.

    What answers a request that was taken back meanwhile is kept, and moves nothing.
    """
    asked = state.get("withdrawn", {}).get(what)
    if asked is not None and not _awaited(state, event, what):
        after = state.copy()
    else:
        after = {**moved(state, event), "stage": APPRAISAL}
        asked = after.pop("waits_for")
    answer: Answer = {"asked": _told(asked), "at": event.time, "text": text, **papers}
    return {
        **after,
        "answers": [*state.get("answers", ()), answer],
        "due": event.data.get("appointment", state["due"]),
        "lines": event.data.get("lines", []),
    }


def _awaited(state: State, event: Event, what: What) -> bool:
    """It answers the present request, which its writer had heard of."""
    waits = state.get("waits_for")
    if waits is None or waits["what"] != what:
        return False
    return event.heard.get("review", 0) >= waits.get("seq", 0)


def _told(asked: Request) -> AskedFor:
    return cast(AskedFor, {key: value for key, value in asked.items() if key not in ("by", "seq")})


def request_withdrawn(state: State, event: Event) -> State:
    waits = state["waits_for"]
    withdrawn = {**state.get("withdrawn", {}), waits["what"]: waits}
    return {**_awaiting(moved(state, event), []), "stage": APPRAISAL, "withdrawn": withdrawn}
