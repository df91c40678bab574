"""Who may do something to a case, and when: asked by every command."""

from __future__ import annotations

from dossier_review.evolving.waiting import awaited_opinions
from dossier_review.state import WAITING, State, What
from dossier_shared.http.auth import same_agency
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import Forbidden, IllegalTransition, NotReady

PRIVATE = ("self", "helper")  # ways of filing
NOT_HERE_YET = (None, "submitted", "awaiting_completion")
AWAITED: dict[What, tuple[str, str]] = {
    "supplement": ("người dân bổ sung", "a supplement by the citizen"),
    "payment": ("người dân nộp nghĩa vụ tài chính", "a payment by the citizen"),
    "consultation": ("ý kiến cơ quan khác", "another agency's opinion"),
}


def demand_sight(state: State, who: Principal, repeats: bool = False) -> None:
    """The agency's officers, and those of an agency whose opinion is awaited; who gave it may repeat having given it, and so may
    who handed the case over."""
    seeing = [one["agency"] for one in awaited_opinions(state)]
    if repeats:
        seeing += [answer["asked"].get("agency", "") for answer in state.get("answers", ())]
        seeing += state.get("handed_by", ())
    if who.agency is None or who.agency not in seeing:
        same_agency(who, state.get("agency"))


def of_the_agency(state: State, who: Principal) -> None:
    if "agency" in state:
        same_agency(who, state["agency"])
    if state.get("status") in NOT_HERE_YET:
        raise NotReady()


def may_act(state: State, who: Principal) -> None:
    """An officer of its agency, and neither who filed it nor whom it is about."""
    of_the_agency(state, who)
    not_own(state, who)


def not_own(state: State, who: Principal) -> None:
    person = who.person is not None and who.person == state.get("person")
    if person or who.sub in filers(state):
        raise Forbidden(
            "own-dossier",
            "Bạn đã nộp hồ sơ này hoặc là người có hồ sơ nên không được giải quyết. Hãy để cán bộ khác làm.",
            "You filed this dossier, or it is about you: somebody else must do this. Leave it to another officer.",
        )


def filers(state: State) -> tuple[str, ...]:
    """Subjects of who filed it for themselves or for another. Taking it in at the counter is work: in a small office one person
    receives and appraises."""
    by = state.get("filed_by", {"sub": "", "kind": ""})
    found = (state.get("owner", ""), by["sub"] if by["kind"] in PRIVATE else "")
    return tuple(one for one in found if one)


def turn(state: State, who: Principal, stage: str) -> None:
    may_act(state, who)
    if state["stage"] == WAITING:
        vi, en = AWAITED[state["waits_for"]["what"]]
        raise IllegalTransition(
            "dossier-waits",
            f"Hồ sơ đang chờ {vi}. Hãy làm tiếp khi đã có.",
            f"The dossier waits for {en}. Go on once it is here.",
        )
    if state["stage"] != stage:
        raise not_here()


def not_here() -> IllegalTransition:
    return IllegalTransition(
        vi="Hồ sơ không ở bước này. Hãy tải lại danh sách công việc.",
        en="The dossier is not at this step. Reload the work list.",
    )


def assignee(state: State, who: Principal) -> None:
    """What is assigned is appraised by its officer, or by a leader."""
    if state.get("assigned_to") not in (None, who.sub) and "leader" not in who.roles:
        raise Forbidden(
            "assigned-to-another",
            "Hồ sơ đã giao cho cán bộ khác. Hãy để cán bộ đó thẩm định, hoặc đề nghị lãnh đạo giao lại cho bạn.",
            "The case is assigned to another officer. Leave it to them, or ask a leader to assign it to you.",
        )
