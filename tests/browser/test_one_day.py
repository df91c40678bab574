"""One day of an office, as those who work there and those who come to it live it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.async_api import expect

from dossier_local.reconciliation import Where, reconcile
from dossier_local.simulation.papers import scan
from dossier_local.waiting import patience

from .desk import Day, Desk, first_day, paper, printed
from .province import Role
from .visitor import executable

pytestmark = [pytest.mark.long, pytest.mark.timeout(1200)]

CENTRE, WARD = "X-H19-PVHCC", "X-H19-25217"
RECEPTIONIST = Role("Lê Thị Cúc", ("counter",), CENTRE, "cuc")
SPECIALIST = Role("Phạm Văn Dũng", ("specialist",), WARD, "dung")
LEADER = Role("Trần Thị Bình", ("leader",), WARD, "binh")
BUILDER = Role("Vũ Minh Khoa", ("specialist",), "X-H19-SXD", "khoa")
POLICE = Role("Ngô Thị Hà", ("specialist",), "X-H19-25217-CA", "ha")
SUPERIOR = Role("Hoàng Văn Giang", ("superior",), "H19", "giang")
WALK_IN = Role("Nguyễn Thị Lan", ("citizen",), None, "lan-at-home", "075185004217")  # not the account that filed
SENT_BACK = "Ghi rõ chiều cao công trình."
MISSING = (
    ("Bản vẽ mặt cắt móng chưa có chữ ký của người thiết kế.", "Tôi gửi bản vẽ đã ký."),
    ("Cam kết bảo đảm an toàn cho nhà liền kề.", "Tôi gửi bản cam kết."),
)
LEDGER = Path("provider") / "ledger.jsonl"
LAND = "Giấy tờ hợp pháp về đất đai"


class Received(NamedTuple):
    """`secret`: from the receipt."""

    id: str
    code: str
    name: str
    secret: str


class WalkIn(NamedTuple):
    """Whom the centre receives: for which agency, what is asked, and by which words the procedure is found."""

    name: str
    number: str
    agency: str
    words: str
    answers: Sequence[tuple[str, ...]]
    choices: Sequence[tuple[str, ...]]
    papers: Sequence[str]
    scans: Sequence[str]


LAN = WalkIn(
    "Nguyễn Thị Lan", "075185004217", "Ủy ban nhân dân phường Phước Long", "cap giay phep xay dung",
    (
        ("Chủ đầu tư", "Họ và tên", "Nguyễn Thị Lan"),
        ("Địa điểm xây dựng", "Địa chỉ", "Tỉnh, thành phố", "Đồng Nai"),
        ("Địa điểm xây dựng", "Địa chỉ", "Xã, phường, đặc khu", "Phường Phước Long"),
        ("Địa điểm xây dựng", "Thửa, tờ bản đồ", "thửa 125, tờ 17"),
        ("Công trình", "Số tầng", "2"),
    ),
    (("Công trình", "Loại", "Nhà ở riêng lẻ"),),
    ("Đơn đề nghị cấp giấy phép xây dựng", LAND, "Hồ sơ thiết kế xây dựng"),
    ("DON-XAY-DUNG", "GIAY-TO-DAT", "BAN-VE"),
)  # fmt: skip
BINH = WalkIn(
    "Nguyễn Văn Bình", "070092004321", "Sở Tư pháp thành phố Đồng Nai", "ban sao trich luc",
    (
        ("Người đã được đăng ký", "Họ và tên", "Nguyễn Văn Bình"),
        ("Người đã được đăng ký", "Ngày sinh", "30/09/1992"),
        ("Nơi đã đăng ký", "UBND phường Phước Long"),
        ("Số bản", "3"),
        ("Quan hệ với người được đăng ký", "Chính người đó"),
    ),
    (("Việc hộ tịch", "Khai sinh"),),
    ("Tờ khai đề nghị cấp bản sao Trích lục hộ tịch",),
    ("TO-KHAI-TRICH-LUC",),
)  # fmt: skip
MAI = WalkIn(
    "Trần Thị Mai", "070195001234", "Ủy ban nhân dân xã Thiện Hưng", "xac nhan tinh trang hon nhan",
    (
        ("Người được xác nhận", "Họ và tên", "Trần Thị Mai"),
        ("Người được xác nhận", "Ngày sinh", "12/04/1995"),
    ),
    (("Tình trạng hôn nhân", "Chưa kết hôn"), ("Mục đích", "Giao dịch tài sản")),
    ("Tờ khai cấp Giấy xác nhận tình trạng hôn nhân",),
    ("TO-KHAI-HON-NHAN",),
)  # fmt: skip


@pytest.fixture
async def day(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Day]:
    executable()
    async with first_day(tmp_path_factory.mktemp("office")) as begun:
        yield begun


async def test_an_office_lives_a_day(day: Day) -> None:
    received = await a_centre_receives(day)
    case = received[0]
    await a_paper_is_read(day, case)
    for n, (asked, answered) in enumerate(MISSING, 1):
        await the_specialist_asks(day, case, asked, n)
        await the_citizen_answers(day, case, asked, answered, n)
    await opinions_are_asked_and_given(day, case)
    await the_appointment_is_moved(day, case)
    await it_is_proposed_and_approved(day, case)
    await the_leader_sends_it_back(day, case)
    await it_is_proposed_and_approved(day, case, again=True)
    signed = await the_leader_signs_what_was_shown(day, case)
    await anybody_with_the_receipt_finds_it(day, case)
    await it_is_handed_over(day, case)
    await the_walk_in_reads_it(day, case, signed)
    await the_superior_sees_it_done(day, received)


async def a_centre_receives(day: Day) -> list[Received]:
    """For three agencies, one after the other; then their receipts, in one run."""
    async with day.at(RECEPTIONIST, "/intake/home?lang=vi") as desk:
        await desk.look("home-of-the-receptionist")
        await desk.page.locator("nav.places").get_by_role("link", name="Tiếp nhận tại quầy").click()
        received = [await receive(desk, one, n) for n, one in enumerate((LAN, BINH, MAI))]
        run = await desk.gets(f"{day.front}/intake/api/v1/forms/01?ids={','.join(one.id for one in received)}")
    receipts = printed(day, "receipts-in-one-run", run)
    assert len(receipts) == len(received)
    for one, said in zip(received, receipts, strict=True):
        for words in ("GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ", one.code, one.name, one.secret, RECEPTIONIST.name):
            assert words in said
    return received


async def a_paper_is_read(day: Day, case: Received) -> None:
    """As it was scanned at the counter, to the byte; and the dossier's own list says the same of it."""
    async with day.at(SPECIALIST, "/review/work?lang=vi") as desk:
        await desk.until(case.code)
        await desk.look("list-of-the-specialist")
        await desk.press(case.code)
        await desk.reads("Đang ở đâu", case.name, "thửa 125, tờ 17", "Trung tâm Phục vụ hành chính công")
        await desk.look("case-as-it-came")
        read = await desk.takes(LAND)
        recorded = await desk.json(f"{day.front}/review/api/v1/dossiers/{case.id}")
        listed = await desk.json(f"{day.front}/intake/api/v1/dossiers/{case.id}/documents")
    assert read == scan(LAN.scans[1], 1)
    digest = sha256(read).hexdigest()
    assert digest == recorded["documents"][1]["id"] == listed["items"][1]["sha256"]


