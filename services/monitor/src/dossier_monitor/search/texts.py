"""What search says: Vietnamese first, English second."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Final

from dossier_shared.texts import Lang

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "title": ("Tìm hồ sơ", "Search"),
    "label": ("Mã hồ sơ, tên người nộp, hoặc số cuối điện thoại", "Code, applicant's name, or end of the phone number"),
    "hint": (
        "Một phần của mã; tên không cần dấu; từ bốn số cuối điện thoại trở lên.",
        "Part of a code; a name with or without diacritics; at least the last four digits of a phone number.",
    ),
    "find": ("Tìm", "Find"),
    "too_short": (
        "Hãy gõ thêm: ít nhất hai chữ của tên, ba ký tự của mã, hoặc bốn số cuối điện thoại.",
        "Type more: at least two letters of a name, three characters of a code, or four digits of a phone number.",
    ),
    "nothing": ("Không tìm thấy hồ sơ nào.", "Nothing was found."),
    "more": ("Còn nhiều hồ sơ khác. Hãy gõ thêm để thu hẹp.", "There are more. Type more to narrow it down."),
    "applicant": ("Người nộp", "Applicant"),
    "phone": ("Điện thoại", "Phone"),
    "masked": (
        "Tên chỉ hiện đủ cho cán bộ của cơ quan giữ hồ sơ.",
        "Names are shown in full only to officers of the dossier's own agency.",
    ),
}


def search_texts(lang: Lang) -> SimpleNamespace:
    return SimpleNamespace(**{key: pair[0 if lang == "vi" else 1] for key, pair in TEXTS.items()})
