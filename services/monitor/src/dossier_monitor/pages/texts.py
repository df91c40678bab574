"""What watchers read: Vietnamese first, English second."""

from __future__ import annotations

from types import SimpleNamespace

from dossier_shared.pages.texts import Lang

TEXTS: dict[str, tuple[str, str]] = {
    "title": ("Bảng theo dõi hồ sơ", "Dossiers under way"),
    "pages": ("Các trang theo dõi", "Pages"),
    "everything": ("Toàn hệ thống", "Every agency"),
    "live": ("Trực tiếp", "Live"),
    "frozen": ("Đứng yên", "Standing still"),
    "connecting": ("Đang kết nối", "Connecting"),
    "lost": ("Mất kết nối, đang nối lại", "Connection lost, trying again"),
    "frozen_hint": (
        "Bộ tổng hợp đã ngừng gửi số liệu {age}. Số bên dưới là số cũ; bảng tự chạy lại khi bộ tổng hợp hoạt động.",
        "The aggregator has sent nothing for {age}. The numbers below are old; they move again once it is back.",
    ),
    "frozen_never": (
        "Bộ tổng hợp chưa gửi số liệu nào. Bảng tự chạy khi bộ tổng hợp hoạt động.",
        "The aggregator has sent nothing yet. The board starts by itself once it does.",
    ),
    "lost_hint": (
        "Không nhận được số liệu từ máy chủ {age}. Trang đang tự nối lại.",
        "Nothing has come from the server for {age}. The page is reconnecting by itself.",
    ),
    "signed_out_hint": (
        "Phiên đăng nhập đã hết. Hãy mở lại liên kết đăng nhập, rồi tải lại trang.",
        "Your session has ended. Open your sign-in link again, then reload the page.",
    ),
    "last_event": ("Sự kiện mới nhất", "Latest event"),
    "ago": ("{age} trước", "{age} ago"),
    "none_yet": ("chưa có", "none yet"),
    "judged_at": ("Xét hạn lúc", "Deadlines judged at"),
    "behind": ("Còn {n} sự kiện đang đọc", "{n} events still to be read"),
    "seconds": ("{n} giây", "{n} s"),
    "minutes": ("{n} phút", "{n} min"),
    "hours": ("{n} giờ", "{n} h"),
    "days": ("{n} ngày", "{n} d"),
    "open": ("Đang xử lý", "Under way"),
    "late": ("Quá hạn", "Late"),
    "late_of": ("quá hạn", "late"),
    "filed": ("Đã nộp", "Filed"),
    "signed": ("Đã ký", "Signed"),
    "delivered": ("Đã trả", "Delivered"),
    "refused": ("Từ chối", "Refused"),
    "stopped": ("Dừng giải quyết", "Stopped"),
    "on_time": ("Đúng hạn", "On time"),
    "on_time_hint": ("trong {n} hồ sơ đã xong", "of {n} finished"),
    "agency": ("Cơ quan", "Agency"),
    "below": ("gồm cả cấp dưới", "with those below"),
    "by_agency": ("Theo cơ quan và bước", "By agency and step"),
    "stage_submitted": ("Chờ tiếp nhận", "To accept"),
    "stage_appraisal": ("Thẩm định", "Appraisal"),
    "stage_approval": ("Phê duyệt", "Approval"),
    "stage_signing": ("Ký số", "Signing"),
    "stage_delivery": ("Trả kết quả", "Delivery"),
    "find": ("Tra cứu hồ sơ", "Find a dossier"),
    "find_label": ("Mã hồ sơ", "Dossier code"),
    "find_button": ("Xem", "Show"),
    "empty": ("Chưa có hồ sơ nào trong phạm vi theo dõi.", "No dossier yet among the agencies you watch."),
    "empty_hint": (
        "Hồ sơ hiện ở đây ngay khi được nộp, không cần tải lại trang.",
        "Dossiers appear here as soon as they are filed, without reloading.",
    ),
    "noscript": (
        "Không có JavaScript, trang chỉ hiện số liệu lúc mở. Hãy tải lại để xem số mới.",
        "Without JavaScript the page shows the numbers as they were when it opened. Reload for new ones.",
    ),
    "back": ("Về bảng theo dõi", "Back to the board"),
    "story": ("Diễn biến", "What happened"),
    "procedure": ("Thủ tục", "Procedure"),
    "due": ("Hẹn trả", "Appointment"),
    "why_due": ("Vì sao có hạn này", "Why this deadline"),
    "no_due": ("chưa hẹn", "none yet"),
    "finished": ("Xong lúc", "Finished"),
    "by_rule": ("hệ thống, theo quy tắc", "the system, by rule"),
    "after": ("sau {age}", "after {age}"),
    "code": ("Mã hồ sơ", "Dossier"),
    "local_time": ("Giờ Việt Nam (UTC+7)", "Vietnam time (UTC+7)"),
    "not_found": ("Không tìm thấy hồ sơ", "No such dossier"),
    "less_than": ("dưới 1 giây", "under 1 s"),
}
STATUS: dict[str, tuple[str, str]] = {
    "submitted": ("Đã nộp", "Submitted"),
    "accepted": ("Đã tiếp nhận", "Accepted"),
    "refused": ("Từ chối tiếp nhận", "Refused"),
    "in_review": ("Đang thẩm định", "In review"),
    "awaiting_supplement": ("Chờ người dân bổ sung", "Awaiting a supplement"),
    "awaiting_payment": ("Chờ người dân nộp tiền", "Awaiting a payment"),
    "awaiting_consultation": ("Chờ ý kiến cơ quan khác", "Awaiting another agency's opinion"),
    "approved": ("Đã phê duyệt", "Approved"),
    "rejected": ("Không phê duyệt", "Rejected"),
    "signed": ("Đã ký kết quả", "Signed"),
    "delivered": ("Đã trả kết quả", "Delivered"),
    "stopped": ("Dừng giải quyết", "Stopped"),
}
EVENTS: dict[str, tuple[str, str]] = {
    "submitted": ("Nộp hồ sơ", "Filed"),
    "accepted": ("Tiếp nhận, hẹn trả kết quả", "Accepted, appointment given"),
    "refused": ("Từ chối tiếp nhận", "Refused"),
    "assigned": ("Giao việc", "Assigned to an officer"),
    "supplement-requested": ("Yêu cầu bổ sung", "Supplement asked for"),
    "supplement-received": ("Đã nhận bổ sung, hẹn lại", "Supplement received, new appointment"),
    "payment-requested": ("Yêu cầu nộp tiền", "Payment asked for"),
    "payment-confirmed": ("Đã nộp tiền, hẹn lại", "Payment confirmed, new appointment"),
    "consultation-requested": ("Hỏi ý kiến cơ quan khác", "Another agency asked for its opinion"),
    "consultation-answered": ("Cơ quan được hỏi đã trả lời", "The agency asked has answered"),
    "request-withdrawn": ("Rút yêu cầu đã gửi", "Request taken back"),
    "rescheduled": ("Tính lại ngày hẹn", "Appointment reckoned anew"),
    "stopped": ("Dừng giải quyết", "Stopped"),
    "appraised": ("Thẩm định xong", "Appraised"),
    "noted": ("Ghi chú", "Remark added"),
    "returned": ("Trả lại để thẩm định thêm", "Sent back for further appraisal"),
    "approved": ("Phê duyệt", "Approved"),
    "rejected": ("Không phê duyệt", "Rejected"),
    "signing-requested": ("Yêu cầu ký số", "Signature requested"),
    "signing-failed": ("Ký số chưa được", "Signature failed"),
    "signed": ("Ký số kết quả", "Result signed"),
    "message-requested": ("Gửi tin nhắn cho người dân", "Message to the citizen requested"),
    "message-sent": ("Tin nhắn đã gửi", "Message sent"),
    "message-failed": ("Tin nhắn không gửi được", "Message could not be sent"),
    "delivered": ("Trả kết quả", "Result delivered"),
}
ROLES: dict[str, tuple[str, str]] = {
    "citizen": ("người dân", "citizen"),
    "agent": ("người nộp thay", "filing agent"),
    "counter": ("cán bộ một cửa", "counter officer"),
    "specialist": ("chuyên viên", "specialist"),
    "leader": ("lãnh đạo", "leader"),
}
VALUES: dict[str, tuple[str, str]] = {
    "online": ("trực tuyến", "online"),
    "direct": ("tại quầy", "at the counter"),
    "postal": ("qua bưu điện", "by post"),
    "counter": ("tại quầy", "at the counter"),
    "post": ("qua bưu điện", "by post"),
    "agent": ("nộp thay", "filed by an agent"),
    "intake": ("Tiếp nhận", "Intake"),
    "review": ("Thẩm định, phê duyệt", "Review"),
    "signing": ("Ký số", "Signing"),
    "notify": ("Thông báo, trả kết quả", "Notification, delivery"),
    "approve": ("đề xuất phê duyệt", "proposes to approve"),
    "reject": ("đề xuất không phê duyệt", "proposes to reject"),
    "sms": ("tin nhắn SMS", "text message"),
    "approved": ("chấp thuận", "granted"),
    "rejected": ("không chấp thuận", "not granted"),
    "worker-died": ("tiến trình ký dừng đột ngột", "the signing process died"),
    "key-unreadable": ("không đọc được khóa ký của người ký", "the signer's key cannot be read"),
    "keys-unavailable": ("chưa dùng được khoá ký", "signing keys out of reach"),
    "unexpected": ("lỗi không lường trước", "an unexpected fault"),
}


def board_texts(lang: Lang) -> SimpleNamespace:
    return SimpleNamespace(**{key: pair[_column(lang)] for key, pair in TEXTS.items()})


def label(table: dict[str, tuple[str, str]], key: str, lang: Lang) -> str:
    """The key itself where there is no word for it yet."""
    return table[key][_column(lang)] if key in table else key


def number(value: int, lang: Lang) -> str:
    return f"{value:,}" if lang == "en" else f"{value:,}".replace(",", ".")


def span(seconds: float, lang: Lang) -> str:
    """`2 giờ 5 phút`: the two largest units."""
    if seconds < 1:
        return TEXTS["less_than"][_column(lang)]
    left = int(seconds)
    parts: list[tuple[str, int]] = []
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60), ("seconds", 1)):
        n, left = divmod(left, size)
        if n or parts:
            parts.append((unit, n))
    return " ".join(TEXTS[unit][_column(lang)].format(n=n) for unit, n in parts[:2] if n)


def _column(lang: Lang) -> int:
    return 0 if lang == "vi" else 1
