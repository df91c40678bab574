"""What the lists say: Vietnamese first, English second."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Final

from dossier_monitor.pages.texts import span
from dossier_monitor.pages.words import DUE, STAGES, WAITS, Pairs
from dossier_monitor.projection.durations import EDGES
from dossier_shared.pages.texts import Lang

TEXTS: Final[Pairs] = {
    "late_title": ("Quá hạn và sắp đến hạn", "Late and about to be"),
    "title": ("Danh sách hồ sơ", "Dossiers"),
    "count": ("{n} hồ sơ", "{n} dossiers"),
    "judged": ("Xét hạn lúc {at}", "Deadlines judged at {at}"),
    "filters": ("Lọc", "Filter"),
    "apply": ("Lọc", "Apply"),
    "clear": ("Bỏ lọc", "Clear"),
    "without": ("Bỏ điều kiện {what}", "Without {what}"),
    "all": ("Tất cả", "All"),
    "pressing": ("Cần chú ý", "To watch"),
    "code": ("Mã hồ sơ", "Dossier"),
    "agency": ("Cơ quan", "Agency"),
    "own": ("Chỉ của cơ quan này", "This agency only"),
    "procedure": ("Thủ tục", "Procedure"),
    "stage": ("Bước", "Step"),
    "open": ("Đang xử lý", "Under way"),
    "channel": ("Kênh nộp", "Channel"),
    "waits": ("Đang chờ ai", "Waiting for"),
    "officer": ("Cán bộ", "Officer"),
    "did": ("Việc đã làm", "Work done"),
    "due": ("Hạn", "Deadline"),
    "outcome": ("Kết quả", "Outcome"),
    "reached": ("Đã qua", "Reached"),
    "ended": ("Xong", "Finished"),
    "filed": ("Nộp lúc", "Filed"),
    "filed_from": ("Nộp từ ngày", "Filed from"),
    "filed_to": ("Nộp đến ngày", "Filed to"),
    "due_from": ("Hạn từ ngày", "Due from"),
    "due_to": ("Hạn đến ngày", "Due to"),
    "ended_from": ("Xong từ ngày", "Finished from"),
    "ended_to": ("Xong đến ngày", "Finished to"),
    "age": ("Tuổi hồ sơ", "Age since filing"),
    "stand": ("Thời gian ở bước này", "Time in this step"),
    "took": ("Thời gian của bước", "Time taken"),
    "stood": ("đã {age}", "for {age}"),
    "no_due": ("chưa hẹn", "none yet"),
    "nobody": ("chưa giao cho ai", "not assigned"),
    "acts": ("Nơi xử lý", "Where to act"),
    "open_desk": ("Xem tất cả hồ sơ đang chờ ở đó", "See all that waits there"),
    "open_work": ("Mở danh sách việc", "Open the work list"),
    "next": ("Xem tiếp", "Next page"),
    "first": ("Về đầu danh sách", "Back to the beginning"),
    "shown": ("{from_} trong {n} hồ sơ", "{from_} of {n} dossiers"),
    "export": ("Tải về", "Download"),
    "empty": ("Không có hồ sơ nào khớp.", "No dossier matches."),
    "empty_late": ("Không có hồ sơ nào quá hạn hoặc sắp đến hạn.", "Nothing is late or about to be."),
    "empty_hint": (
        "Hãy bỏ bớt điều kiện lọc, hoặc mở cơ quan khác trong phạm vi theo dõi.",
        "Take away a condition, or choose another of the agencies you watch.",
    ),
    "true": ("có", "yes"),
    "local_time": ("Giờ Việt Nam (UTC+7)", "Vietnam time (UTC+7)"),
}
VALUES: Final[dict[str, Pairs]] = {
    "stage": STAGES,
    "waits": WAITS,
    "due": DUE,
    "channel": {
        "online": ("Trực tuyến", "Online"),
        "direct": ("Tại quầy", "At the counter"),
        "postal": ("Qua bưu điện", "By post"),
        "agent": ("Nộp thay", "By an agent"),
    },
    "outcome": {
        "approved": ("Phê duyệt", "Approved"),
        "rejected": ("Không phê duyệt", "Rejected"),
        "refused": ("Từ chối tiếp nhận", "Refused"),
        "stopped": ("Dừng giải quyết", "Stopped"),
    },
    "reached": {
        "filed": ("Nộp", "Filed"),
        "accepted": ("Tiếp nhận", "Accepted"),
        "signed": ("Ký", "Signed"),
        "delivered": ("Trả kết quả", "Delivered"),
    },
    "ended": {"on_time": ("Đúng hạn", "On time"), "late": ("Trễ hạn", "Late")},
    "did": {
        "accepted": ("Tiếp nhận", "Accepted"),
        "refused": ("Từ chối tiếp nhận", "Refused"),
        "appraised": ("Thẩm định", "Appraised"),
        "decided": ("Quyết định", "Decided"),
        "signed": ("Ký", "Signed"),
    },
    "open": {"true": ("Có", "Yes"), "false": ("Không", "No")},
    "own": {"true": ("Có", "Yes"), "false": ("Không", "No")},
}
SERVICES: Final[Pairs] = {
    "intake": ("Tiếp nhận", "Intake"),
    "review": ("Thẩm định, phê duyệt", "Review"),
    "signing": ("Ký số", "Signing"),
}


def list_texts(lang: Lang) -> SimpleNamespace:
    return SimpleNamespace(**{key: pair[_column(lang)] for key, pair in TEXTS.items()})


def bucket_words(bucket: int, lang: Lang) -> str:
    """`từ 1 ngày đến dưới 2 ngày`."""
    low = span(EDGES[bucket - 1], lang) if bucket else ""
    high = span(EDGES[bucket], lang) if bucket < len(EDGES) else ""
    if not low:
        return f"dưới {high}" if lang == "vi" else f"under {high}"
    if not high:
        return f"từ {low}" if lang == "vi" else f"{low} or more"
    return f"từ {low} đến dưới {high}" if lang == "vi" else f"{low} to under {high}"


def _column(lang: Lang) -> int:
    return 0 if lang == "vi" else 1
