"""What notify does on each event it hears, and on what the provider answered; the tables are at the bottom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from dossier_notify.channels import Answer
from dossier_notify.rules.links import without_links
from dossier_notify.rules.messages import Moment, Texts
from dossier_notify.state import (
    PERSONAL,
    SMS,
    Kind,
    State,
    evolve,
    helped_is_due,
    is_handed_over,
    may_tell,
    reference_of,
    result_is_due,
    wish_of,
)
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.events import (
    Delivered,
    MessageFailed,
    MessageRequested,
    MessageRequestedSealed,
    MessageSent,
)
from dossier_shared.journal.dossier import Dossier, New, Rules
from dossier_shared.journal.effects import Intent
from dossier_shared.journal.forgetting import forgets
from dossier_shared.problems import Conflict, IllegalTransition
from dossier_shared.vocabulary.phone import is_mobile

# -- events heard ----------------------------------------------------------------------------------------------------------


def on_submitted(texts: Texts, state: State, event: Event) -> Sequence[New]:
    """Usually nothing; but somebody may have filed it for the person, or the result was heard before the filing."""
    if result_is_due(state):
        return _tell(texts, state, event)
    if not helped_is_due(state):
        return ()
    helper = without_links(event.open().get("filed_by") or "")
    return [_request(state, event, "helped", texts.compose("helped", code=state["code"], detail=helper))]


def on_refused(texts: Texts, state: State, event: Event) -> Sequence[New]:
    if not may_tell(state, "refused"):
        return ()
    reason = without_links(event.open().get("reason", ""))
    return [_request(state, event, "refused", texts.compose("refused", code=state["code"], detail=reason))]


def on_signed(texts: Texts, state: State, event: Event) -> Sequence[New]:
    """Without the filing nobody knows whom to tell: `on_submitted` goes on."""
    return _tell(texts, state, event) if result_is_due(state) else ()


def on_downloaded(texts: Texts, state: State, event: Event) -> Sequence[New]:
    """It is in their hands, however they had wished for it. What told them of it, if anything did, stands."""
    if "result" not in state or "delivery" in state:
        return ()
    told = any(m["kind"] == "result" and m["status"] == "sent" for m in state.get("messages", ()))
    return [_delivered(informed=told, not_before=event.time)]


# -- what the provider answered ----------------------------------------------------------------------------------------------


def on_answer(intent: Intent[State], answer: Answer) -> Sequence[New]:
    """The result is delivered either way, unless it waits to be handed over; only whether the citizen was told differs."""
    if answer.reason is None:
        outcome = New(MessageSent(reference=intent.reference, provider_id=answer.provider_id))
    else:
        outcome = New(MessageFailed(reference=intent.reference, reason=answer.reason))
    if wish_of(intent.state)["kind"] != "result" or "delivery" in intent.state:  # sent again after it had failed
        return [outcome]
    if is_handed_over(intent.state):
        return [outcome]
    return [outcome, _delivered(informed=answer.reason is None)]


# -- what an administrator asks -----------------------------------------------------------------------------------------------


def failure_of(dossier: Dossier[State]) -> Mapping[str, Any]:
    """Of the latest message that failed."""
    message = next(m for m in reversed(dossier.state["messages"]) if m["status"] == "failed")
    return {
        "reference": message["reference"], "reason": message["reason"], "attempts": 0, "since": message["requested_at"],
    }  # fmt: skip


def again(dossier: Dossier[State]) -> Sequence[New]:
    """The latest message once more, under a reference of its own: the provider knows the old one as refused. What cannot be
    sent, and nothing has changed, would only fail again."""
    messages = dossier.state.get("messages") or []
    if not messages or messages[-1]["status"] != "failed":
        raise IllegalTransition(
            vi="Tin nhắn gần nhất không bị hỏng, không cần gửi lại.", en="The latest message has not failed."
        )
    entry = next((e for e in reversed(dossier.journal) if e["type"] == "message-requested"), None)
    if entry is None:
        raise IllegalTransition(vi="Nội dung tin nhắn đã được lưu chuyển.", en="What it said has moved to a segment.")
    said = dossier.event("notify", entry).open()
    to = dossier.state.get("phone") or said["to"]
    if not is_mobile(to or ""):
        raise Conflict(
            "message-cannot-be-sent",
            "Số nhận không phải số di động Việt Nam nên gửi lại cũng không được. Hãy báo cho người nhận bằng cách khác.",
            "Its number is no Vietnamese mobile, so sending again cannot succeed. Tell whoever it was for in another way.",
        )
    first = next(m for m in messages if m["kind"] == messages[-1]["kind"])["reference"]
    return [
        New(
            MessageRequested(
                reference=f"{first}:{len(messages) + 1}", kind=messages[-1]["kind"], channel=messages[-1]["channel"]
            ),
            MessageRequestedSealed(to=to, text=said["text"]),
        )
    ]


# -- what they share ---------------------------------------------------------------------------------------------------------


def _tell(texts: Texts, state: State, event: Event) -> Sequence[New]:
    """What is not handed over is delivered by telling, also where there is nobody to tell."""
    if not may_tell(state, "result"):
        return () if is_handed_over(state) else [_delivered(informed=False, not_before=state["result"]["at"])]
    moment: Moment = "approved" if state["result"]["outcome"] == "approved" else "rejected"
    if state.get("wished") == "counter":
        moment = "at_counter"
    text = texts.compose(moment, code=state["code"], detail=state["procedure_name"])
    return [_request(state, event, "result", text, not_before=state["result"]["at"])]


def _request(state: State, event: Event, kind: Kind, text: str, not_before: str | None = None) -> New:
    return New(
        MessageRequested(reference=reference_of(event.dossier, kind), kind=kind, channel=SMS),
        MessageRequestedSealed(to=state["phone"] or "", text=text),
        not_before=not_before,
    )


def _delivered(*, informed: bool, not_before: str | None = None) -> New:
    return New(Delivered(how="online", informed=informed), not_before=not_before)


HEARD = {"submitted": on_submitted, "refused": on_refused, "signed": on_signed, "downloaded": on_downloaded}


def rules(texts: Texts) -> Rules[State]:
    return Rules(
        source="notify",
        evolve=evolve,
        forget=forgets(PERSONAL),
        hear={type_: partial(handler, texts) for type_, handler in HEARD.items()},
        causal_sources=frozenset({"intake", "signing"}),
    )
