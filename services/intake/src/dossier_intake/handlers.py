"""What intake does on each command. Of what it hears it answers a request taken back; the rest only moves the citizen's view."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.catalogue.kept_limits import KeptLimit, kept_limit
from dossier_intake.filing.checks import Checked
from dossier_intake.filing.documents import check_codes
from dossier_intake.rules.deadlines import Pause, appointment
from dossier_intake.state import State, StoodStill, What, evolve
from dossier_shared.clock import instant, parse_instant
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.events import (
    Accepted,
    Document,
    PaymentConfirmed,
    PaymentConfirmedSealed,
    Refused,
    RefusedSealed,
    Rescheduled,
    SupplementReceived,
    SupplementReceivedSealed,
)
from dossier_shared.http.auth import owns, same_agency
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import New, Rules
from dossier_shared.journal.steps import Permit
from dossier_shared.problems import Conflict, NotFound
from dossier_shared.vocabulary.printing import PrintedText, check_printed

Documents = Sequence[tuple[Document, str]]  # each with its file name


def submit_dossier(checked: Checked, code: str, at: datetime, catalogue: Catalogue) -> Sequence[New]:
    """A straight-through procedure is accepted by rule in the same write."""
    filed = New(checked.submitted(code), checked.sealed)
    if not checked.procedure.straight_through:
        return [filed]
    return [filed, New(_acceptance(KeptLimit(checked.procedure.deadline), at, catalogue), actor="rule:intake")]


def accept_dossier(
    state: State, who: Principal, at: datetime, catalogue: Catalogue, promised: str | None = None
) -> Sequence[New]:
    """`promised`: the appointment of an older register, taken as it is."""
    _mine(state, who)
    if promised is not None:
        return [New(Accepted(appointment=promised, lines=[]))]
    return [New(_acceptance(kept_limit(state, catalogue), at, catalogue))]


def refuse_dossier(state: State, who: Principal, reason: str) -> Sequence[New]:
    _mine(state, who)
    check_printed([PrintedText("/reason", "Lý do", "Reason", reason)])
    return [New(Refused(), RefusedSealed(reason=reason))]


def receive_supplement(
    state: State,
    who: Principal,
    at: datetime,
    catalogue: Catalogue,
    text: str | None,
    documents: Documents,
    known: Collection[str],
) -> Sequence[New]:
    """`known`: codes of the papers that its procedure has."""
    _concerned(state, who)
    check_codes([document.code for document, _ in documents], known)
    promise = _promise_after(state, "supplement", at, catalogue)
    received = SupplementReceived(**promise, documents=[document for document, _ in documents])
    return [New(received, SupplementReceivedSealed(text=text, documents=[name for _, name in documents]))]


def confirm_payment(
    state: State, who: Principal, at: datetime, catalogue: Catalogue, receipt: str | None
) -> Sequence[New]:
    _payable(state, who)
    promise = _promise_after(state, "payment", at, catalogue)
    confirmed = PaymentConfirmed(**promise, amount_vnd=state["asked"]["amount_vnd"])
    return [New(confirmed, PaymentConfirmedSealed(receipt=receipt) if receipt else None)]


def _payable(state: State, who: Principal) -> None:
    if "admin" not in who.roles or "code" not in state:
        _mine(state, who)


def _concerned(state: State, who: Principal) -> None:
    """Whose dossier it is, or the counter for them; what one may not see does not exist."""
    if not owns(who, state.get("owner")):
        if "counter" not in who.roles:
            raise NotFound()
        _mine(state, who)


def _promise_after(state: State, what: What, at: datetime, catalogue: Catalogue) -> dict[str, Any]:
    """The appointment and its lines, once what was asked has come: computed anew, from acceptance on, with every pause."""
    if state.get("asked", {}).get("what") != what:
        raise Conflict(
            "nothing-awaited",
            "Hồ sơ không chờ việc này (hoặc yêu cầu chưa đến đây). Hãy tải lại để xem hồ sơ đang ở đâu.",
            "The dossier does not wait for that, or the request is not here yet. Reload it to see where it stands.",
        )
    pause: StoodStill = {"what": what, "start": state["asked"]["at"], "end": instant(at)}
    return _promise_with(state, [*state.get("pauses", ()), pause], catalogue)


def _promise_with(state: State, ended: Sequence[StoodStill], catalogue: Catalogue) -> dict[str, Any]:
    pauses = [Pause(parse_instant(p["start"]), parse_instant(p["end"]), *PAUSED[p["what"]]) for p in ended]
    return _promise(kept_limit(state, catalogue), parse_instant(state["accepted_at"]), catalogue, pauses)


PAUSED = {
    "supplement": ("chờ bổ sung", "waiting for a supplement"),
    "payment": ("chờ nộp tiền", "waiting for a payment"),
}


def _mine(state: State, who: Principal) -> None:
    if "code" not in state:
        raise NotFound()
    same_agency(who, state["agency"])


def counter_only(who: Principal) -> Permit[State]:
    return lambda state, _: _mine(state, who)


def owner_or_counter(who: Principal) -> Permit[State]:
    return lambda state, _: _concerned(state, who)


def payment_desk(who: Principal) -> Permit[State]:
    """Administrators confirm payments of every agency."""
    return lambda state, _: _payable(state, who)


def _acceptance(kept: KeptLimit, at: datetime, catalogue: Catalogue) -> Accepted:
    return Accepted(**_promise(kept, at, catalogue))


def _promise(kept: KeptLimit, at: datetime, catalogue: Catalogue, pauses: Sequence[Pause] = ()) -> dict[str, Any]:
    promise = appointment(at, kept.limit, catalogue.working_time(), pauses)
    lines = [line._asdict() for line in (*kept.lines, *promise.lines)]
    return {"appointment": instant(promise.instant), "lines": lines, "corrected": kept.corrected}


def on_request_withdrawn(state: State, event: Event, catalogue: Catalogue) -> Sequence[New]:
    """The clock runs on: the appointment is computed anew, as after an answer."""
    pauses = state.get("pauses", ())
    if (
        state["status"] != "in_review"
        or "limit" not in state
        or not pauses
        or pauses[-1].get("taken_back") != event.seq
    ):
        return ()  # decided meanwhile, filed elsewhere, or nothing stood still
    try:
        return [New(Rescheduled(**_promise_with(state, pauses, catalogue)))]
    except Conflict:
        return ()  # nothing can be computed with its limit: the appointment stays until that is put right


def rules(catalogue: Callable[[], Catalogue]) -> Rules[State]:
    """`catalogue`: the one in force."""
    return replace(
        RULES, hear={"request-withdrawn": lambda state, event: on_request_withdrawn(state, event, catalogue())}
    )


RULES = Rules(source="intake", evolve=evolve)  # the view takes what others report in any order: no cause is waited for
