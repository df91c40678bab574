from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from dossier_shared.http.validation import validated
from dossier_shared.problems import Invalid
from dossier_shared.vocabulary import text
from dossier_shared.vocabulary.text import HumanText, Line, OptionalText

UNSEEN = [
    "\u200e", "\u200f", "\ufeff", "\u2060", "\u00ad", "\u3164", "\u115f", "\u1160", "\uffa0", "\u2800", "\u0007", "\u001b",
    "\u0085", "\u00a0", "\u3000", "\u202e", "\u2066", "\u2028", "\u200b", "\u200c", "\u200d", "\u034f", "\u061c", "\u180e",
    "\u17b4", "\ufe0f", "\ufffc", "\U000e0041", "\U000e0100", "\U0001d159", "\u0301", "\t", "\n",
]  # fmt: skip

LOOK_BLANK = "\u115f\u1160\u2800\u3164\uffa0\U0001d159"
MARK_OR_BLANK = {*LOOK_BLANK, "\u0301"}


class Body(BaseModel):
    reason: HumanText
    title: Line = "x"
    note: OptionalText = None


@pytest.mark.parametrize("sign", UNSEEN, ids=ascii)
def test_what_nobody_sees_is_no_text(sign: str) -> None:
    for unseen in (sign, sign * 3, f" {sign} \n{sign}", f"\u200e{sign}"):
        with pytest.raises(Invalid) as refused:
            text.human(unseen)
        assert refused.value.code == "text-empty"
        assert not text.visible(unseen)
        assert Body.model_validate({"reason": "x", "note": unseen}).note is None


@pytest.mark.parametrize(
    "sign", [sign for sign in UNSEEN if sign not in MARK_OR_BLANK and not sign.isspace()], ids=ascii
)
def test_it_does_not_stay_among_letters(sign: str) -> None:
    assert text.human(f"{sign}Thiếu{sign} giấy{sign}") == "Thiếu giấy"


@pytest.mark.parametrize("sign", LOOK_BLANK, ids=ascii)
def test_what_looks_like_a_blank_is_one(sign: str) -> None:
    assert text.human(f"{sign}Thiếu{sign}giấy{sign}") == "Thiếu giấy"


def test_blanks_and_line_ends_are_of_one_kind() -> None:
    assert text.clean_text("\u3000a\u00a0b\tc\r\nd\u2028e\x0bf \n") == "a b c\nd\ne\nf"
    assert text.clean_text("UBND  xã\n\u202f Thử ", lines=False) == "UBND xã Thử"


@pytest.mark.parametrize(
    "whole",
    [
        "👨‍👩‍👧", "❤️", "👍🏽", "5️⃣", "🏳️‍🌈", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "क्\u200dष", "نمی\u200cخواهم", "ខ្មែរ\u200bភាសា", "ꨌꩌ", "Bằng Hán: 漢字", "Êđê: Y Ƀăm",
    ],
)  # fmt: skip
def test_what_a_script_needs_stays(whole: str) -> None:
    assert text.human(whole) == unicodedata.normalize("NFC", whole)


def test_length_is_what_a_reader_counts() -> None:
    family = "👨‍👩‍👧"
    assert text.letters(family * 10) == 10
    assert text.human(unicodedata.normalize("NFD", "ế" * 100), 100) == "ế" * 100
    assert text.human("ខ្មែ" * 50, 50)
    for long in ("x" * 101, family * 101, "ế" * 101, "ខ្មែ" * 101):
        with pytest.raises(Invalid) as refused:
            text.human(long, 100)
        assert refused.value.code == "text-too-long"


@pytest.mark.parametrize(
    "sign", ["\uf0b7", "\ue000", "\U00100000", "\u0378", "\ufffd", chr(0xD800), "\uffff"], ids=ascii
)
def test_what_stands_for_no_letter_is_named(sign: str) -> None:
    with pytest.raises(Invalid) as refused:
        text.human(f"{sign} thiếu giấy khai sinh")
    assert refused.value.code == "text-not-a-letter"
    for said in (refused.value.vi, refused.value.en):
        assert f"U+{ord(sign):04X}" in said
        assert "khai sinh" not in said


def test_attack_21_marks_upon_one_letter() -> None:
    for marks in ("\u0335" * 120, "\u0301\u0300\u0302\u0303\u0304\u0306"):
        with pytest.raises(Invalid) as refused:
            text.human(f"A{marks}")
        assert refused.value.code == "text-marks"
    assert text.human(unicodedata.normalize("NFD", "Nguyễn Thị Ngọc Ễnh"))


@given(st.text())
def test_clean_text_is_clean(typed: str) -> None:
    try:
        once = text.clean_text(typed)
    except Invalid:
        return
    assert text.clean_text(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert once == once.strip()


@given(st.text("aăâêôơưđĂÂÊÔƠƯĐ ếộữỵ.,-–“”…\n0123456789éèñü"))
def test_the_fast_path_is_the_slow_one(typed: str) -> None:
    assert text.clean_text(typed) == text._cleaned(typed).strip()
    assert text.letters(typed) == len(text._CLUSTER.findall(typed))


def test_a_model_says_so_in_both_languages() -> None:
    with pytest.raises(Invalid) as refused:
        validated(Body, {"reason": "\u200e", "title": "x" * 301})
    reason, title = refused.value.errors
    assert (reason["path"], reason["code"]) == ("reason", "text-empty")
    assert reason["message_vi"].startswith("Nội dung trống")
    assert reason["message"].startswith("The text is empty")
    assert (title["path"], title["code"]) == ("title", "text-too-long")
    assert validated(Body, {"reason": " Thiếu\u200e giấy "}).reason == "Thiếu giấy"


def test_the_schema_of_a_model() -> None:
    assert Body.model_json_schema()["properties"] == {
        "reason": {"title": "Reason", "type": "string", "minLength": 1, "maxLength": 4000},
        "title": {"title": "Title", "type": "string", "minLength": 1, "maxLength": 300, "default": "x"},
        "note": {"title": "Note", "anyOf": [{"type": "string", "maxLength": 4000}, {"type": "null"}], "default": None},
    }
