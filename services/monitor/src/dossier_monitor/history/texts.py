"""What is read on the page of the history: Vietnamese first, English second."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Final

from dossier_shared.pages.texts import Lang

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "title": ("Xem lại quá khứ", "The board as it was"),
    "lead": (
        "Bảng theo dõi như nó đã là ở bất kỳ phút nào trước đây, hoặc cả một khoảng thời gian chiếu lại trong một phút.",
        "The board at any past minute, or a whole span of time played back in a minute.",
    ),
    "agency": ("Cơ quan", "Agency"),
    "at": ("Thời điểm", "At"),
    "from": ("Chiếu lại từ", "Play back from"),
    "to": ("đến", "to"),
    "show": ("Xem", "Show"),
    "playback": ("Chiếu lại", "Playback"),
    "play": ("Chiếu", "Play"),
    "pause": ("Dừng", "Pause"),
    "slider": ("Thời điểm trong khoảng chiếu", "Instant within the span"),
    "speed": ("Tốc độ", "Speed"),
    "loading": ("Đang tải…", "Loading…"),
    "failed": ("Không tải được đoạn chiếu. Hãy tải lại trang.", "The playback could not be loaded. Reload the page."),
    "noscript": (
        "Không có JavaScript thì không chiếu được; bảng tại một thời điểm vẫn dùng được.",
        "Playing needs JavaScript; the board at one instant works without it.",
    ),
    "table": ("Bảng lúc", "The board at"),
    "whole": ("Tổng cộng", "In all"),
    "chart": (
        "Biểu đồ: số hồ sơ đang xử lý và quá hạn theo thời gian. Bảng bên dưới có số liệu của thời điểm đang xem.",
        "Chart: dossiers under way and late over time. The table below has the numbers of the instant shown.",
    ),
    "accepted": ("Đã nhận", "Accepted"),
    "hint": ("Phím mũi tên lùi tiến từng khung; phím cách chiếu hoặc dừng.", "Arrow keys step; space plays or pauses."),
}  # fmt: skip


def words(lang: Lang) -> SimpleNamespace:
    column = 0 if lang == "vi" else 1
    return SimpleNamespace(**{key: pair[column] for key, pair in TEXTS.items()})
