"""What a citizen reads on the page of their dossiers: Vietnamese first, English second."""

from __future__ import annotations

from dossier_shared.texts import Lang

TEXTS: dict[str, tuple[str, str]] = {
    "title": ("Hồ sơ của tôi", "My dossiers"),
    "count": ("{n} hồ sơ", "{n} filed"),
    "more": ("Chỉ hiện {n} hồ sơ mới nhất.", "Only the newest {n} are shown."),
    "agency": ("Nơi giải quyết", "Handled by"),
    "submitted": ("Nộp lúc", "Filed"),
    "appointment": ("Hẹn trả kết quả", "Result promised"),
    "no_appointment": ("Có sau khi hồ sơ được tiếp nhận", "Follows once the dossier is accepted"),
    "late": ("Quá hẹn", "Late"),
    "finished": ("Có kết quả lúc", "Result ready"),
    "number": ("Số văn bản", "Document number"),
    "result": ("Xem văn bản kết quả (PDF)", "Read the result (PDF)"),
    "reason": ("Lý do", "Reason"),
    "why": ("Vì sao hẹn ngày này?", "Why this date?"),
    "basis": ("Căn cứ", "Legal basis"),
    "progress": ("Tiến độ", "Progress"),
    "reached": ("đã xong", "done"),
    "empty": ("Bạn chưa nộp hồ sơ nào.", "You have not filed anything yet."),
    "empty_hint": ("Hồ sơ hiện ở đây ngay sau khi nộp.", "What you file appears here at once."),
}
STEPS = (
    ("Đã nộp", "Filed"),
    ("Tiếp nhận", "Accepted"),
    ("Thẩm định", "Appraised"),
    ("Quyết định", "Decided"),
    ("Ký số", "Signed"),
    ("Trả kết quả", "Delivered"),
)
STATUS: dict[str, tuple[str, str]] = {
    "submitted": ("Chờ tiếp nhận", "Waiting to be accepted"),
    "refused": ("Không được tiếp nhận", "Not accepted"),
    "accepted": ("Đã tiếp nhận, đang giải quyết", "Accepted, in process"),
    "in_review": ("Đang giải quyết", "In process"),
    "approved": ("Đã phê duyệt, chờ ký", "Approved, to be signed"),
    "rejected": ("Không được giải quyết, chờ ký văn bản", "Rejected, the letter is to be signed"),
    "signed": ("Đã có kết quả", "The result is ready"),
    "signed-rejected": ("Đã có văn bản từ chối", "The rejection letter is ready"),
    "delivered": ("Đã trả kết quả", "The result was delivered"),
    "delivered-rejected": ("Đã trả văn bản từ chối", "The rejection letter was delivered"),
}


def my_texts(lang: Lang) -> dict[str, str]:
    column = 0 if lang == "vi" else 1
    return {key: pair[column] for key, pair in TEXTS.items()}
