"""What the people responsible are told of an alarm, in one text message. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

import regex

from dossier_shared.vocabulary.sms import cheapest, cost

# by kind of rule; what an alarm's event says in `figures`
_DETAILS: Mapping[str, str] = {
    "late-share": "{late}/{open} hồ sơ quá hạn",
    "growing-stage": "thêm {grown:.0f} hồ sơ trong {minutes:.0f} phút, đang có {in_hand}",
    "silent-agency": "{open} hồ sơ đang giữ, {value:.0f} giờ làm việc không có hoạt động",
    "stalled": "{count} hồ sơ",
    "emergency": "cán bộ cơ quan khác đang xem {count} hồ sơ",
    "parked": "{value:.0f} sự kiện",
    "hearing": "quá nhiều bản ghi không đọc được",
    "dead-letters": "{new} bản ghi",
    "lag": "còn {value:.0f} sự kiện",
    "behind": "{value:.0f} phút",
}


def compose(alarm: Mapping[str, Any], max_parts: int) -> str:
    """As cheap as a text can be; what is too long is cut at its end, between letters."""
    where = alarm["agency_name"] or alarm["subject"]
    said = f"Cảnh báo: {alarm['name_vi']} - {where}: {_detail(alarm)}"
    if cost(cheapest(said)).parts <= max_parts:
        return cheapest(said)
    letters = regex.findall(r"\X", said)

    def cut(length: int) -> str:
        return cheapest("".join(letters[:length]).rstrip() + "...")

    return cut(max(bisect_right(range(len(letters)), max_parts, key=lambda n: cost(cut(n)).parts) - 1, 0))


def _detail(alarm: Mapping[str, Any]) -> str:
    try:
        return _DETAILS[alarm["kind"]].format(**{**alarm["figures"], "value": alarm["value"]})
    except (KeyError, ValueError, TypeError):  # a kind or a figure of a later version
        return f"{alarm['value']:g}"
