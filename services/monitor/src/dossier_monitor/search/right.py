"""What a question may find, by who asks: a name or a number only where its asker is shown it anyway. Pure.

Where initials and three digits are shown, each question answered would tell a little more of what they hide, until all is known.
"""

from __future__ import annotations

from collections.abc import Sequence

from dossier_monitor.policy import POLICY
from dossier_monitor.timelines.search_keys import CODE
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import Invalid


def names_of(who: Principal) -> str | None:
    """The agency whose applicants' names `who` is shown; None: nobody's."""
    return who.agency if POLICY.may(who, "search-names", {}) else None


def answerable(
    asked: Sequence[list[str]], who: Principal, agencies: Sequence[str]
) -> list[tuple[list[str], list[str]]]:
    """Each question with the agencies among which it may be asked. Raises Invalid where there is none that may be."""
    own = [agency for agency in agencies if agency == names_of(who)]
    found = [(question, list(agencies) if all(key.startswith(CODE) for key in question) else own) for question in asked]
    if names_of(who) is None and not any(among for _, among in found):
        raise Invalid(
            "search-by-code",
            "Tài khoản này chỉ tìm được bằng mã hồ sơ. Hãy gõ một phần của mã. "
            "Tên và số điện thoại chỉ cán bộ của cơ quan đang giữ hồ sơ tìm được.",
            "This account searches by code only: type a part of one. "
            "Names and numbers are for officers of the dossier's own agency.",
        )
    return [(question, among) for question, among in found if among]
