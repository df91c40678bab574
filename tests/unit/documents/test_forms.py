"""What a reader finds on each form: its text read back from the PDF."""

from __future__ import annotations

import unicodedata
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pypdfium2
import pytest
import segno
from pydantic import ValidationError

from dossier_shared.documents.forms import rendering
from dossier_shared.documents.forms.models import Form, Missing, Paper, Person, Step
from dossier_shared.documents.forms.rendering import render_form, render_forms
from dossier_shared.documents.forms.sheets import sheet
from dossier_shared.documents.forms.texts import versions, words_on
from dossier_shared.problems import Invalid

from .samples import AT, CASE, EVERY, REASON, URL, apology, control, receipt, refusal, register, stop, supplement

MADE = datetime(2026, 11, 27, 2, tzinfo=UTC)
HEAD = ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "Phước Long, ngày 27 tháng 11 năm 2026"]
DESK_HEAD = ["ỦY BAN NHÂN DÂN PHƯỜNG", "TRUNG TÂM PHỤC VỤ", *HEAD]
SAID: dict[str, list[str]] = {
    "01": [
        "Mẫu số 01 – Ban hành kèm theo Thông tư số 03/2025/TT-VPCP ngày 15/09/2025", *DESK_HEAD,
        "GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ", "Mã hồ sơ: H19.151-20261127-0000042",
        "Bộ phận Một cửa: Trung tâm Phục vụ hành chính công phường Phước Long", "Tiếp nhận hồ sơ của: Nguyễn Văn Bình",
        "Địa chỉ: Khu phố 3, tỉnh Đồng Nai", "Số điện thoại: 0912 345 678", "Email: b@example.vn",
        "Nội dung yêu cầu giải quyết: Đăng ký khai sinh", "Thành phần hồ sơ nộp gồm:", "TT Tên giấy tờ Bản chính Bản sao Ghi chú",
        "1 Tờ khai đăng ký khai sinh 01", "2 Giấy chứng sinh 01 02 Trả bản chính khi", "Số lượng hồ sơ: 01 (bộ)",
        "Thời gian giải quyết hồ sơ theo quy định là: 02 ngày làm việc", "Thời gian nhận hồ sơ: 08:00 ngày 27/11/2026",
        "Thời gian trả kết quả giải quyết hồ sơ: 08:05 ngày 01/12/2026",
        "Cách tính ngày hẹn: Nhận trước 15:00 nên tính từ thứ Sáu 27/11/2026; trừ thứ Bảy, Chủ nhật.",
        "Phí, lệ phí: 1.500.000 đồng (đã nộp)", "Đăng ký nhận kết quả: Qua dịch vụ bưu chính công ích",
        "Vào Sổ theo dõi hồ sơ: Quyển số 01, số thứ tự 42", "NGƯỜI NỘP HỒ SƠ (Ký và ghi rõ họ tên) Nguyễn Văn Bình",
        "NGƯỜI TIẾP NHẬN HỒ SƠ (Ký và ghi rõ họ tên) Trần Thị Mai", "Ghi chú:", "Trang 1 / 1",
    ],
    "02": [
        "Mẫu số 02", *DESK_HEAD[:-1], "Số: 15/PYC", HEAD[2], "PHIẾU YÊU CẦU BỔ SUNG, HOÀN THIỆN HỒ SƠ",
        "Mã hồ sơ: H19.151-20261127-0000042", "Hồ sơ của: Nguyễn Văn Bình", "Yêu cầu hoàn thiện hồ sơ gồm những nội dung sau:",
        "1. Giấy chứng sinh (bản chính).", "Lý do: Bản nộp là bản chụp.", "2. Số căn cước của người mẹ.",
        "Thời hạn bổ sung, hoàn thiện: 08:05 ngày 07/12/2026", "liên hệ với bà Mai, số điện thoại 0251 3822 501",
        "NGƯỜI NỘP HỒ SƠ (Ký và ghi rõ họ tên) Nguyễn Văn Bình", "NGƯỜI HƯỚNG DẪN (Ký và ghi rõ họ tên) Trần Thị Mai",
    ],
    "03": [
        "Mẫu số 03", *DESK_HEAD, "PHIẾU TỪ CHỐI TIẾP NHẬN GIẢI QUYẾT HỒ SƠ", "Tiếp nhận hồ sơ của: Nguyễn Văn Bình",
        "Qua xem xét, Trung tâm Phục vụ hành chính công phường Phước Long thông báo không",
        "– Không thuộc thẩm quyền của phường.", "Hướng dẫn: Nộp tại Sở Tư pháp tỉnh Đồng Nai.", "Xin thông báo cho Ông/Bà",
        "NGƯỜI NỘP HỒ SƠ (Ký và ghi rõ họ tên) Nguyễn Văn Bình", "NGƯỜI TIẾP NHẬN HỒ SƠ (Ký và ghi rõ họ tên) Trần Thị Mai",
    ],
    "04": [
        "Mẫu số 04", "ỦY BAN NHÂN DÂN", "PHƯỜNG PHƯỚC LONG", *HEAD[:-1], "Số: 12/PXL-UBND", HEAD[2],
        "PHIẾU XIN LỖI VÀ HẸN LẠI NGÀY TRẢ KẾT QUẢ", "Kính gửi: Nguyễn Văn Bình", "Ngày 18/11/2026, Ủy ban nhân dân phường",
        "Thời gian hẹn trả kết quả giải quyết hồ sơ: 08:05 ngày 27/11/2026.", REASON, "xin lỗi Ông/Bà/Tổ chức",
        "08:05 ngày 02/12/2026.", "Mong nhận được sự thông cảm", "Nơi nhận:", "TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH",
        "Trần Quốc Hưng",
    ],
    "05": [
        "Mẫu số 05", "ỦY BAN NHÂN DÂN", "THÔNG BÁO", "Về việc dừng giải quyết hồ sơ", "Kính gửi: Nguyễn Văn Bình",
        "08:05 ngày 27/11/2026, với lý do:", f"1. {REASON}", "2. Quá hạn bổ sung.",
        "Hướng xử lý tiếp theo: Giấy tờ được trả lại.", "thông báo để Ông/Bà/Tổ chức", "CHỦ TỊCH", "Trần Quốc Hưng",
    ],
    "06": [
        "Mẫu số 06", "PHIẾU KIỂM SOÁT QUÁ TRÌNH GIẢI QUYẾT HỒ SƠ", "Mã hồ sơ: H19.151-20261127-0000042",
        "Cơ quan phối hợp giải quyết hồ sơ: Công an phường Phước Long", "Thời gian hẹn trả kết quả: 08:05 ngày 01/12/2026",
        "1 Bộ phận Một cửa", "Trần Thị Mai", "Tiếp nhận 08:05", "27/11/2026", "10:05", "Đúng hạn", "2 Lê Văn Tám,",
        "Thẩm định 10:05", "Chờ xác", "NGƯỜI GIAO HỒ SƠ (Ký và ghi rõ họ tên) Trần Thị Mai",
        "NGƯỜI NHẬN HỒ SƠ (Ký và ghi rõ họ tên)",
    ],
    "07": [
        "Mẫu số 07", "SỔ THEO DÕI HỒ SƠ", "Từ ngày 01/11/2026 đến ngày 30/11/2026", "Ngày, tháng, năm", "Trả kết quả",
        "Đăng ký khai sinh 01", "08:05", "27/11/2026", "Bưu chính", "Tổng số: 2 hồ sơ.",
        "NGƯỜI LẬP SỔ (Ký và ghi rõ họ tên) Trần Thị Mai", "PHỤ TRÁCH BỘ PHẬN",
    ],
}  # fmt: skip


