"""What citizens are told, and what it costs."""

from __future__ import annotations

import unicodedata
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossier_notify.rules.messages import TEMPLATES, Moment, Policy, Texts
from dossier_shared.vocabulary.sms import cheapest, cost

CODE = "H19.151-20261122-0000042"
MOMENTS: tuple[Moment, ...] = get_args(Moment)
POLICIES: tuple[Policy, ...] = get_args(Policy)
FILLED = sorted(TEMPLATES)


def texts(policy: Policy, max_parts: int = 2) -> Texts:
    return Texts({"result": policy, "refused": policy}, max_parts)


@pytest.mark.parametrize(
    ("text", "encoding", "units", "parts"),
    [
        ("", "gsm7", 0, 1),
        ("a" * 160, "gsm7", 160, 1),
        ("a" * 161, "gsm7", 161, 2),
        ("a" * 306, "gsm7", 306, 2),
        ("a" * 307, "gsm7", 307, 3),
        ("€" * 80, "gsm7", 160, 1),
        ("a" * 152 + "€" + "a" * 152, "gsm7", 306, 3),  # the escape would be split, so it moves to the next part whole
        ("ồ" * 70, "ucs2", 70, 1),
        ("ồ" * 71, "ucs2", 71, 2),
        ("ồ" * 134, "ucs2", 134, 2),
        ("ồ" * 135, "ucs2", 135, 3),
        ("a" * 69 + "ồ", "ucs2", 70, 1),
        ("ồ" * 66 + "[" + "ồ" * 66 + "😀", "ucs2", 135, 3),
        ("ồ" * 66 + "😀" + "ồ" * 66, "ucs2", 134, 3),  # nor is a surrogate pair
    ],
)
def test_parts_are_counted_as_networks_count(text: str, encoding: str, units: int, parts: int) -> None:
    assert cost(text) == (encoding, units, parts)


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("Hồ sơ đã có kết quả", "Ho so da co ket qua"),
        ("ĐĂNG KÝ KHAI SINH", "DANG KY KHAI SINH"),
        (unicodedata.normalize("NFD", "Nguyễn Thị Ánh Tuyết"), "Nguyen Thi Anh Tuyet"),
        ("“giấy” – bản sao…", '"giay" - ban sao...'),
        ("phí 50 € [*]", "phi 50 € [*]"),
        ("结果?", "结果?"),
        ("é Ø", "e Ø"),
    ],
)
def test_marks_are_dropped(text: str, bare: str) -> None:
    assert cheapest(text) == bare


@pytest.mark.parametrize("moment", MOMENTS)
def test_every_moment_is_said_in_both_policies(moment: Moment) -> None:
    marked = texts("diacritics").compose(moment, code=CODE, detail="Đăng ký khai sinh")
    plain = texts("plain").compose(moment, code=CODE, detail="Đăng ký khai sinh")
    assert plain == cheapest(marked)
    assert (cost(marked).encoding, cost(plain)) == ("ucs2", ("gsm7", len(plain), 1))
    assert CODE in marked
    assert "Đăng ký khai sinh" in marked


def test_a_result_in_words() -> None:
    assert texts("plain").compose("approved", code=CODE, detail="Đăng ký khai sinh") == (
        f"Ho so {CODE} (Dang ky khai sinh) da co ket qua. Moi xem va nhan ket qua tren Cong dich vu cong."
    )
    assert texts("diacritics").compose("rejected", code=CODE, detail="") == (
        f"Hồ sơ {CODE} không được chấp thuận. Mời xem văn bản trả lời trên Cổng dịch vụ công."
    )


def test_each_kind_has_its_own_policy() -> None:
    mixed = Texts({"result": "diacritics", "refused": "plain"})
    assert cost(mixed.compose("approved", code=CODE, detail="")).encoding == "ucs2"
    assert cost(mixed.compose("refused", code=CODE, detail="Thiếu giấy chứng sinh.")).encoding == "gsm7"


@given(
    st.sampled_from(FILLED),
    st.sampled_from(POLICIES),
    st.integers(2, 4),
    st.text(max_size=600),
)
def test_a_long_detail_is_cut_to_the_allowed_parts(moment: Moment, policy: Policy, allowed: int, detail: str) -> None:
    said = texts(policy, allowed).compose(moment, code=CODE, detail=detail)
    assert cost(said).parts <= allowed
    assert CODE in said
    assert said == " ".join(said.split(" "))
    assert "\n" not in said


def test_no_room_is_wasted() -> None:
    said = texts("plain", 2).compose("refused", code=CODE, detail="lý do " * 200)
    assert 290 <= cost(said).units <= 306
    assert "..." in said


def test_braces_of_a_reason_are_only_text() -> None:
    assert "{code}" in texts("diacritics").compose("refused", code=CODE, detail="{code} {0}")
