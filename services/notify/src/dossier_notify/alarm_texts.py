"""What the people responsible are told of an alarm, in one text message. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

from dossier_notify.messages import cost, without_marks

# by kind of rule; what an alarm's event says in `figures`
_DETAILS: Mapping[str, str] = {
    "late-share": "{late}/{open} hồ sơ quá hạn",
    "growing-stage": "thêm {grown:.0f} hồ sơ trong {minutes:.0f} phút, đang có {in_hand}",
    "silent-agency": "{open} hồ sơ đang giữ, {value:.0f} giờ làm việc không có hoạt động",
    "stalled": "{count} hồ sơ",
    "parked": "{value:.0f} sự kiện",
    "dead-letters": "{new} bản ghi",
    "lag": "còn {value:.0f} sự kiện",
    "behind": "{value:.0f} phút",
}


def compose(alarm: Mapping[str, Any], max_parts: int) -> str:
    """Without marks, as cheap as a text can be; what is too long is cut at its end."""
    where = alarm["agency_name"] or alarm["subject"]
    said = without_marks(f"Cảnh báo: {alarm['name_vi']} - {where}: {_detail(alarm)}")
    if cost(said).parts <= max_parts:
        return said
    length = bisect_right(range(len(said)), max_parts, key=lambda n: cost(said[:n] + "...").parts) - 1
    return said[: max(length, 0)].rstrip() + "..."


def _detail(alarm: Mapping[str, Any]) -> str:
    try:
        return _DETAILS[alarm["kind"]].format(**{**alarm["figures"], "value": alarm["value"]})
    except (KeyError, ValueError, TypeError):  # a kind or a figure of a later version
        return f"{alarm['value']:g}"
