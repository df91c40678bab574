"""C6, C7: names are found however they are typed, and a number finds nobody but whose it is."""

from __future__ import annotations

import pytest
from tests.unit.monitor.stories import START, Chain

from dossier_monitor.pages.collation import order
from dossier_monitor.timelines.search_keys import questions
from dossier_monitor.timelines.state import State
from dossier_monitor.timelines.story import evolve

CODE = "000.17.22.H19-261116-0012345"


def filed(name: str = "Trần Văn Bình", phone: str | None = None, code: str = CODE) -> State:
    data = {"code": code, "procedure": "p", "channel": "online", "owner": "o", "overseers": ["H19"]}
    sealed = {"applicant": {"name": name, "phone": phone}}
    return evolve({}, Chain().event("d", "intake", "submitted", START, data=data, sealed=sealed))


def finds(text: str, state: State) -> bool:
    """As the database is asked: one question after the other, until there is an answer."""
    known = state["search"]["keys"]
    return any(all(any(key.startswith(start) for key in known) for start in asked) for asked in questions(text))


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Ðặng Thị Hoa", "dang"),  # U+00D0, as many keyboards give it
        ("Đặng Thị Hoa", "Ðặng"),
        ("Y Ƀăm Niê", "y bam"),
        ("Y Bham Niê", "Y Bhăm"),
        ("H'Hen Niê", "hhen"),
        ("H’Hen Niê", "h'hen"),
        ("HʼHen Niê", "h hen nie"),
        ("H'Hen Niê", "hen nie"),
        ("Y-Bhăm Êban", "ybham"),
        ("Y-Bhăm Êban", "y bham eban"),
        ("K’Brơi", "kbroi"),
        ("K'Brơi", "broi"),
        ("Rơ Châm Ñŏ", "ro cham no"),
        ("ＮＧＵＹＥＮ An", "nguyen an"),  # full width
        ("Nguyễn\u200b Văn\u00adAn", "nguyen vanan"),
        ("Nguyễn Văn An", "ngu\u200byen"),
        ("សុខ ចាន់", "សុខ"),
        ("阮文安", "阮文"),
        ("Công ty TNHH 2 thành viên Thử", "tnhh 2 thanh vien"),
        ("Trường Mầm non 19/5", "mam non 19/5"),
        ("Trường Mầm non 19/5", "truong mam non"),
    ],
)
def test_c6_a_name_is_found_as_people_type_it(name: str, typed: str) -> None:
    assert finds(typed, filed(name))


@pytest.mark.parametrize(("name", "typed"), [("Đặng Thị Hoa", "bang"), ("H'Hen Niê", "hden"), ("សុខ ចាន់", "阮")])
def test_c6_another_name_is_not(name: str, typed: str) -> None:
    assert not finds(typed, filed(name))


@pytest.mark.parametrize("code", [CODE.lower(), CODE.replace("-", "–"), " ".join(CODE), CODE.replace("-", "-\u200b")])
def test_c10_a_code_is_found_as_it_was_copied(code: str) -> None:
    assert finds(code, filed())


@pytest.mark.parametrize(
    "typed",
    [
        "0987345678",  # another number with the same six last digits
        "+84 987 345 678",
        "345678",
        "12345678",
        "2345678",
        "45678",
        "91234567",
        "09123456789",
        "+1 912 345 678",
    ],
)
def test_c7_the_end_of_a_number_finds_no_stranger(typed: str) -> None:
    assert not finds(typed, filed(phone="+84912345678", code="H19-1"))


@pytest.mark.parametrize(
    "typed",
    [
        "0912345678",
        "+84 912 345 678",
        "84912345678",
        "0912.345.678",
        "912345678",
        "5678",
        " 5678 ",
        "0912\u00a0345\u00a0678",
    ],
)
def test_c7_whole_numbers_and_the_last_four_find(typed: str) -> None:
    assert finds(typed, filed(phone="+84912345678", code="H19-1"))


def test_c7_the_number_itself_is_not_kept() -> None:
    said = str(filed(phone="+84912345678", code="H19-1"))
    assert "12345678" not in said
    assert "45678" not in said


def test_c6_a_tone_that_stands_alone_is_put_in_order() -> None:
    assert sorted(["Bù", "\u0301", "An", ""], key=order) == ["", "\u0301", "An", "Bù"]


def test_c10_a_code_without_end_has_few_keys() -> None:
    """Each end of the last part is a key: of 20,000 letters they were 200 MB, of a million more than any memory."""
    kept = filed(code="H19-" + "7" * 20_000)["search"]["keys"]
    assert sum(map(len, kept)) < 50_000
