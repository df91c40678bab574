"""What is read on the page of open data: Vietnamese first, English second."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Final

from dossier_shared.pages.texts import Lang

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "title": ("Dữ liệu mở", "Open data"),
    "lead": (
        "Số hồ sơ nộp mỗi tháng theo cơ quan, thủ tục và kênh nộp. Chỉ có các tháng đã trọn; không có dữ liệu cá nhân.",
        "Dossiers filed each month by agency, procedure and channel. Whole months only; no personal data.",
    ),
    "files": ("Tệp", "Files"),
    "columns": ("Các cột", "Columns"),
    "column": ("Cột", "Column"),
    "meaning": ("Ý nghĩa", "Meaning"),
    "protection": ("Bảo vệ người nộp", "How people are protected"),
    "protected": (
        "Không công bố con số nào dưới {k}, cũng không để tính ra được bằng phép trừ: các ô nhỏ được gộp vào dòng “other”, "
        "cùng với ô nhỏ kế tiếp nếu cần. Các dòng cộng lại vẫn bằng dòng tổng “*”.",
        "No number below {k} is told, nor can it be got by subtraction: small cells are put together in a row “other”, with the "
        "next smallest where needed. Rows still add up to the total “*”.",
    ),
    "licence": ("Điều khoản sử dụng", "Terms of use"),
    "free": (
        "Được tự do sao chép, sử dụng và chia sẻ; khi dẫn lại, hãy ghi cơ quan công bố và ngày tải.",
        "Free to copy, use and share; when quoting it, name the publishing authority and the day of download.",
    ),
    "until": ("Đến hết tháng {month}", "Up to {month}"),
}  # fmt: skip
COLUMNS: Final[dict[str, tuple[str, str]]] = {
    "month": ("tháng nộp, theo lịch Việt Nam, YYYY-MM", "month of filing by Vietnam's calendar, YYYY-MM"),
    "agency": ("mã cơ quan; * là tổng, other là phần gộp", "code of the agency; * is the total, other what is put together"),
    "agency_name": ("tên cơ quan", "its name, in Vietnamese"),
    "procedure": ("mã thủ tục hành chính; * và other như trên", "code of the procedure; * and other as above"),
    "procedure_name": ("tên thủ tục", "its name, in Vietnamese"),
    "channel": (
        "kênh nộp: online, direct, postal, agent; * và other như trên",
        "channel: online, direct, postal, agent; * and other as above",
    ),
    "filed": ("số hồ sơ nộp", "dossiers filed"),
}  # fmt: skip


def words(lang: Lang) -> SimpleNamespace:
    column = 0 if lang == "vi" else 1
    return SimpleNamespace(**{key: pair[column] for key, pair in TEXTS.items()})