async def the_specialist_asks(day: Day, case: Received, asked: str, n: int) -> None:
    async with day.at(SPECIALIST, f"/review/cases/{case.id}?lang=vi") as desk:
        await desk.until("Chờ thẩm định")
        await desk.act("Yêu cầu bổ sung", {"Nội dung cần bổ sung": asked})
        await day.did("request-supplement", case.id)
        await desk.reads("Chờ người dân bổ sung", asked)
        await desk.look(f"supplement-asked-{n}")


async def the_citizen_answers(day: Day, case: Received, asked: str, answered: str, n: int) -> None:
    """From home, with an account that did not file."""
    async with day.at(WALK_IN, "/intake/?lang=vi") as desk:
        await desk.until("Gửi bổ sung")  # of a page that was open before, only the words come by themselves
        await desk.reads(asked)
        await desk.look(f"asked-of-the-citizen-{n}")
        await desk.attach("Giấy tờ bổ sung", paper(f"bo-sung-{n}.pdf", scan("bo-sung", n)))
        await desk.write("Lời nhắn", answered)
        await desk.press("Gửi bổ sung")
        await desk.reads("Đã gửi bổ sung", answered)
        await day.did("supplement", case.id)
        await desk.look(f"sent-by-the-citizen-{n}")


async def opinions_are_asked_and_given(day: Day, case: Received) -> None:
    question = "Quy hoạch tại thửa 125, tờ 17 có cho phép nhà ở 2 tầng không?"
    async with day.at(SPECIALIST, f"/review/cases/{case.id}?lang=vi") as desk:
        await desk.until("Chờ thẩm định")
        asked = ["Sở Xây dựng thành phố Đồng Nai", "Công an phường Phước Long"]
        await desk.act("Hỏi ý kiến", {"Cơ quan được hỏi": asked, "Trả lời trong": "5", "Câu hỏi": question})
        await day.did("consult", case.id, times=len(asked))
        await desk.reads("Chờ ý kiến cơ quan khác", *asked)
        await desk.look("opinions-asked")
    for n, who in enumerate((BUILDER, POLICE), 1):
        async with day.at(who, "/review/home?lang=vi") as desk:
            await desk.until("cơ quan khác hỏi ý kiến")
            await desk.look(f"home-of-who-is-asked-{n}")
            await desk.page.get_by_role("link", name="cơ quan khác hỏi ý kiến").click()
            await desk.press(case.code)
            await desk.reads(question)
            await desk.look(f"question-{n}")
            await desk.act("Cho ý kiến", {"Ý kiến": f"Đồng ý, ý kiến số {n}."})
            await day.did("answer-consultation", case.id)
            await desk.look(f"opinion-given-{n}")