def pages(pdf: bytes) -> list[str]:
    """Of each page the text, as one line."""
    with pypdfium2.PdfDocument(pdf) as document:
        texts = [page.get_textpage().get_text_bounded() for page in document]
    return [" ".join(unicodedata.normalize("NFC", text).replace("\u200b", "").split()) for text in texts]


def text_of(form: Form, **given: Any) -> str:
    return " ".join(pages(render_form(form, MADE, **given)))


@pytest.mark.parametrize("number", EVERY)
def test_a_form_says_what_it_was_given_in_the_form_s_own_order(number: str) -> None:
    text, position = text_of(EVERY[number]), 0
    for said in SAID[number]:
        found = text.find(said, position)
        assert found >= 0, f"{said!r} is not in {text[position:]!r}"
        position = found
    assert "None" not in text
    assert "2026-11" not in text


def test_the_same_forms_and_instant_are_the_same_bytes() -> None:
    assert render_forms([receipt(), control()], MADE) == render_forms([receipt(), control()], MADE)


def test_many_receipts_are_one_run_whose_pages_are_counted_for_each() -> None:
    papers = tuple(Paper(name=f"Giấy tờ số {n}", copies=1) for n in range(1, 61))
    run = pages(render_forms([receipt(), receipt(papers=papers), receipt()], MADE))
    assert [page.rpartition("Trang ")[2] for page in run] == ["1 / 1", "1 / 3", "2 / 3", "3 / 3", "1 / 1"]


