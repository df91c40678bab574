"""What the page of alarms says: Vietnamese first, English second."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, Final

from dossier_monitor.pages.texts import number
from dossier_shared.pages.texts import Lang

Pairs = Mapping[str, tuple[str, str]]
TEXTS: Final[Pairs] = {
    "title": ("Cảnh báo", "Alarms"),
    "count": ("{n} cảnh báo đang bật, {new} chưa ai nhận", "{n} alarms raised, {new} not acknowledged"),
    "unknown": ("Chưa đọc được số cảnh báo", "The number of alarms is not known now"),
    "raised": ("Đang bật", "Raised"),
    "cleared": ("Đã hết", "Cleared"),
    "all": ("Tất cả", "All"),
    "which": ("Cảnh báo nào", "Which alarms"),
    "since": ("Từ", "Since"),
    "was": ("Bật lúc {at}", "Raised {at}"),
    "times": ("lần thứ {n}", "time {n}"),
    "acknowledge": ("Nhận cảnh báo", "Acknowledge"),
    "send": ("Đã nhận", "Record it"),
    "acknowledged": ("{who} đã nhận lúc {at}", "Acknowledged by {who}, {at}"),
    "nobody": ("Chưa ai nhận", "Not acknowledged"),
    "note": ("Ghi chú: sẽ làm gì, ai làm", "Note: what will be done, and by whom"),
    "dossiers": ("Xem hồ sơ", "Show the dossiers"),
    "none": ("Không có cảnh báo nào.", "There are no alarms."),
    "none_hint": (
        "Cảnh báo hiện ở đây khi một quy tắc bị vượt và kéo dài đủ lâu.",
        "An alarm appears here once a rule has been broken for long enough.",
    ),
    "more": ("Trang này có {n} cảnh báo.", "This page has {n} alarms."),
}
SEVERITY: Final[Pairs] = {
    "critical": ("Nghiêm trọng", "Critical"),
    "warning": ("Cần chú ý", "Warning"),
    "info": ("Thông tin", "For information"),
}
SERVICES: Final[Pairs] = {
    "intake": ("Dịch vụ tiếp nhận", "Service intake"),
    "review": ("Dịch vụ thẩm định, phê duyệt", "Service review"),
    "signing": ("Dịch vụ ký số", "Service signing"),
    "notify": ("Dịch vụ thông báo", "Service notify"),
    "notify-alarms": ("Dịch vụ thông báo (cảnh báo)", "Service notify (alarms)"),
    "monitor": ("Dịch vụ giám sát", "Service monitor"),
    "monitor-worker": ("Bộ tổng hợp của giám sát", "The monitor's aggregator"),
}
_DETAILS: Final[Pairs] = {
    "late-share": ("{late} trong {open} hồ sơ đang xử lý đã quá hạn", "{late} of {open} dossiers under way are late"),
    "growing-stage": (
        "{in_hand} hồ sơ ở bước {stage}, thêm {grown} trong {minutes} phút",
        "{in_hand} dossiers in step {stage}, {grown} more in {minutes} minutes",
    ),
    "silent-agency": (
        "{value} giờ làm việc không có hoạt động, đang giữ {open} hồ sơ",
        "Nothing for {value} working hours, with {open} dossiers in hand",
    ),
    "stalled": (
        "{count} hồ sơ chưa có người xử lý hoặc chưa có hạn",
        "{count} dossiers without an officer or a deadline",
    ),
    "parked": ("{value} sự kiện đang chờ", "{value} events are waiting"),
    "hearing": (
        "Quá nhiều bản ghi không đọc được; xem bằng `dossier dead-letters pass`",
        "Too many records cannot be read; see `dossier dead-letters pass`",
    ),
    "dead-letters": ("{new} bản ghi không đọc được", "{new} unreadable records"),
    "lag": ("Còn {value} sự kiện chưa xử lý", "{value} events not taken up yet"),
    "behind": ("Chậm {value} phút", "{value} minutes behind"),
}


def alarm_texts(lang: Lang) -> SimpleNamespace:
    return SimpleNamespace(**{name: pair[lang == "en"] for name, pair in TEXTS.items()})


def said(pairs: Pairs, key: str, lang: Lang) -> str:
    return pairs[key][lang == "en"] if key in pairs else key


def detail(state: Mapping[str, Any], stage: str, lang: Lang) -> str:
    """One sentence about a raised alarm. `stage`: its name, where there is one."""
    figures = {
        name: number(round(value), lang) if isinstance(value, int | float) else value
        for name, value in {**state["figures"], "value": state["value"]}.items()
    }
    try:
        return said(_DETAILS, state["kind"], lang).format(**{**figures, "stage": stage})
    except KeyError:  # a figure an older version did not keep
        return str(figures["value"])
