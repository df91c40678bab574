"""A dossier as notify sees it: how its state follows from events, and what is due. Pure.

Intake and signing are heard in any order, so `status` is the furthest that is known: each source is checked against its own
past (`filing` moves by the lifecycle table; there is one result), and the two against each other only where they contradict.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, NotRequired, cast

from typing_extensions import TypedDict

from dossier_shared.contracts import lifecycle
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.events import whole
from dossier_shared.journal.dossier import CoreState
from dossier_shared.problems import IllegalTransition
from dossier_shared.vocabulary.persons import GONE
from dossier_shared.vocabulary.sms import cost

# what these say is the person's: of whom is erased it is replaced by this (`journal.forgetting`)
PERSONAL: Final = {"applicant": GONE, "citizen_id": None, "phone": None, "to": GONE, "text": GONE}
Kind = Literal["refused", "result", "helped"]
SMS, PUSH = "sms", "push"
HANDED_OVER = ("counter", "post")


class Result(TypedDict):
    """As signing says."""

    at: str
    number: str
    kind: str
    outcome: str  # approved | rejected


class Outcome(TypedDict):
    """What became of a message: `provider_id` where it was sent, else why not."""

    status: Literal["requested", "sent", "failed"]
    provider_id: NotRequired[str]
    reason: NotRequired[str]
    done_at: NotRequired[str]


class Message(Outcome):
    """`kind`: refused, result, helped, alarm, consent-code or notice. `parts`: what it costs."""

    reference: str
    kind: str
    channel: str
    encoding: str
    parts: int
    requested_at: str


class Wish(TypedDict):
    """The message asked for and not yet sent."""

    reference: str
    kind: str
    to: str
    text: str


class Code(TypedDict):
    """Of a message with a code of consent: what only notify opens, and until when it holds."""

    id: str
    end: str
    sealed: str


class Notice(TypedDict):
    """Of a message to a device: which one, about what, of which dossier, and from when on it is no news any more."""

    device: str
    moment: str
    code: str
    end: str


class Delivery(TypedDict):
    """The result is in the citizen's hands. `how`: online, counter or post. `informed`: a message about it was sent. Of one
    handed over also by which paper (citizen_id, passport, authority), and what was signed: screen or paper."""

    how: str
    informed: bool
    at: str
    identified_by: NotRequired[str]
    signed_on: NotRequired[str]


class State(CoreState, total=False):
    """Instants are ISO 8601, UTC. Of a dossier only signing has spoken of, most is missing."""

    status: str  # the furthest that is known, of lifecycle.STATES
    filing: str  # by intake's events alone
    code: str
    procedure: str
    procedure_name: str
    owner: str
    person: str | None  # whom it is about
    consent_until: str | None  # from then on who filed for the person may see nothing of it
    consent_withdrawn: str
    received_at: str | None  # code of the centre that took it in
    wished: str  # how the result is wished for: online, counter, post; empty: not said
    applicant: str  # their name
    citizen_id: str | None  # the applicant's, to compare with who comes for the result
    overseers: list[str]  # agencies above its agency, the nearest first
    wants: list[Kind]  # moments at which the citizen is told
    phone: str | None
    submitted_at: str
    result: Result
    messages: list[Message]
    intent: Wish | None
    queue: list[Wish]  # asked for while another message was under way: they follow, one after the other
    delivery: Delivery
    alarm: str  # of a message about an alarm, which is a document of its own: which one
    number: int  # and which of the times it was raised
    consent_code: Code  # of a message with a code of consent, which is a document of its own
    notice: Notice  # of a message to a device, which is a document of its own


def evolve(state: State, event: Event) -> State:
    apply = _EVOLVE.get(event.type)
    return apply(state, event) if apply else state


def reference_of(dossier: str, kind: Kind) -> str:
    """One message of a kind per dossier, whoever sends it and however often it is tried."""
    return f"{dossier}:{kind}"


def may_tell(state: State, kind: Kind) -> bool:
    """The procedure has this message and there is a phone to send it to."""
    return kind in state["wants"] and bool(state["phone"])


def wish_of(state: State) -> Wish:
    """Of a state whose intent is open."""
    return cast(Wish, state["intent"])


def result_is_due(state: State) -> bool:
    """Both halves are here (who to tell, and what about) and nothing has been done about it yet."""
    return "filing" in state and state.get("status") == "signed" and not _has(state, "result")


def _has(state: State, kind: Kind) -> bool:
    """A message of it was asked for."""
    return any(message["kind"] == kind for message in state.get("messages", ()))


def helped_is_due(state: State) -> bool:
    """Somebody filed it by the person's leave, and nothing was said to them yet: not after it has ended otherwise."""
    return may_tell(state, "helped") and not state.get("messages")


def is_handed_over(state: State) -> bool:
    """Telling is not enough: the result waits until somebody takes it, or the post does."""
    return state.get("wished") in HANDED_OVER


# -- intake ----------------------------------------------------------------------------------------------------------------


