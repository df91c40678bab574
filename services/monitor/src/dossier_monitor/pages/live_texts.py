"""Words of the live pages: Vietnamese first, English second."""

from __future__ import annotations

from types import SimpleNamespace

from dossier_monitor.pages.texts import TEXTS
from dossier_shared.pages.texts import Lang

LEVELS: dict[str, tuple[str, str]] = {
    "idle": ("Không có việc", "Nothing in hand"),
    "good": ("Ổn", "On track"),
    "warn": ("Cần chú ý", "Watch"),
    "bad": ("Nhiều hồ sơ quá hạn", "Many late"),
}
WORDS: dict[str, tuple[str, str]] = {
    "today": ("Đến hạn hôm nay", "Due today"),
    "soon": ("Đến hạn trong 3 ngày", "Due in three days"),
    "paused": ("Tạm dừng tính hạn", "Clock stopped"),
    "level": ("Mức độ", "State"),
    "legend": (
        "Đỏ: từ 10 % hồ sơ đang xử lý đã quá hạn. Vàng: có hồ sơ quá hạn hoặc đến hạn hôm nay. Xanh: không có.",
        "Red: ten per cent or more of what is under way is late. Amber: something is late or due today. Green: nothing is.",
    ),
    "heat": ("Bản đồ nhiệt các cơ quan", "Agencies at a glance"),
    "of_open": ("trên {n} đang xử lý", "of {n} under way"),
    "in_window": ("Nộp vào", "Filed"),
    "out_window": ("Ký xong", "Signed"),
    "w5m": ("5 phút", "5 min"),
    "w1h": ("1 giờ", "1 h"),
    "w1d": ("24 giờ", "24 h"),
    "throughput": ("Lưu lượng", "Throughput"),
    "window": ("Khoảng", "Window"),
    "spark": ("Ký xong trong 24 giờ qua, theo nửa giờ", "Signed over the last 24 hours, by half-hours"),
    "age": ("Tuổi hồ sơ đang xử lý", "Age of what is under way"),
    "p50": ("trung vị", "median"),
    "p90": ("90 % dưới", "90% under"),
    "flow": ("Hồ sơ đang ở đâu", "Where the dossiers stand"),
    "standing": ("Đã ở bước này", "At this step for"),
    "took": ("Bước này thường mất", "This step takes"),
    "waiting": ("Đang chờ ai", "Waiting for whom"),
    "wait_counter": ("Cán bộ một cửa", "Counter officer"),
    "wait_specialist": ("Chuyên viên thẩm định", "Specialist"),
    "wait_leader": ("Lãnh đạo", "Leader"),
    "wait_citizen": ("Người dân bổ sung", "Citizen's supplement"),
    "wait_payment": ("Nộp phí, lệ phí", "Payment"),
    "wait_agency": ("Cơ quan khác cho ý kiến", "Another agency"),
    "wait_signing": ("Máy ký số", "Signing machine"),
    "wait_delivery": ("Gửi thông báo, trả kết quả", "Notice and delivery"),
    "durations": ("Thời gian từng bước", "How long each step takes"),
    "step": ("Bước", "Step"),
    "took_intake": ("Nộp → tiếp nhận", "Filed → accepted"),
    "took_appraisal": ("Tiếp nhận → thẩm định xong", "Accepted → appraised"),
    "took_approval": ("Thẩm định xong → quyết định", "Appraised → decided"),
    "took_signing": ("Quyết định → ký", "Decided → signed"),
    "took_delivery": ("Ký → trả", "Signed → delivered"),
    "took_whole": ("Toàn bộ: nộp → ký", "In all: filed → signed"),
    "procedures": ("Theo thủ tục", "By procedure"),
    "procedure": ("Thủ tục", "Procedure"),
    "channels": ("Theo kênh nộp", "By channel"),
    "channel": ("Kênh", "Channel"),
    "channel_online": ("Trực tuyến", "Online"),
    "channel_direct": ("Tại quầy", "At the counter"),
    "channel_postal": ("Qua bưu điện", "By post"),
    "channel_agent": ("Nộp thay", "By an agent"),
    "channel_": ("Chưa rõ", "Not known yet"),
    "officers": ("Công việc của cán bộ", "Officers' workload"),
    "officer": ("Cán bộ", "Officer"),
    "officers_hint": (
        "Đang giữ: hồ sơ được giao, hoặc bị trả lại cho người đã thẩm định. Đã làm: số lượt tiếp nhận, từ chối, thẩm định, "
        "quyết định và ký trong 5 phút, 1 giờ, 24 giờ qua; hồ sơ thẩm định lại thì tính lần sau cùng.",
        "In hand: assigned to them, or sent back to whoever appraised. Done: what they accepted, refused, appraised, decided and "
        "signed in the last 5 minutes, hour, 24 hours; of a dossier appraised again, the latest appraisal.",
    ),
    "o_hand": ("Đang giữ", "In hand"),
    "o_hand_late": ("Quá hạn", "Late"),
    "o_away": ("Chờ bên ngoài", "Waits for others"),
    "o_stand": ("Đã giữ", "Held for"),
    "o_took50": ("Bước của họ: trung vị", "Their step: median"),
    "o_took90": ("90 % dưới", "90% under"),
    "o_accepted": ("Tiếp nhận", "Accepted"),
    "o_refused": ("Từ chối", "Refused"),
    "o_appraised": ("Thẩm định", "Appraised"),
    "o_decided": ("Quyết định", "Decided"),
    "o_signed": ("Ký", "Signed"),
    "o_done": ("Đã làm", "Done"),
    "no_officers": ("Chưa có cán bộ nào xử lý.", "No officer has acted yet."),
    "children": ("Các đơn vị trực thuộc", "Agencies right below"),
    "chart": ("24 giờ qua: nộp vào và ký xong", "The last 24 hours: filed and signed"),
    "as_table": ("Xem dạng bảng", "As a table"),
    "until": ("Đến lúc", "Until"),
    "line_in": ("Nộp vào", "Filed"),
    "line_out": ("Ký xong", "Signed"),
    "above": ("Cấp trên", "Above"),
    "more_rows": ("Có thay đổi về danh sách cơ quan.", "The list of agencies has changed."),
    "ahead": ("{n} sự kiện ghi giờ trong tương lai", "{n} events dated in the future"),
    "skipped": ("{n} bản ghi hỏng", "{n} broken records"),
    "pause": ("Dừng chuyển trang", "Stop turning"),
    "resume": ("Chuyển trang tiếp", "Go on turning"),
    "next": ("Trang sau", "Next"),
    "previous": ("Trang trước", "Previous"),
    "panel": ("Trang {n} trên {of}", "Panel {n} of {of}"),
    "wall_hint": (
        "Phím cách: dừng hoặc chạy tiếp. Mũi tên: chuyển trang. F: toàn màn hình.",
        "Space: stop or go on. Arrows: turn. F: full screen.",
    ),
    "everything_shown": ("Tổng cộng", "In all"),
    "code_of_agency": ("Mã cơ quan", "Code"),
    "export": ("Tải bảng", "Download"),
    "no_value": ("chưa có", "none yet"),
}


def live_texts(lang: Lang) -> SimpleNamespace:
    """With the words all of monitor's pages share."""
    column = 0 if lang == "vi" else 1
    levels = {f"level_{name}": pair for name, pair in LEVELS.items()}
    return SimpleNamespace(**{key: pair[column] for key, pair in {**TEXTS, **WORDS, **levels}.items()})
