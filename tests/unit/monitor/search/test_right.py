"""What a question may find, by who asks: pure."""

from __future__ import annotations

import pytest

from dossier_monitor.search.right import answerable
from dossier_monitor.timelines.search_keys import questions
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import Invalid

OWN, BELOW = "X-H19", "X-H19-1"
PERSONAL = ("Nguyễn Thị Đào", "dao", "5678", "0912345678", "cty 24h")


def among(text: str, role: str, agency: str | None = OWN) -> list[list[str]]:
    who = Principal("s", frozenset({role}), agency)
    return [places for _, places in answerable(questions(text), who, [OWN, BELOW])]


@pytest.mark.parametrize("role", ["leader", "specialist", "counter"])
@pytest.mark.parametrize("text", PERSONAL)
def test_an_officer_asks_of_persons_among_the_own_agencys(role: str, text: str) -> None:
    asked = answerable(questions(text), Principal("s", frozenset({role}), OWN), [OWN, BELOW])
    assert all(places == [OWN] for keys, places in asked if not keys[0].startswith("c"))
    assert any(places == [OWN] for _, places in asked)
    outside = answerable(questions(text), Principal("s", frozenset({role}), OWN), [BELOW])
    assert all(keys[0].startswith("c") for keys, _ in outside)


@pytest.mark.parametrize(("role", "agency"), [("superior", OWN), ("admin", None), ("admin", OWN)])
@pytest.mark.parametrize("text", ["Nguyễn Thị Đào", "dao"])
def test_who_is_shown_initials_is_told_to_search_by_code(role: str, agency: str | None, text: str) -> None:
    with pytest.raises(Invalid, match="search-by-code"):
        among(text, role, agency)


@pytest.mark.parametrize("text", ["5678", "0912345678", "cty 24h"])
def test_what_may_be_a_code_is_looked_for_as_a_code_only(text: str) -> None:
    asked = answerable(questions(text), Principal("s", frozenset({"superior"}), OWN), [OWN, BELOW])
    assert [keys[0][0] for keys, _ in asked] == ["c"]


def test_a_code_is_found_wherever_one_watches() -> None:
    assert among("H19-261116-0012345", "superior")[0] == [OWN, BELOW]
    assert among("H19-261116-0012345", "leader")[0] == [OWN, BELOW]
