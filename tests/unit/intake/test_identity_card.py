"""The QR code of an identity card: what is read of it, and what is none."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest

from dossier_intake.filing.identity_card import IdentityCard, card_among, read_card

NUMBER = "075090123456"
CARD = f"{NUMBER}|271234567|Nguyễn Thị Mai|05031990|Nữ|Khu phố 3, Long Khánh, Đồng Nai|10052021"
MAI = IdentityCard(NUMBER, "Nguyễn Thị Mai", date(1990, 3, 5), "female", "Khu phố 3, Long Khánh, Đồng Nai")


@pytest.mark.parametrize(
    ("text", "card"),
    [
        (CARD, MAI),
        (CARD.replace("271234567", ""), MAI),  # who never had an identity card of nine digits
        (CARD.replace("271234567", "075090123455"), MAI),
        (f"{CARD}||Nguyễn Văn Long|Trần Thị Lan|", MAI),  # of a card since July 2024
        (f"  {CARD}\r\n", MAI),
        (CARD.replace("|", " | "), MAI),
        (unicodedata.normalize("NFD", CARD), MAI),
        (CARD.replace("Nữ", "Nam"), MAI._replace(sex="male")),
        (CARD.replace("Nữ", "NỮ"), MAI),
        (CARD.replace("Nữ", ""), MAI._replace(sex=None)),
        (CARD.replace("05031990", "00001990"), MAI._replace(birth=None)),
        (CARD.replace("05031990", "1990"), MAI._replace(birth=None)),
        (CARD.replace("Khu phố 3, Long Khánh, Đồng Nai", ""), MAI._replace(residence="")),
        (CARD.replace("Nguyễn Thị Mai", "Y-Bhăm K'Brơi"), MAI._replace(name="Y-Bhăm K'Brơi")),
    ],
)
def test_a_card_is_read(text: str, card: IdentityCard) -> None:
    assert read_card(text) == card


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://example.test/a|b|c|d|e|f|g",
        "00020101021238530010A0000007270123000697041601092245284790208QRIBFTTA53037045405100005802VN6304AC13",  # a bank's
        CARD.rpartition("|")[0],  # cut off
        CARD.replace(NUMBER, NUMBER[:-1]),
        CARD.replace(NUMBER, "07509012345６"),  # a digit of another script
        CARD.replace(NUMBER, "999990123456"),  # no province
        CARD.replace("271234567", "27123"),
        CARD.replace("Nguyễn Thị Mai", ""),
        CARD.replace("Nguyễn Thị Mai", "<script>"),
        CARD.replace("05031990", "31021990"),
        CARD.replace("05031990", "5/3/1990"),
        CARD + "|x" * 20,
        CARD + "|" + "x" * 1000,
    ],
)
def test_something_else_is_none(text: str) -> None:
    assert read_card(text) is None


def test_of_several_codes_on_a_photo_the_card_s_is_found() -> None:
    assert card_among(["https://example.test", CARD, CARD.replace("Mai", "Lan")]) == (CARD, MAI)
    assert card_among(["https://example.test"]) is None
    assert card_among([]) is None
