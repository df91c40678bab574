"""What a citizen reads on the page of their dossiers: Vietnamese first, English second."""

from __future__ import annotations

from dossier_shared.pages.texts import Lang

TEXTS: dict[str, tuple[str, str]] = {
    "title": ("Hồ sơ của tôi", "My dossiers"),
    "count": ("{n} hồ sơ", "{n} filed"),
    "more": ("Trang này có {n} hồ sơ.", "This page has {n} dossiers."),
    "agency": ("Nơi giải quyết", "Handled by"),
    "submitted": ("Nộp lúc", "Filed"),
    "appointment": ("Hẹn trả kết quả", "Result promised"),
    "no_appointment": ("Có sau khi hồ sơ được tiếp nhận", "Follows once the dossier is accepted"),
    "late": ("Quá hẹn", "Late"),
    "finished": ("Có kết quả lúc", "Result ready"),
    "number": ("Số văn bản", "Document number"),
    "result": ("Xem văn bản kết quả (PDF)", "Read the result (PDF)"),
    "reason": ("Lý do", "Reason"),
    "asked_supplement": (
        "Cơ quan đề nghị bổ sung. Hãy gửi phần còn thiếu ngay dưới đây, hoặc nộp tại bộ phận một cửa. "
        "Thời hạn giải quyết tạm dừng cho đến khi nhận được.",
        "The office asks for what is missing. Send it below, or hand it in at the counter. "
        "The time limit stands still until it is here.",
    ),
    "asked_payment": (
        "Cơ quan đề nghị nộp {amount} đồng. Hãy nộp tại bộ phận một cửa. Thời hạn giải quyết tạm dừng cho đến khi nộp.",
        "The office asks you to pay VND {amount}. Pay at the counter. The time limit stands still until then.",
    ),
    "supplement_files": ("Giấy tờ bổ sung (PDF, JPEG, PNG)", "Documents (PDF, JPEG, PNG)"),
    "supplement_text": ("Lời nhắn", "Message"),
    "supplement_send": ("Gửi bổ sung", "Send"),
    "supplement_working": ("Đang gửi…", "Sending…"),
    "supplement_empty": ("Hãy chọn tệp hoặc ghi lời nhắn.", "Choose a file or write a message."),
    "supplement_network": (
        "Không kết nối được. Hãy bấm lại; không bị ghi hai lần.",
        "Could not connect. Press again; nothing is recorded twice.",
    ),
    "to_do": ("Việc cần làm", "What to do"),
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
    "awaiting_supplement": ("Chờ bạn bổ sung", "Waiting for your supplement"),
    "awaiting_payment": ("Chờ bạn nộp tiền", "Waiting for your payment"),
    "awaiting_consultation": ("Đang lấy ý kiến cơ quan khác", "Another agency is asked for its opinion"),
    "approved": ("Đã phê duyệt, chờ ký", "Approved, to be signed"),
    "rejected": ("Không được giải quyết, chờ ký văn bản", "Rejected, the letter is to be signed"),
    "signed": ("Đã có kết quả", "The result is ready"),
    "signed-rejected": ("Đã có văn bản từ chối", "The rejection letter is ready"),
    "stopped": ("Đã dừng giải quyết", "Stopped by the office"),
    "delivered": ("Đã trả kết quả", "The result was delivered"),
    "delivered-rejected": ("Đã trả văn bản từ chối", "The rejection letter was delivered"),
}


def my_texts(lang: Lang) -> dict[str, str]:
    column = 0 if lang == "vi" else 1
    return {key: pair[column] for key, pair in TEXTS.items()}
