"""Whose the case is, what is proposed, and remarks."""

from __future__ import annotations

from collections.abc import Sequence

from dossier_review.handlers.turns import here, turn
from dossier_review.state import APPRAISAL, State, filers
from dossier_shared.contracts.events import Appraised, Assigned, Noted, NotedSealed, NoteSealed
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import New
from dossier_shared.problems import Conflict, Forbidden


def assign_case(state: State, who: Principal, officer: str | None) -> Sequence[New]:
    """A specialist takes what nobody has; a leader gives it to anyone of the agency, or takes it over."""
    here(state)
    return [_given(state, officer or who.sub)]


def release_case(state: State, officer: str, to: str | None) -> Sequence[New]:
    """What an officer who has left still has goes to another, or back to all; nothing where somebody else has it by now."""
    here(state)
    if state.get("assigned_to") != officer:
        return ()
    return [_given(state, to) if to else New(Assigned(officer=""))]


def release_by_rule(state: State, officer: str, to: str | None) -> Sequence[New]:
    """What somebody has who is not in office any more goes to who follows them, or back to all."""
    if state.get("assigned_to") != officer or state.get("stage") is None:
        return ()
    return [New(Assigned(officer=to if to and to not in filers(state) else ""))]


def share_case(state: State, officer: str) -> Sequence[New]:
    """One of many that are dealt out: what somebody has by now stays theirs."""
    turn(state, APPRAISAL)
    if state.get("assigned_to"):
        raise Conflict(
            "assigned-already",
            "Hồ sơ đã có cán bộ nhận. Muốn giao cho người khác, hãy dùng “Giao cán bộ” ở trang hồ sơ.",
            "Somebody has the case by now. To give it to another, use “Assign” on its own page.",
        )
    return [_given(state, officer)]


def assign_by_rule(state: State, officer: str) -> Sequence[New]:
    """What has come in goes to an officer without anybody asking; never what people have given to, or taken from, somebody."""
    touched = state.get("assigned_to") or state.get("appraised_by") or "assigned" in _told(state)
    if state.get("stage") != APPRAISAL or touched or officer in filers(state):
        return ()
    return [New(Assigned(officer=officer))]


def _told(state: State) -> set[str]:
    return {line["type"] for line in state.get("thread", ())}


def _given(state: State, officer: str) -> New:
    if officer in filers(state):
        raise Forbidden(
            "own-dossier",
            "Cán bộ này đã nộp hồ sơ nên không được giải quyết. Hãy giao cho người khác.",
            "That officer filed the dossier and may not work on it. Give it to somebody else.",
        )
    return New(Assigned(officer=officer))


def appraise_case(state: State, proposal: str, note: str | None) -> Sequence[New]:
    turn(state, APPRAISAL)
    return [New(Appraised(proposal=proposal), NoteSealed(note=note) if note else None)]


def note_case(state: State, text: str) -> Sequence[New]:
    here(state)
    return [New(Noted(), NotedSealed(text=text))]