async def the_appointment_is_moved(day: Day, case: Received) -> None:
    why = "Phải chờ ý kiến của hai cơ quan."
    async with day.at(SPECIALIST, f"/review/cases/{case.id}?lang=vi") as desk:
        await desk.until("Chờ thẩm định")
        await desk.reads("Đồng ý, ý kiến số 1.", "Đồng ý, ý kiến số 2.")
        before = await desk.page.locator(".turn time").inner_text()
        await desk.act("Đề nghị gia hạn", {"Số ngày làm việc": "3", "Lý do": why})
        await day.did("request-extension", case.id)
    async with day.at(LEADER, f"/review/cases/{case.id}?lang=vi") as desk:
        await desk.reads("đề nghị gia hạn thêm 3")
        await desk.look("more-time-asked")
        await desk.act("Gia hạn")
        await day.did("extend", case.id)
    async with day.at(SPECIALIST, f"/review/cases/{case.id}?lang=vi") as desk:
        await desk.until("In phiếu xin lỗi, hẹn lại (mẫu 04)")
        await desk.look("appointment-moved")
        after = await desk.page.locator(".turn time").inner_text()
        (said,) = printed(day, "form-04", await desk.takes("In phiếu xin lỗi, hẹn lại (mẫu 04)"))
        for words in ("PHIẾU XIN LỖI VÀ HẸN LẠI NGÀY TRẢ KẾT QUẢ", case.code, case.name, why):
            assert words in said
        assert before != after


async def it_is_proposed_and_approved(day: Day, case: Received, *, again: bool = False) -> None:
    turn = "again" if again else "first"
    async with day.at(SPECIALIST, f"/review/cases/{case.id}?lang=vi") as desk:
        await desk.until(SENT_BACK if again else "Hẹn lại ngày trả")
        await desk.look(f"to-be-proposed-{turn}")
        await desk.act("Đề xuất giải quyết", {"Ý kiến thẩm định": "Đủ điều kiện cấp phép."})
        await day.did("appraise", case.id)
        await desk.reads("Đề xuất đồng ý", "Đủ điều kiện cấp phép.")
    async with day.at(LEADER, "/review/work?lang=vi") as desk:
        await desk.until(case.code)
        await desk.press(case.code)
        await desk.reads(
            "Đủ điều kiện cấp phép.", *(words for pair in MISSING for words in pair), "Đồng ý, ý kiến số 2."
        )
        await desk.look(f"case-of-the-leader-{turn}")
        await desk.act("Phê duyệt", {"Ý kiến của lãnh đạo": "Đồng ý."})
        await day.did("approve", case.id)
        await desk.look(f"approved-{turn}")


async def the_leader_sends_it_back(day: Day, case: Received) -> None:
    async with day.at(LEADER, "/signing/work?lang=vi") as desk:
        await desk.until(case.code)
        await desk.look("results-to-sign")
        await desk.press(case.code)
        shown = await desk.takes("Văn bản sẽ ký (xem trước, đúng từng byte)")
        printed(day, "preview", shown)
        await desk.reads(sha256(shown).hexdigest())
        await desk.look("document-to-sign")
        await desk.act("Trả lại", {"Lý do": SENT_BACK})
        await day.did("send-back", case.id)
        await desk.look("sent-back")


async def the_leader_signs_what_was_shown(day: Day, case: Received) -> bytes:
    """The hash beside the document is the document's; and what comes of it begins with just these bytes."""
    async with day.at(LEADER, f"/signing/cases/{case.id}?lang=vi") as desk:
        await desk.until("Văn bản sẽ ký")
        shown = await desk.takes("Văn bản sẽ ký (xem trước, đúng từng byte)")
        await desk.reads(sha256(shown).hexdigest())
        await desk.look("document-to-sign-again")
        await desk.act("Ký văn bản này")
        await day.did("sign", case.id)
        await desk.until("Đã ký xong.")
        await desk.look("signed")
        signed = await desk.takes("Văn bản đã ký")
    assert signed.startswith(shown)
    assert len(signed) > len(shown)
    printed(day, "result", signed)
    return signed