def test_nobody_signs_a_page_that_says_nothing_else() -> None:
    """However much stands before: the last of what is said is on the page of the signatures."""
    row = CASE["person"].name
    forms: list[tuple[Form, str, str]] = []
    for n in range(2, 34, 3):
        papers = tuple(Paper(name=f"Giấy tờ số {k}", copies=1) for k in range(n))
        forms.append((receipt(papers=papers, register_entry=None), "Đăng ký nhận kết quả:", "NGƯỜI TIẾP NHẬN HỒ SƠ"))
        reasons = tuple(f"Lý do thứ {k} của {row}." for k in range(n))
        forms.append((refusal(reasons=reasons), "Xin thông báo cho Ông/Bà", "NGƯỜI TIẾP NHẬN HỒ SƠ"))
        forms.append((stop(reasons=reasons), "để Ông/Bà/Tổ chức được biết", "CHỦ TỊCH"))
        steps = tuple(Step(who=row, work="Thẩm định", since=AT) for _ in range(n))
        forms.append((control(steps=steps), "Phiếu này kèm theo hồ sơ", "NGƯỜI GIAO HỒ SƠ"))
    run = iter(pages(render_forms([form for form, _, _ in forms], MADE)))
    for form, last_words, signature in forms:
        text = next(run)
        while signature not in text:
            text = next(run)
        assert last_words in text, f"{form.kind}: the signature stands alone: {text}"


def test_long_content_is_all_there() -> None:
    papers = tuple(Paper(name=f"Giấy tờ số {n} " + "rất dài " * (n % 90), copies=1) for n in range(1, 201))
    run = pages(render_form(receipt(papers=papers), MADE))
    assert all("TT Tên giấy tờ" in page for page in run[:-1])
    text = " ".join(run)
    assert [n for n in range(1, 201) if f"Giấy tờ số {n} " not in text] == []
    letters = "".join(text_of(apology(reasons=("Nguyễn" * 1666, "Lý do dài. " * 900))).split())
    assert letters.count("ễ") >= 1666
    assert letters.count("dài.") == 900


def test_a_register_has_its_head_on_every_page_and_lies_across() -> None:
    pdf = render_form(register(60), MADE)
    with pypdfium2.PdfDocument(pdf) as document:
        assert all(page.get_width() > page.get_height() for page in document)
    run = pages(pdf)
    assert all("Tên thủ tục hành chính" in page for page in run)
    assert "Tổng số: 60 hồ sơ." in run[-1]


def test_a_long_register_is_one_book_whose_pages_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "ROWS", 20)
    run = pages(render_forms([receipt(), register(50), receipt()], MADE))
    assert [page.rpartition("Trang ")[2] for page in run] == ["1 / 1", *map(str, range(1, len(run) - 1)), "1 / 1"]
    assert all("Tên thủ tục hành chính" in page for page in run[1:-1])
    text = " ".join(run[1:-1])
    assert [text.count(said) for said in ("SỔ THEO DÕI HỒ SƠ Từ ngày", "Tổng số: 50 hồ sơ.")] == [1, 1]
    assert [n for n in range(1, 51) if f" {n} H19" not in text] == []
    assert "NGƯỜI LẬP SỔ" in run[-2]


def test_a_long_run_of_receipts_is_set_in_parts_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "PART", 150)
    codes = [f"H19.151-20261127-{n:07d}" for n in range(7)]
    run = pages(render_forms([receipt(code=code) for code in codes], MADE))
    assert [page.partition("Mã hồ sơ: ")[2][: len(codes[0])] for page in run] == codes
    assert all(page.endswith("Trang 1 / 1") for page in run)


def test_forms_are_printed_in_several_threads_at_once() -> None:
    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(lambda n: render_form(receipt(sets=n), MADE), range(1, 7)))
    assert made == [render_form(receipt(sets=n), MADE) for n in range(1, 7)]


@pytest.mark.parametrize(
    "text",
    [
        '#panic("x") $a+b$ *đậm* _n_ `r` @ref <l> [x] {y} {code} %s',
        r"\u{41} \ // c /* d */ = H - i + j",
        '"}], "kind": "x',
        unicodedata.normalize("NFD", "Nguyễn Thị Ánh Tuyết"),
        "Y Ƀăm Niê Kđăm",
        "阮文安",
    ],
)
def test_a_hostile_text_comes_out_as_it_went_in(text: str) -> None:
    read = text_of(supplement(person=Person(name=text, address=text), missing=(Missing(what=text, why=text),)))
    assert read.count(unicodedata.normalize("NFC", text)) >= 4


