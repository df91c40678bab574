"""What a dossier's steps, waits, deadlines and passages are called on every page: Vietnamese first, English second."""

from __future__ import annotations

from typing import Final

from dossier_monitor.pages.texts import span
from dossier_shared.pages.texts import Lang

Pairs = dict[str, tuple[str, str]]
STAGES: Final[Pairs] = {
    "submitted": ("Chờ tiếp nhận", "To accept"),
    "appraisal": ("Thẩm định", "Appraisal"),
    "approval": ("Phê duyệt", "Approval"),
    "signing": ("Ký số", "Signing"),
    "delivery": ("Trả kết quả", "Delivery"),
    "refused": ("Từ chối tiếp nhận", "Refused"),
    "delivered": ("Đã trả kết quả", "Delivered"),
    "stopped": ("Dừng giải quyết", "Stopped"),
}
WAITS: Final[Pairs] = {
    "counter": ("Bộ phận một cửa", "The counter"),
    "specialist": ("Chuyên viên", "A specialist"),
    "leader": ("Lãnh đạo", "A leader"),
    "citizen": ("Người dân bổ sung", "The citizen"),
    "payment": ("Nộp phí", "A payment"),
    "agency": ("Cơ quan phối hợp", "Another agency"),
    "signing": ("Hệ thống ký số", "The signing service"),
    "delivery": ("Trả kết quả", "Delivery"),
}
DUE: Final[Pairs] = {
    "pressing": ("Tất cả cần chú ý", "All to watch"),
    "late": ("Quá hạn", "Late"),
    "today": ("Đến hạn hôm nay", "Due today"),
    "soon": ("Còn không quá ba ngày", "Due in three days"),
    "later": ("Còn lâu hơn", "Due later"),
    "paused": ("Tạm dừng tính hạn", "Clock stopped"),
    "none": ("Chưa có hạn", "No deadline yet"),
}
PASSAGES: Final[Pairs] = {
    "intake": ("Tiếp nhận", "Intake"),
    "appraisal": ("Thẩm định", "Appraisal"),
    "approval": ("Phê duyệt", "Approval"),
    "signing": ("Ký", "Signing"),
    "delivery": ("Trả kết quả", "Delivery"),
    "whole": ("Từ nộp đến ký", "From filing to signing"),
}
_OVERDUE: Final = ("quá {age}", "{age} late")
_LEFT: Final = ("còn {age}", "{age} left")


def said(table: Pairs, key: str, lang: Lang) -> str:
    """The key itself where there is no word for it."""
    return table[key][0 if lang == "vi" else 1] if key in table else key


def clock_words(overdue: int | None, lang: Lang) -> str:
    """`quá 2 ngày`, `còn 3 giờ`; `overdue` in seconds, None where no clock runs."""
    if overdue is None:
        return ""
    return (_OVERDUE if overdue > 0 else _LEFT)[0 if lang == "vi" else 1].format(age=span(abs(overdue), lang))
