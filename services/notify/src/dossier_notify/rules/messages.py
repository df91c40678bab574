"""What a citizen is told, and what it costs to say it. Pure.

Policy `diacritics` keeps the Vietnamese letters (UCS-2: 70 characters, 67 a part); `plain` ("không dấu") drops the marks
(GSM-7: 160, 153 a part). A text with letters that have no plain form (Khmer, Hán) is said with all its letters under either.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import regex

from dossier_shared.vocabulary.sms import cheapest, cost

Policy = Literal["plain", "diacritics"]
Moment = Literal["approved", "rejected", "at_counter", "refused", "helped"]


class Template(NamedTuple):
    """`bare` is said where there is no detail, or no room for any."""

    detailed: str
    bare: str


TEMPLATES: dict[Moment, Template] = {
    "approved": Template(
        "Hồ sơ {code} ({detail}) đã có kết quả. Mời xem và nhận kết quả trên Cổng dịch vụ công.",
        "Hồ sơ {code} đã có kết quả. Mời xem và nhận kết quả trên Cổng dịch vụ công.",
    ),
    "rejected": Template(
        "Hồ sơ {code} ({detail}) không được chấp thuận. Mời xem văn bản trả lời trên Cổng dịch vụ công.",
        "Hồ sơ {code} không được chấp thuận. Mời xem văn bản trả lời trên Cổng dịch vụ công.",
    ),
    "at_counter": Template(
        "Hồ sơ {code} ({detail}) đã có kết quả. Mời mang giấy tờ tùy thân và giấy hẹn đến Bộ phận Một cửa để nhận.",
        "Hồ sơ {code} đã có kết quả. Mời mang giấy tờ tùy thân và giấy hẹn đến Bộ phận Một cửa để nhận.",
    ),
    "refused": Template(
        "Hồ sơ {code} chưa được tiếp nhận. Lý do: {detail}. Mời xem hướng dẫn trên Cổng dịch vụ công.",
        "Hồ sơ {code} chưa được tiếp nhận. Mời xem lý do và hướng dẫn trên Cổng dịch vụ công.",
    ),
    "helped": Template(
        "{detail} nộp thay ông/bà hồ sơ {code}. Rút lại đồng ý: trên Cổng dịch vụ công hoặc tại Bộ phận Một cửa.",
        "Có người nộp thay ông/bà hồ sơ {code}. Rút lại đồng ý: trên Cổng dịch vụ công hoặc tại Bộ phận Một cửa.",
    ),
}


@dataclass(frozen=True, slots=True)
class Texts:
    """Policy per kind of message (`result`, `refused`); a text is shortened to `max_parts` by cutting its detail."""

    policies: Mapping[str, Policy] = field(default_factory=dict)
    max_parts: int = 2

    def compose(self, moment: Moment, *, code: str, detail: str) -> str:
        template = TEMPLATES[moment]
        policy = self.policies.get("refused" if moment == "refused" else "result", "plain")
        tidy = _tidy(detail)
        whole = (
            tidy if tidy.isascii() else regex.findall(r"\X", tidy)
        )  # never cut within what a reader calls one letter

        def text(length: int) -> str:
            shown = tidy if length == len(whole) else "".join(whole[:length]).rstrip(" ,;.") + "..."
            said = template.detailed.format(code=code, detail=shown) if length else template.bare.format(code=code)
            return cheapest(said) if policy == "plain" else unicodedata.normalize("NFC", said)

        said = text(len(whole))
        if not whole or cost(said).parts <= self.max_parts:
            return said
        shortened = range(1, len(whole))
        return text(bisect_right(shortened, self.max_parts, key=lambda length: cost(text(length)).parts))


def _tidy(detail: str) -> str:
    spaced = " ".join(detail.split())
    return "".join(char for char in spaced if unicodedata.category(char)[0] != "C").rstrip(" .")