def _submitted(state: State, event: Event) -> State:
    data, applicant = whole(event.type, event.data), event.open().get("applicant", {})
    return {
        **_filed(state, event),
        "agency": state["agency"] if "result" in state else event.agency,  # handed over to another meanwhile, it signed
        "code": data["code"],
        "procedure": data["procedure"],
        "procedure_name": data["procedure_name"],
        "owner": data["owner"],
        "person": data["person"],
        "consent_until": (data["consent"] or {}).get("until"),
        "received_at": data["received_at"],
        "wished": data["delivery"],
        "overseers": data["overseers"],
        "wants": data["messages"],
        "submitted_at": event.time,
        "applicant": applicant.get("name", ""),
        "citizen_id": applicant.get("citizen_id"),
        "phone": applicant.get("phone"),
    }


def _corrected(state: State, event: Event) -> State:
    """An officer has put right what the applicant said of themselves."""
    applicant, person = event.open().get("applicant"), event.data.get("person")
    if person is not None:  # the number was another's; empty: nobody's
        state = {**state, "person": person or None}
    if not applicant:
        return state
    return {
        **state,
        "applicant": applicant.get("name", ""),
        "citizen_id": applicant.get("citizen_id"),
        "phone": applicant.get("phone"),
    }


def _consent_withdrawn(state: State, event: Event) -> State:
    lifecycle.after(state.get("filing", "draft"), event.type)
    return {**state, "consent_withdrawn": event.time}


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
    data = whole(event.type, event.data)
    result: Result = {"at": event.time, "number": data["number"], "kind": data["kind"], "outcome": data["outcome"]}
    whose: State = {
        "owner": data["owner"],
        "person": data["person"],
        "consent_until": data["consent_until"],
        "received_at": data["received_at"],
        "wished": data["delivery"],
    }
    if data["consent_withdrawn"]:
        whose["consent_withdrawn"] = data["consent_withdrawn"]
    return {**whose, **state, "agency": event.agency, "status": "signed", "result": result}


# -- notify's own ------------------------------------------------------------------------------------------------------------


def _requested(state: State, event: Event) -> State:
    data, sealed = event.data, event.open()
    under_way = state.get("intent")
    if under_way and under_way["kind"] != "helped":
        raise _contradiction("đang gửi một tin nhắn", "has a message under way", event.type)
    price = cost(sealed["text"])
    message: Message = {
        "reference": data["reference"],
        "kind": data["kind"],
        "channel": data["channel"],
        "status": "requested",
        "encoding": price.encoding,
        "parts": price.parts,
        "requested_at": event.time,
    }
    intent: Wish = {"reference": data["reference"], "kind": data["kind"], "to": sealed["to"], "text": sealed["text"]}
    asked: State = {**state, "messages": [*state.get("messages", []), message]}
    if under_way:
        return {**asked, "queue": [*state.get("queue", []), intent]}
    return {**asked, "intent": intent}


def _sent(state: State, event: Event) -> State:
    return _closed(state, event, {"status": "sent", "provider_id": event.data["provider_id"]})


def _failed(state: State, event: Event) -> State:
    return _closed(state, event, {"status": "failed", "reason": event.data["reason"]})


def _closed(state: State, event: Event, outcome: Outcome) -> State:
    reference = event.data["reference"]
    intent = state.get("intent")
    if intent is None or intent["reference"] != reference:
        raise _contradiction("không có tin nhắn này đang gửi", "has no such message under way", event.type)
    messages: list[Message] = [
        {**message, **outcome, "done_at": event.time} if message["reference"] == reference else message
        for message in state["messages"]
    ]
    closed: State = {**state, "messages": messages, "intent": None}
    if queue := closed.pop("queue", []):
        closed["intent"] = queue[0]
        if queue[1:]:
            closed["queue"] = queue[1:]
    return closed


def _delivered(state: State, event: Event) -> State:
    delivery: Delivery = {"how": event.data["how"], "informed": event.data["informed"], "at": event.time}
    if identified_by := event.data.get("identified_by"):
        delivery |= {"identified_by": identified_by, "signed_on": event.data.get("signed_on") or "paper"}
    return {**state, "status": lifecycle.after(state["status"], event.type), "delivery": delivery}


def _contradiction(vi: str, en: str, event: str) -> IllegalTransition:
    return IllegalTransition(
        vi=f"Hồ sơ {vi}, không thể ghi nhận '{event}'.", en=f"The dossier {en}; '{event}' cannot follow."
    )


_EVOLVE: Final[dict[str, Callable[[State, Event], State]]] = {
    "submitted": _submitted,
    "completion-requested": _filed,
    "completed": _filed,
    "accepted": _filed,
    "refused": _filed,
    "withdrawn": _filed,
    "corrected": _corrected,
    "consent-withdrawn": _consent_withdrawn,
    "signed": _signed,
    "message-requested": _requested,
    "message-sent": _sent,
    "message-failed": _failed,
    "delivered": _delivered,
}