@pytest.mark.parametrize("name", ["សុខ សំណាង", "محمد علي"])
def test_a_name_in_letters_that_join_is_printed_whole(name: str) -> None:
    """The reader tells them in an order of its own, and some twice."""
    read = text_of(refusal(person=Person(name=name)))
    assert [letter for letter in name if read.count(letter) < 2 * name.count(letter)] == []


def test_what_nobody_sees_is_not_printed() -> None:
    form = supplement(person=Person(name="Lê\u200b \u202eVăn\u2066 A\ufeff", address="\u200b\u2060"))
    assert form.person == Person(name="Lê Văn A")


def test_letters_no_font_has_are_refused_by_name_or_printed_as_code_points() -> None:
    form = refusal(reasons=("Thiếu 😀 giấy",))
    with pytest.raises(Invalid) as refused:
        render_form(form, MADE)
    assert refused.value.code == "unprintable-text"
    assert "“😀” (U+1F600)" in str(refused.value.errors)
    text = text_of(form, substitute=True)
    assert "Thiếu [U+1F600] giấy" in text
    assert "mã Unicode trong ngoặc vuông" in text
    assert "mã Unicode" not in text_of(refusal(), substitute=True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"received_at": "2026-02-30T08:00:00+07:00"},
        {"received_at": "9999-12-31T23:59:59+00:00"},
        {"received_at": datetime(1, 1, 1, tzinfo=UTC)},
        {"appointment": datetime(2026, 11, 27, 8)},  # noqa: DTZ001
        {"why": "a" * 10_001},
        {"code": "\u200b"},
        {"procedure": "\ue000"},
        {"papers": (Paper(name="x"),) * 501},
        {"tracking_url": "javascript:alert(1)"},
        {"tracking_url": "https://a.vn/ x"},
        {"fee": {"amount": -1}},
        {"fee": {"amount": 1.5}},
        {"sets": 0},
        {"stranger": "x"},
    ],
    ids=str,
)
def test_what_no_form_can_say_is_refused_before_it_is_printed(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        receipt(**wrong)


def test_a_register_of_a_day_no_calendar_has_is_refused() -> None:
    with pytest.raises(ValidationError):
        register(first="2026-02-30")


def test_an_empty_print_run_is_refused() -> None:
    with pytest.raises(ValueError, match="without a form"):
        render_forms([], MADE)


@pytest.mark.parametrize("number", EVERY)
def test_the_words_are_those_in_force_on_the_day_of_the_paper(number: str) -> None:
    form = EVERY[number]
    for version in versions():
        day = datetime(version.in_force.year, version.in_force.month, version.in_force.day, 12, tzinfo=UTC)
        said = sheet(form.model_copy(update={"at": day}))
        assert said["act"] == version.act
        assert sheet(form.model_copy(update={"at": day - timedelta(days=1)}))["act"] == versions()[0].act
    assert sheet(form)["form"] == f"Mẫu số {number}"
    assert words_on("register", versions()[0].in_force)["form"] == "Mẫu số 06"


def test_what_is_not_known_has_no_line() -> None:
    text = text_of(receipt(fee=None, why=None, delivery=None, tracking_url=None, papers=(), appointment=None))
    for label in ("Phí, lệ phí", "Cách tính ngày hẹn", "Đăng ký nhận kết quả", "Tên giấy tờ", "Quét mã"):
        assert label not in text
    assert "Không có giấy tờ kèm theo." in text
    assert "Trả kết quả ngay sau khi giải quyết xong" in text
    assert "Phí, lệ phí: Không thu" in text_of(receipt(fee={"amount": 0}))


def test_the_code_a_phone_reads_is_the_whole_address() -> None:
    """The printed modules, one by one, are those of the address with its secret."""
    with pypdfium2.PdfDocument(render_form(receipt(), MADE)) as document:
        image = document[0].render(scale=4).to_pil().convert("L")
    millimetre = image.width / 210
    left, right = round(168 * millimetre), round(192 * millimetre)
    matrix = [[bool(module) for module in row] for row in segno.make(URL, error="m", micro=False).matrix]
    step = (right - left) / len(matrix)
    bar = range(left + 2, left + int(6.5 * step))  # above a corner's square
    rows = range(int(0.9 * step))
    first = next(y for y in range(image.height) if all(image.getpixel((x, y + row)) < 128 for x in bar for row in rows))
    printed = [
        [
            image.getpixel((int(left + (x + 0.5) * step), int(first + (y + 0.5) * step))) < 128
            for x in range(len(matrix))
        ]
        for y in range(len(matrix))
    ]
    assert printed == matrix
