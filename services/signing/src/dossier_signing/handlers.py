"""What signing does on each command, each event it hears, and each signature made; the tables are at the bottom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.events import (
    Downloaded,
    Letterhead,
    ReasonSealed,
    SentBack,
    Signed,
    SigningFailed,
    SigningRequested,
    SigningRequestedSealed,
)
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import Dossier, Handler, New, Rules
from dossier_shared.journal.effects import Intent
from dossier_shared.journal.forgetting import forgets
from dossier_shared.problems import Conflict, IllegalTransition, NotReady
from dossier_signing.documents.outcomes import Made, NotMade
from dossier_signing.documents.printed import check_document
from dossier_signing.state import PERSONAL, SIGNATURE, State, evolve, number_of, reference_of, registry_entry


class Seen(NamedTuple):
    """A preview: SHA-256 of the document, and the second printed on it."""

    sha256: str
    at: str


def request_signature(
    dossier: str,
    state: State,
    who: Principal,
    substitute: bool = False,
    head: Letterhead | None = None,
    seen: Seen | None = None,
    run: str | None = None,
) -> Sequence[New]:
    """A leader's word; the signature itself follows as an effect. `substitute`: letters that no font has become code points.
    `head`: of the agency, by the catalogue in force. `seen`: what the leader was shown, and nothing else is signed.
    `run`: the leader's name for what is signed together."""
    demand_turn(state)
    leader = who.name or who.sub
    if not substitute:
        check_document(state, leader, head)
    wish = SigningRequested(
        reference=reference_of(dossier), number=number_of(state), substitute=substitute, letterhead=head,
        preview=seen.sha256 if seen else None, preview_at=seen.at if seen else None, run=run,
    )  # fmt: skip
    return [New(wish, SigningRequestedSealed(leader_name=leader))]


def send_back(state: State, reason: str) -> Sequence[New]:
    """The leader will not sign it, or it cannot be printed: review appraises it again and decides anew."""
    demand_turn(state)
    return [New(SentBack(), ReasonSealed(reason=reason))]


def demand_turn(state: State) -> None:
    """Raises where it does not wait for a leader."""
    if "code" not in state:
        raise NotReady()
    if state["status"] == "in_review":
        raise IllegalTransition(
            vi="Hồ sơ đã trả lại để thẩm định lại. Hãy ký khi có quyết định mới.",
            en="It was sent back and is appraised again. Sign it once it is decided anew.",
        )
    if state["stage"] != SIGNATURE:
        raise IllegalTransition(
            vi="Kết quả này đã ký hoặc đang được ký.", en="This result is signed already, or being signed."
        )


def download(state: State) -> Sequence[New]:
    """By the person it is for. Once is enough."""
    result = state.get("result")
    if result is None or result["file"] is None or "downloaded_at" in state:
        return ()
    return [New(Downloaded(file=result["file"]))]


def on_approved(state: State, event: Event) -> Sequence[New]:
    """Where the result is an entry in a register, the entry is the result."""
    if not registry_entry(state):
        return ()
    return [
        New(
            Signed(
                reference=reference_of(event.dossier),
                number=number_of(state),
                kind="registry",
                outcome="approved",
                **_whose(state),
            )
        )
    ]


def signature_made(intent: Intent[State], outcome: Made | NotMade) -> Sequence[New]:
    state = intent.state
    if isinstance(outcome, NotMade):
        return [New(SigningFailed(reference=intent.reference, reason=outcome.code))]
    return [
        New(
            Signed(
                reference=intent.reference,
                number=state["intent"]["number"],
                kind=state["result_kind"] if state["status"] == "approved" else "rejection",
                outcome=state["status"],
                file=outcome.file,
                size=outcome.size,
                certificate=outcome.certificate,
                **_whose(state),
            )
        )
    ]


def _whose(state: State) -> dict[str, Any]:
    """Whom the result is for, and how it is to reach them. What was decided before persons were known has neither."""
    return {
        "owner": state["owner"],
        "person": state.get("person"),
        "received_at": state.get("received_at"),
        "delivery": state.get("delivery", ""),
        "consent_until": state.get("consent_until"),
        "consent_withdrawn": state.get("consent_withdrawn"),
    }


def failure_of(dossier: Dossier[State]) -> Mapping[str, Any]:
    """`since`: when it was asked for, as of an open one; None where that has moved to a segment."""
    asked = (entry["recorded"] for entry in reversed(dossier.journal) if entry["type"] == "signing-requested")
    return {
        "reference": reference_of(dossier.id), "reason": dossier.state["failure"], "attempts": 0, "since": next(asked, None),
    }  # fmt: skip


def again(dossier: Dossier[State]) -> Sequence[New]:
    raise Conflict(
        "leader-signs-again",
        "Kết quả đã về hàng chờ của lãnh đạo; lãnh đạo quyết định ký lại.",
        "The result is back in its leader's queue; signing again is the leader's decision.",
    )


HEARD: dict[str, Handler[State]] = {"approved": on_approved}
RULES = Rules(
    source="signing", evolve=evolve, forget=forgets(PERSONAL), hear=HEARD, causal_sources=frozenset({"review"})
)
