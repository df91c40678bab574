"""The QR code of an identity card on the sheet: read from a photograph, shown, filled in when one says so, never trusted."""

from __future__ import annotations

from io import BytesIO

import pillow_heif
import pytest
import segno
from PIL import Image
from tests.component.desks import Desk, officer
from tests.component.intake.test_file_online import MOTHER, NUMBER, PERSON, STRANGER, begun, hidden, posted, sheet
from tests.unit.intake.test_identity_card import CARD

ADDRESS = "Khu phố 3, Long Khánh, Đồng Nai"
SURE = officer("Nguyễn Thị Mai", "citizen", agency=None, person=PERSON, number=NUMBER)
EMPTY = {"applicant.name": "", "applicant.citizen_id": "", "applicant.address": ""}
BANK = "00020101021238530010A0000007270123000697041601092245284790208QRIBFTTA53037045405100005802VN6304AC13"


def photo_of(text: str, kind: str = "JPEG", turned: int = 0) -> bytes:
    """Of the code on a table, as a phone takes it."""
    code, out = BytesIO(), BytesIO()
    segno.make(text, error="m", micro=False).save(code, kind="png", scale=6, border=4)
    table = Image.new("RGB", (1800, 1400), (120, 96, 70))
    table.paste(Image.open(code).convert("RGB").rotate(turned, expand=True, fillcolor="white"), (500, 400))
    if kind == "HEIF":
        pillow_heif.from_pillow(table).save(out)
    else:
        table.save(out, kind)
    return out.getvalue()


def brought(content: bytes, name: str = "thẻ.jpg") -> list[tuple[str, tuple[str, bytes, str]]]:
    return [("code.photo", (name, content, "image/jpeg"))]


async def files(intake: Desk) -> int:
    return await intake.runtime.db["uploads"].count_documents({}) + await intake.runtime.db[
        "files.files"
    ].count_documents({})


@pytest.mark.parametrize(
    "photo", [photo_of(CARD), photo_of(CARD, turned=90), photo_of(CARD, "PNG"), photo_of(CARD, "HEIF")]
)
async def test_it_is_read_from_a_photo_and_shown_before_anything_is_filled_in(intake: Desk, photo: bytes) -> None:
    where = await begun(intake)
    answer = await posted(intake, where, sheet("1", "card", **EMPTY), brought(photo))
    assert answer.status_code == 200, answer.text
    for words in (NUMBER, "Nguyễn Thị Mai", "05/03/1990", "Nữ", ADDRESS):
        assert f">{words}</dd>" in answer.text, words
    assert 'name="do" value="card:use"' in answer.text
    assert hidden(answer.text, "card.text") == [CARD]
    assert f'value="{ADDRESS}"' not in answer.text, "nothing is filled in yet"
    (draft,) = [one async for one in intake.runtime.db["drafts"].find({})]
    assert ADDRESS not in str(draft), "nor kept"
    assert await files(intake) == 0, "the photo is thrown away"


async def test_what_is_empty_is_filled_in_and_what_was_typed_stays(intake: Desk) -> None:
    where = await begun(intake)
    typed = {**EMPTY, "applicant.name": "Mai Nguyễn", "card.text": CARD}
    answer = await posted(intake, where, sheet("1", "card:use", **typed))
    assert answer.status_code == 200, answer.text
    assert f'name="applicant.citizen_id" value="{NUMBER}"' in answer.text
    assert f'name="applicant.address" value="{ADDRESS}"' in answer.text
    assert 'name="applicant.name" value="Mai Nguyễn"' in answer.text
    assert "Trên thẻ: Nguyễn Thị Mai" in answer.text, "the difference is said beside it"
    assert "Từ mã QR trên thẻ" in answer.text
    again = await intake.page(where, MOTHER)
    assert f'name="applicant.address" value="{ADDRESS}"' in again, "kept in the draft"


@pytest.mark.parametrize(
    ("who", "card"),
    [(SURE, CARD.replace(NUMBER, "075090123457")), (MOTHER, CARD.replace(NUMBER, "075090123457"))],
    ids=["a number in the account", "a pseudonym in the account"],
)
async def test_another_s_card_fills_nothing_in_and_that_is_said(intake: Desk, who: dict[str, str], card: str) -> None:
    where = await begun(intake, who)
    shown = await posted(intake, where, sheet("1", "card", **EMPTY), brought(photo_of(card)), who)
    assert "khác với số của tài khoản" in shown.text
    assert 'value="card:use"' not in shown.text
    assert NUMBER not in shown.text, "whose the account is stays unsaid"
    revision = hidden(shown.text, "revision")[0]
    forced = await posted(intake, where, sheet(revision, "card:use", **EMPTY, **{"card.text": card}), who=who)
    assert f'value="{ADDRESS}"' not in forced.text
    assert "khác với số của tài khoản" in forced.text


async def test_the_account_s_own_number_is_never_typed_over(intake: Desk) -> None:
    where = await begun(intake, SURE)
    answer = await posted(intake, where, sheet("1", "card:use", **EMPTY, **{"card.text": CARD}), who=SURE)
    assert 'name="applicant.citizen_id"' not in answer.text
    assert f'name="applicant.address" value="{ADDRESS}"' in answer.text


async def test_of_an_account_nobody_knows_the_number_of_the_card_is_taken_as_typed(intake: Desk) -> None:
    where = await begun(intake, STRANGER)
    answer = await posted(intake, where, sheet("1", "card:use", **EMPTY, **{"card.text": CARD}), who=STRANGER)
    assert f'name="applicant.citizen_id" value="{NUMBER}"' in answer.text


def blank() -> bytes:
    out = BytesIO()
    Image.new("RGB", (800, 600), "grey").save(out, "JPEG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (photo_of(BANK), "không phải mã trên thẻ căn cước"),
        (photo_of("https://example.test/?x=<b>"), "không phải mã trên thẻ căn cước"),
        (photo_of("x" * 1500), "không phải mã trên thẻ căn cước"),
        (blank(), "Không thấy mã QR"),
        (photo_of(CARD)[:5000], "Tệp bị hỏng"),
        (b"%PDF-1.7 no picture", "Tệp bị hỏng"),
        (b"", "Chưa có ảnh"),
    ],
    ids=["a bank's", "an address", "very long", "none", "cut off", "no picture", "nothing chosen"],
)
async def test_what_is_no_card_is_refused_in_words_and_the_sheet_stands(
    intake: Desk, content: bytes, words: str
) -> None:
    where = await begun(intake)
    answer = await posted(intake, where, sheet("1", "card"), brought(content))
    assert answer.status_code == 200, answer.text
    assert words in answer.text
    assert 'value="card:use"' not in answer.text
    assert 'name="applicant.phone" value="0912345678"' in answer.text
    assert 'value="0912345678"' in await intake.page(where, MOTHER), "what was typed is saved"


async def test_a_camera_is_for_this_page_alone(intake: Desk) -> None:
    where = await begun(intake)
    own = (await intake.http.get(where, headers=MOTHER)).headers
    other = (await intake.http.get("/", headers=MOTHER)).headers
    assert own.get_list("permissions-policy") == ["camera=(self), geolocation=(), microphone=()"]
    assert other.get_list("permissions-policy") == ["camera=(), geolocation=(), microphone=()"]
    assert "wasm" not in own["content-security-policy"], "no page runs a program it was not given as a script"
