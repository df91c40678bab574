"""What the stream's page says: Vietnamese first, English second."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Final

from dossier_shared.pages.texts import Lang

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "title": ("Dòng sự kiện", "Stream of events"),
    "live": ("Trực tiếp", "Live"),
    "paused": ("Đang tạm dừng", "Paused"),
    "connecting": ("Đang kết nối", "Connecting"),
    "lost_connection": ("Mất kết nối, đang nối lại", "Connection lost, trying again"),
    "waiting_broker": ("Chưa đọc được sự kiện, đang thử lại", "Events cannot be read, trying again"),
    "pause": ("Tạm dừng", "Pause"),
    "resume": ("Tiếp tục", "Resume"),
    "rate": ("{n} sự kiện mỗi giây", "{n} events a second"),
    "held": ("{n} sự kiện mới đang chờ hiện", "{n} new events held back"),
    "lost": ("Đã bỏ qua {n} sự kiện vì trang nhận không kịp", "{n} events left out: the page could not keep up"),
    "gap": ("Có thể thiếu một số sự kiện trước đó", "Some events before these may be missing"),
    "signed_out": (
        "Phiên đăng nhập đã hết. Hãy mở lại liên kết đăng nhập, rồi tải lại trang.",
        "Your session has ended. Open your sign-in link again, then reload the page.",
    ),
    "service": ("Dịch vụ", "Service"),
    "type": ("Loại sự kiện", "Type of event"),
    "dossier": ("Hồ sơ (mã)", "Dossier (code)"),
    "agency": ("Cơ quan", "Agency"),
    "all": ("Tất cả", "All"),
    "apply": ("Lọc", "Apply"),
    "clear": ("Bỏ lọc", "Clear"),
    "filters": ("Lọc", "Filter"),
    "event": ("Sự kiện", "Event"),
    "time": ("Lúc", "At"),
    "who": ("Ai", "Who"),
    "open": ("Xem hồ sơ", "Open the dossier"),
    "by_rule": ("hệ thống, theo quy tắc", "the system, by rule"),
    "broken": ("Bản ghi không đọc được", "A record that cannot be read"),
    "empty": ("Chưa có sự kiện nào khớp.", "No event matches yet."),
    "noscript": (
        "Không có JavaScript, trang chỉ hiện các sự kiện lúc mở. Hãy tải lại để xem sự kiện mới.",
        "Without JavaScript the page shows the events as they were when it opened. Reload for new ones.",
    ),
}
BROKEN: Final[dict[str, tuple[str, str]]] = {
    "undecodable": ("không giải mã được", "cannot be decoded"),
    "unknown-version": ("phiên bản không rõ", "unknown version"),
    "unknown-type": ("loại không rõ", "unknown type"),
    "wrong-key": ("sai khoá", "wrong key"),
    "wrong-writer": ("sai nơi ghi", "wrong writer"),
    "wrong-hash": ("sai mã băm", "wrong hash"),
    "invalid-data": ("dữ liệu không hợp lệ", "invalid data"),
}


def stream_texts(lang: Lang) -> SimpleNamespace:
    return SimpleNamespace(**{key: pair[0 if lang == "vi" else 1] for key, pair in TEXTS.items()})