async def the_walk_in_reads_it(day: Day, case: Received, signed: bytes) -> None:
    """With an account of their own, which filed nothing. Read before, it would have been in their hands by that."""
    async with day.at(WALK_IN, "/intake/?lang=vi") as desk:
        await desk.until("Xem văn bản kết quả (PDF)")
        await desk.look("dossier-of-the-citizen")
        assert await desk.takes("Xem văn bản kết quả (PDF)") == signed


async def anybody_with_the_receipt_finds_it(day: Day, case: Received) -> None:
    """Without an account."""
    async with day.at(None, "/intake/track?lang=vi") as desk:
        await desk.write("Mã hồ sơ", case.code)
        await desk.write("Mã tra cứu", case.secret)
        await desk.look("tracking")
        await desk.press("Tra cứu")
        await desk.reads(case.code, "Trung tâm Phục vụ hành chính công thành phố Đồng Nai")  # where it is fetched
        await desk.look("tracked")
        assert case.name not in await desk.page.locator("main").inner_text()


async def it_is_handed_over(day: Day, case: Received) -> None:
    async with day.at(RECEPTIONIST, "/intake/home?lang=vi") as desk:
        await desk.page.locator("nav.places").get_by_role("link", name="Trả kết quả").click()
        await desk.until(case.code)
        await desk.look("results-to-hand-over")
        await desk.press(f"Trả kết quả {case.code}")
        await desk.action("Trả kết quả").locator("summary").click()
        await desk.write("Số căn cước hoặc hộ chiếu", WALK_IN.citizen_id or "")
        await desk.write("Người nhận ký", "Ký trên màn hình")
        await desk.sign("Chữ ký của người nhận")
        await desk.look("signature-of-the-receiver")
        await desk.press("Xác nhận: Trả kết quả")
        await desk.reads("Đã thực hiện: Trả kết quả", "ký trên màn hình")
        await day.did("hand-over-result", case.id)
        await desk.look("handed-over")


async def the_superior_sees_it_done(day: Day, received: Sequence[Received]) -> None:
    case = received[0]
    await day.province.settle()
    async with day.at(SUPERIOR, "/monitor/?lang=vi") as desk:
        await desk.look("board")
        await desk.page.get_by_role("searchbox").fill(case.code)
        await desk.page.keyboard.press("Enter")  # a whole code leads to its dossier
        await desk.reads("Đã trả kết quả")
        await desk.look("timeline")
    async with day.at(WALK_IN, "/intake/?lang=vi") as desk:
        await desk.until("Đã trả kết quả")
        await desk.look("end-of-the-citizen")
    stack = day.province.stack
    report = await reconcile(Where.of(stack), day.acks.path, stack.folder / LEDGER)
    assert report.findings == []


async def receive(desk: Desk, who: WalkIn, n: int) -> Received:
    await desk.write("Tiếp nhận cho cơ quan", who.agency)
    await desk.write("Thủ tục", who.words)
    if n == 0:
        await desk.look("counter")
    await desk.press("Tìm")
    await desk.reads(who.agency)
    await desk.write("Số căn cước", who.number)
    await desk.write("Họ và tên, hoặc tên tổ chức", who.name)
    await desk.write("Điện thoại", f"091234567{n}")
    await desk.write("Địa chỉ", "Khu phố 3, phường Phước Long")
    for answer in who.answers:
        await desk.write(*answer)
    for choice in who.choices:
        await desk.choose(*choice)
    for place, (name, code) in enumerate(zip(who.papers, who.scans, strict=True)):
        await desk.attach(name, paper(f"{code}.pdf", scan(code, place)))
    looked_into = desk.page.get_by_text("đã kiểm tra tệp")
    await expect(looked_into).to_have_count(len(who.papers), timeout=patience(15) * 1000)
    await desk.look(f"sheet-{n + 1}")
    await desk.press("Nộp hồ sơ")
    await desk.reads("Đã tiếp nhận hồ sơ", "Hẹn trả kết quả")
    await desk.look(f"received-{n + 1}")
    code = await desk.page.locator("h1").inner_text()
    id_ = desk.page.url.partition("/filed/")[2].partition("?")[0]
    await desk.day.did("file", id_, code)
    await desk.day.did("accept", id_, code)
    (said,) = printed(desk.day, f"receipt-{n + 1}", await desk.takes("In giấy tiếp nhận và hẹn trả (mẫu 01)"))
    await desk.press("Thủ tục khác")
    secret = re.search(r"mã tra cứu: (\w{5}-\w{5})", said)
    assert secret is not None, said
    return Received(id_, code, who.name, secret[1])
