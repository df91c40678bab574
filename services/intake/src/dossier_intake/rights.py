"""Who may do something to a dossier. What one may not see does not exist; what is one's own one does not decide. Pure."""

from __future__ import annotations

from dossier_intake.state import State, offices
from dossier_shared.http.auth import owns
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.steps import Permit
from dossier_shared.problems import Forbidden, NotFound


def mine(state: State, who: Principal) -> None:
    """An officer's: of the agency that decides, or of the one-stop centre that took it in."""
    if "code" not in state or who.agency not in offices(state):
        raise NotFound()


def owned(state: State, who: Principal) -> bool:
    """The person's whom it is about, and whose account it was filed from."""
    return owns(who, state.get("owner"), state.get("person"))


def concerned(state: State, who: Principal) -> None:
    """Whose dossier it is, or the counter for them."""
    if not owned(state, who):
        if "counter" not in who.roles:
            raise NotFound()
        mine(state, who)


def payable(state: State, who: Principal) -> None:
    if "admin" not in who.roles or "code" not in state:
        mine(state, who)


def not_own(state: State, who: Principal) -> None:
    """Raises Forbidden where an officer has filed it as a citizen or for one, or it is about them."""
    by_own_account = state.get("owner") == who.sub
    if by_own_account or (who.person is not None and state.get("person") == who.person):
        raise Forbidden(
            "own-dossier",
            "Đây là hồ sơ của chính bạn hoặc do bạn nộp. Hãy để đồng nghiệp xử lý.",
            "This dossier is your own, or you have filed it. A colleague must handle it.",
        )


def office_only(who: Principal) -> Permit[State]:
    return lambda state, _: mine(state, who)


def owner_or_counter(who: Principal) -> Permit[State]:
    return lambda state, _: concerned(state, who)


def payment_desk(who: Principal) -> Permit[State]:
    """Administrators confirm payments of every agency."""
    return lambda state, _: payable(state, who)
