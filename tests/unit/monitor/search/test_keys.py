"""By what a dossier is found: pure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dossier_monitor.timelines.search_keys import folded, initials, keys, questions
from dossier_monitor.timelines.state import State
from dossier_monitor.timelines.story import evolve

from ..stories import START, Chain  # noqa: TID252

CODE, NAME, PHONE = "000.17.22.H19-261116-0012345", "Nguyễn Thị Đào", "+84912345678"


def filed(code: str = CODE, name: str = NAME, phone: str | None = PHONE) -> State:
    data = {"code": code, "procedure": "p", "channel": "online", "owner": "o", "overseers": ["H19"]}
    sealed = {"applicant": {"name": name, "phone": phone}}
    return evolve({}, Chain().event("d", "intake", "submitted", START, data=data, sealed=sealed))


def finds(text: str, state: State) -> bool:
    known = state["search"]["keys"]
    return any(all(any(key.startswith(start) for key in known) for start in asked) for asked in questions(text))


@pytest.mark.parametrize(
    "text",
    [
        CODE, CODE.lower(), "000172", "17.22.h19", "17 22 H19", "H19-261116-0012345", "h192611160012345", "0012345",
        "12345", "2345", "345", "261116", "nguyen", "Nguyễn Thị Đào", "NGUYEN THI DAO", "thi dao", "dao", "đào nguyễn",
        "ng", "nguyen d", "5678", "0912345678", "+84 912 345 678", " 5678 ",
    ],
)  # fmt: skip
def test_it_is_found(text: str) -> None:
    assert finds(text, filed())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "45",
        "678",
        "guyen",
        "thao",
        "nguyen van",
        "912345",
        "345678",
        "5679",
        "0012346",
        "%",
        "$",
        ".*",
        "n",
        "c0",
    ],
)
def test_it_is_not_found(text: str) -> None:
    assert not finds(text, filed())


def test_what_is_kept_is_what_search_needs() -> None:
    state = filed()
    assert state["search"]["name"] == "nguyen thi dao"
    assert state["search"]["phone"] == "5678"
    assert "ễ" not in str(state)
    assert "912345678" not in str(state)
    assert len(keys(CODE, "nguyen thi dao", "5678", "0123456789abcdef")) < 26
    assert initials("nguyen thi dao") == "N. T. D."


def test_what_is_known_is_not_made_again() -> None:
    state = filed()
    later = evolve(state, Chain().event("d", "review", "approved", START, data={"code": CODE, "procedure": "p"}))
    assert later["search"] is state["search"]


def test_a_decision_heard_first_is_found_by_its_code_and_its_filing_adds_the_name() -> None:
    chain = Chain()
    state = evolve({}, chain.event("d", "review", "approved", START, data={"code": CODE, "procedure": "p"}))
    assert finds("0012345", state)
    assert not finds("nguyen", state)
    data = {"code": CODE, "procedure": "p", "channel": "online"}
    state = evolve(
        state, chain.event("d", "intake", "submitted", START, data=data, sealed={"applicant": {"name": NAME}})
    )
    assert finds("nguyen", state)


@pytest.mark.parametrize("sealed", [None, {}, {"applicant": None}, {"applicant": {"name": 5, "phone": []}}])
def test_an_applicant_that_cannot_be_read_leaves_the_code(sealed: dict[str, object] | None) -> None:
    event = Chain().event(
        "d", "intake", "submitted", START, data={"code": CODE, "channel": "x", "procedure": "p"}, sealed=sealed
    )
    assert finds("0012345", evolve({}, event))
    if event.sealed:
        assert finds("0012345", evolve({}, replace(event, sealed=b"no json")))


def test_names_of_any_shape_fold() -> None:
    assert folded("  Đặng   Ánh-Tuyết (Lê)") == "dang anh tuyet le"
    assert folded("Y’ Moan Êban") == "y moan eban"
    assert folded("ồ") == folded("o\u0302\u0300") == "o"


def test_what_few_are_called_is_looked_for_first() -> None:
    assert questions("Nguyễn Thị Ánh Mai")[-1] == ["banh mai", "nnguyen", "nthi"]
    assert questions("Lan Trần")[-1] == ["blan tran"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Mai Lan Trần Thị", True), ("tran lan", True), ("lan tran", True), ("thi tran", True), ("lan mai", True),
        ("lan tr", True), ("tran la", True), ("mai tran th", True), ("th mai tran", False),
        ("tr lan", False), ("lan lan", False), ("tran thi mai hoa", False), ("lan nguyen", False),
    ],
)  # fmt: skip
def test_words_are_found_in_any_order_two_of_them_whole_or_the_last_begun(text: str, found: bool) -> None:
    assert finds(text, filed(name="Trần Thị Mai Lan")) == found
