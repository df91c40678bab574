"""What search says: Vietnamese first, English second."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Final

from dossier_shared.pages.texts import Lang

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "title": ("Tìm hồ sơ", "Search"),
    "label": ("Mã hồ sơ, tên người nộp, hoặc số điện thoại", "Code, applicant's name, or phone number"),
    "hint": (
        "Một phần của mã; tên không cần dấu; cả số điện thoại hoặc đúng bốn số cuối.",
        "Part of a code; a name with or without diacritics; a whole phone number or exactly its last four digits.",
    ),
    "find": ("Tìm", "Find"),
    "too_short": (
        "Hãy gõ thêm: ít nhất hai chữ của tên, ba ký tự của mã, cả số điện thoại hoặc bốn số cuối.",
        "Type more: at least two letters of a name, three characters of a code, a phone number or its last four digits.",
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
