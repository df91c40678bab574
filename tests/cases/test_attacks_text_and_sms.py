"""Attack 8: messages go to Vietnamese mobiles, and carry no link. Attack 21: names are what they look like."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from dossier_notify.rules.links import without_links
from dossier_notify.rules.messages import Texts
from dossier_shared.contracts.events import Refused, RefusedSealed

from ..component.desks import Desk, officer  # noqa: TID252
from ..component.intake.conftest import intake  # noqa: F401, TID252
from ..component.intake.papers import filing  # noqa: TID252
from ..component.notify.rig import AFTER_CLAIM, World  # noqa: TID252
from ..unit.notify.told import Told  # noqa: TID252

CITIZEN = officer("c", "citizen", agency=None)
UNREACHABLE = [
    "+881612345678",
    "+97912345678",
    "+8419001234",
    "+842513822501",
    "+12024561414",
    "19001234",
    "",
    "0912TAXIVN",
]
CLICKED = re.compile(r"\w[.\u2024\u3002\uff0e\uff61][^\W\d]|://|:\\\\|(?:\d{1,3}\.){3}\d", re.IGNORECASE)
"""What a phone may make a link of: two words around a dot, an address of four numbers, anything with a scheme."""


@pytest.mark.parametrize("phone", UNREACHABLE)
async def test_attack_8_no_message_to_what_is_no_vietnamese_mobile(phone: str) -> None:
    """Whatever an older event says: the intent fails with a reason, its companions are sent, the result counts."""
    world = World()
    for id_, number in (("d-1", phone), ("d-2", "+84912345678")):
        told = Told(id_, phone=number)
        world.tell(told.submitted(), told.signed())
    process = world.process()
    await process.run()
    world.clock.advance(AFTER_CLAIM)
    await process.sweep()
    assert [entry["reference"] for entry in world.provider.entries] == ["d-2:result"]
    stories = world.published()
    assert [event.type for event in stories["d-2"]] == ["message-requested", "message-sent", "delivered"]
    if phone:
        assert [event.type for event in stories["d-1"]] == ["message-requested", "message-failed", "delivered"]
        assert stories["d-1"][1].data["reason"] == "not-a-vietnamese-mobile"
    assert stories["d-1"][-1].data["informed"] is False


async def test_attack_8_a_whole_lot_of_them_asks_the_provider_nothing() -> None:
    world = World()
    for number in range(5):
        told = Told(f"d-{number}", phone=f"+88161234567{number}")
        world.tell(told.submitted(), told.signed())
    await world.process(lingers=timedelta(0)).run()
    assert world.provider.calls == []
    assert {tuple(story) for story in world.stories().values()} == {
        ("message-requested", "message-failed", "delivered")
    }


async def test_attack_8_such_a_number_is_refused_at_the_door(intake: Desk) -> None:  # noqa: F811
    for phone in ("+881612345678", "+979123456789", "19001234", "1900 9095", "+80012345678"):
        answer = await intake.post("/api/v1/dossiers", CITIZEN, filing(applicant={"name": "Lê A", "phone": phone}))
        assert (answer.status_code, answer.json()["code"]) == (422, "phone-invalid"), phone


LURES = [
    "Nộp tại https://evil.example/login?x=1 ngay", "xem bit.ly/x", "Vào www.evil.com", "evil.com", "EVIL.COM", "t.me/x",
    "dichvucong.gov.vn.evil.top", "evil\u200b.com", "evil.\u00adcom", "evil．com/a", "bit。ly/x", "evil․com", "http:\\\\evil.com",
    "hxxps://x.y/z", "(https://a.b)", "192.168.1.1/x", "a@evil.com", "xn--80ak6aa92e.com", "tải evil.zip", "еvil.рф", "evil.việt",
    "évil.com/đường", "x:// y", "evil.com:8080", "ftp://evil.com", "evil。中国",
]  # fmt: skip


@pytest.mark.parametrize("lure", LURES, ids=ascii)
@pytest.mark.parametrize("policy", ["plain", "diacritics"])
def test_attack_8_no_link_of_a_reason_reaches_a_message(lure: str, policy: str) -> None:
    texts = Texts(policies={"refused": "plain" if policy == "plain" else "diacritics"})
    text = texts.compose("refused", code="H19.1-1", detail=without_links(f"Thiếu giấy. {lure} Trân trọng"))
    assert not CLICKED.search(text.replace("H19.1-1", "")), text
    assert "evil.com" not in text.casefold()
    assert "giay" in text.casefold() or "giấy" in text.casefold()


@pytest.mark.parametrize("lure", ["https://evil.example/login", "bit.ly/x"])
async def test_attack_8_nor_what_is_sent(lure: str) -> None:
    world = World()
    told = Told("d-1")
    world.tell(told.submitted())
    world.tell(told.intake.says(Refused(), RefusedSealed(reason=f"Xem {lure}"), at="2025-07-01T02:00:00.000000Z"))
    await world.process().run()
    (request, _) = world.published()["d-1"]
    assert lure not in request.open()["text"]
    assert "Ly do: Xem. " in request.open()["text"]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (
            "Lệ phí 50.000 đ, đo 1.5 m, ngày 28.11.2026, Điều 3.2/NĐ-CP",
            "Lệ phí 50.000 đ, đo 1.5 m, ngày 28.11.2026, Điều 3.2/NĐ-CP",
        ),
        ("UBND TP.HCM/Q.1, thiếu ảnh.Thiếu chữ ký", "UBND TP. HCM/Q. 1, thiếu ảnh. Thiếu chữ ký"),
        ("Mục a: thiếu; mục b:thiếu", "Mục a: thiếu; mục b:thiếu"),
    ],
)
def test_what_is_no_link_is_still_said(said: str, kept: str) -> None:
    assert without_links(said) == kept


DECEIVING = [
    "\u3164\u3164", "\u2800", "\u115f\u1160", "\uffa0",  # invisible fillers
    "Nguy\u0435n", "\u0420hạm A", "Nguyễn V\u03b1n", "\u0531nh",  # letters of two alphabets in one word
    "A" + "\u0301" * 120, "Nguyễn A" + "\u0323\u0324\u0325\u0326\u0327", "Lê A\u0300\u0300",  # marks upon marks
    "Nguyễn\u3164Văn A", "Lê\u202eA", "Lê \u0007A", "Lê \ue000", "Lê \ufffd",
]  # fmt: skip


async def test_attack_21_a_name_is_what_it_looks_like(intake: Desk) -> None:  # noqa: F811
    for name in DECEIVING:
        for kind in ({}, {"kind": "person"}, {"kind": "organisation"}):
            answer = await intake.post("/api/v1/dossiers", CITIZEN, filing(applicant={"name": name, **kind}))
            assert (answer.status_code, answer.json()["code"]) == (422, "name-invalid"), ascii(name)
            assert name not in answer.text


async def test_attack_21_names_that_exist_are_taken(intake: Desk) -> None:  # noqa: F811
    for name in ("H'Hen Niê", "K’Brơi", "Y Ƀăm", "阮文安", "សុខ សាន", "ꨌꩌ", "Чехов Антон", "Nguyễn Chekhov-Чехов"):
        answer = await intake.post("/api/v1/dossiers", CITIZEN, filing(applicant={"name": name}))
        assert answer.status_code == 201, answer.text
