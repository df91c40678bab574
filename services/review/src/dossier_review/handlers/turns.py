"""When something may be done to a case: asked by every command. Who may is in `policy.py`."""

from __future__ import annotations

from dossier_review.state import WAITING, State, What
from dossier_shared.problems import IllegalTransition, NotReady

NOT_HERE_YET = (None, "submitted", "awaiting_completion")
AWAITED: dict[What, tuple[str, str]] = {
    "supplement": ("người dân bổ sung", "a supplement by the citizen"),
    "payment": ("người dân nộp nghĩa vụ tài chính", "a payment by the citizen"),
    "consultation": ("ý kiến cơ quan khác", "another agency's opinion"),
}


def here(state: State) -> None:
    if state.get("status") in NOT_HERE_YET:
        raise NotReady()


def turn(state: State, stage: str) -> None:
    here(state)
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
