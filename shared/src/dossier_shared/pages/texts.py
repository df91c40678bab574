"""What officers read on the shared pages: Vietnamese first, English second. One key, both languages."""

from __future__ import annotations

from typing import Literal

Lang = Literal["vi", "en"]

TEXTS: dict[str, tuple[str, str]] = {
    "brand": ("Hồ sơ một cửa", "One-stop dossiers"),
    "skip": ("Tới danh sách", "Skip to the list"),
    "language": ("English", "Tiếng Việt"),
    "places": ("Các trang làm việc", "Work pages"),
    "agency": ("Cơ quan", "Agency"),
    "waiting": ("hồ sơ đang chờ", "waiting"),
    "late": ("Quá hạn", "Late"),
    "late_count": ("quá hạn", "late"),
    "reload": ("Tải lại", "Reload"),
    "more": (
        "Trang này có {n} hồ sơ, còn nữa ở sau. Xử lý xong, hãy tải lại.",
        "This page has {n}, and there are more. Reload once they are done.",
    ),
    "onward": ("Xem tiếp", "Next page"),
    "first": ("Về đầu danh sách", "Back to the beginning"),
    "code": ("Mã hồ sơ", "Code"),
    "procedure": ("Thủ tục", "Procedure"),
    "due": ("Hạn", "Due"),
    "no_due": ("Chưa có hạn", "No due time yet"),
    "state": ("Tình trạng", "State"),
    "actions": ("Thao tác", "Actions"),
    "select": ("Chọn hồ sơ {code}", "Select {code}"),
    "select_all": ("Chọn tất cả", "Select all"),
    "selected": ("{n} hồ sơ đã chọn", "{n} selected"),
    "bulk_selected": ("{action} mục đã chọn", "{action} selected"),
    "bulk_all": ("{action} tất cả", "{action} all"),
    "bulk": ("Thao tác hàng loạt", "Bulk actions"),
    "confirm_bulk": ("{action} {n} hồ sơ?", "{action}: {n} dossiers?"),
    "confirm": ("Đồng ý", "Confirm"),
    "cancel": ("Huỷ", "Cancel"),
    "reason": ("Lý do", "Reason"),
    "reason_hint": ("Người dân sẽ đọc được lý do này.", "The citizen will be able to read this reason."),
    "sms_cost": (
        "Tin nhắn gửi người dân dài khoảng {n} phần. Phần vượt quá giới hạn bị cắt.",
        "The text message to the citizen has about {n} part(s). What is beyond the limit is cut.",
    ),
    "sms_wide": (
        "Có chữ không viết không dấu được ({letters}): tin nhắn giữ nguyên mọi chữ và tốn hơn hai lần.",
        "Some letters have no plain form ({letters}): the message keeps every letter and costs over twice as much.",
    ),
    "reason_needed": ("Hãy ghi lý do.", "Write a reason."),
    "also_needed": ("Hãy điền ô này.", "Fill this in."),
    "number_needed": ("Hãy nhập một số lớn hơn 0, chỉ gồm chữ số.", "Enter a number above 0, digits only."),
    "more_actions": ("Thao tác khác", "More actions"),
    "working": ("Đang thực hiện…", "Working…"),
    "done": ("Đã thực hiện: {action} – {code}.", "Done: {action} – {code}."),
    "done_bulk": ("{action}: xong {n} hồ sơ.", "{action}: {n} done."),
    "failed_bulk": ("{n} hồ sơ chưa thực hiện được: {codes}. {why}", "{n} could not be done: {codes}. {why}"),
    "nothing_selected": ("Chưa chọn hồ sơ nào.", "Nothing is selected."),
    "network": (
        "Không kết nối được. Hãy bấm lại; thao tác không bị ghi hai lần.",
        "Could not connect. Press again; nothing is recorded twice.",
    ),
    "empty": ("Không có hồ sơ nào đang chờ.", "Nothing is waiting."),
    "empty_hint": ("Hồ sơ mới sẽ hiện ở đây khi tải lại trang.", "New dossiers appear here when you reload the page."),
    "keys": ("Phím tắt", "Keys"),
    "key_move": ("chuyển dòng", "move between rows"),
    "key_enter": ("thực hiện", "act"),
    "key_select": ("chọn", "select"),
    "key_reload": ("tải lại", "reload"),
    "local_time": ("Giờ Việt Nam", "Vietnam time"),
    "noscript": (
        "Trang này cần JavaScript để gửi thao tác. Hãy bật JavaScript rồi tải lại.",
        "This page needs JavaScript to send actions. Turn it on and reload.",
    ),
    "signed_out": ("Bạn chưa đăng nhập", "You are not signed in"),
    "signed_out_hint": (
        "Hãy mở liên kết đăng nhập được cấp cho bạn, rồi quay lại trang này. "
        "Khi chạy thử, lệnh “dossier up” in liên kết cho từng vai trò.",
        "Open the sign-in link you were given, then come back to this page. "
        "When trying it out, “dossier up” prints a link for each role.",
    ),
    "expired": ("Phiên đăng nhập đã hết", "Your session has ended"),
    "forbidden": ("Tài khoản này không dùng được trang này", "This account may not use this page"),
    "forbidden_hint": (
        "Trang dành cho tài khoản có vai trò: {roles}. Hãy đăng nhập bằng tài khoản khác.",
        "This page is for accounts with the role: {roles}. Sign in with another account.",
    ),
    "unavailable": ("Tạm thời gián đoạn", "Temporarily unavailable"),
    "try_again": ("Thử lại", "Try again"),
    "request_id": ("Mã yêu cầu", "Request id"),
}


def texts(lang: Lang) -> dict[str, str]:
    column = 0 if lang == "vi" else 1
    return {key: pair[column] for key, pair in TEXTS.items()}


def language(asked: str | None) -> Lang:
    return "en" if asked == "en" else "vi"
