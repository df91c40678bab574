"""What an import changes, field by field, as a person compares: entries by their key, never by their position."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.catalogue.merging import KEYS, WHOLE, key_of
from dossier_intake.rules.calendars import ONE_DAY

LOOK_BACK, LOOK_AHEAD = timedelta(days=60), timedelta(days=3 * 366)
_SHOWN = 80
_PARTS = {"agencies": ("agency", "cơ quan", "agency"), "procedures": ("procedure", "thủ tục", "procedure")}
_VERBS = {"added": ("thêm", "added"), "changed": ("sửa", "changed"), "removed": ("bỏ", "removed")}
_FIELDS = {
    "name_vi": "tên", "name_en": "tên tiếng Anh", "parent": "cơ quan cấp trên", "level": "cấp", "kind": "loại",
    "signature": "dòng ký", "serves": "phục vụ cơ quan", "completion_days": "số ngày hoàn thiện",
    "field": "lĩnh vực", "executed_by": "cơ quan thực hiện", "online": "mức độ trực tuyến",
    "deadline": "thời hạn", "amount": "số lượng", "unit": "đơn vị", "cut_off": "giờ chốt nhận", "same_day": "trả trong ngày",
    "fee_vnd": "phí, lệ phí", "documents": "giấy tờ", "required": "bắt buộc", "copies": "số bản", "result": "kết quả",
    "channels": "kênh nộp", "consultation": "lấy ý kiến", "legal_basis": "căn cứ pháp lý", "messages": "tin báo",
    "straight_through": "tự động tiếp nhận", "assurance": "mức định danh",
    "separate_signing": "người khác ký",
    "valid_from": "có hiệu lực từ", "valid_until": "hết hiệu lực",
    "form": "biểu mẫu", "hours": "giờ làm việc", "weekend": "ngày nghỉ cuối tuần", "days_off": "ngày nghỉ",
    "working_days": "ngày làm bù", "public_holidays": "ngày lễ", "time_zone": "múi giờ",
}  # fmt: skip


class Change(NamedTuple):
    """`code`: of the agency or procedure (with its date of effect after an @), empty for the calendar.

    `field`: dotted, entries of a list by their key: `documents[D-1].copies`; empty where a whole entry comes or goes.
    """

    change: Literal["added", "changed", "removed"]
    what: Literal["agency", "procedure", "calendar"]
    code: str
    field: str
    before: Any
    after: Any
    vi: str
    en: str


def changes(before: Catalogue, after: Catalogue) -> list[Change]:
    old, new = before.whole(), after.whole()
    found: list[Change] = []
    for part, (what, _, _) in _PARTS.items():
        were, are = _by_key(part, old[part]), _by_key(part, new[part])
        for key in [*were, *(key for key in are if key not in were)]:
            code = "@".join(piece for piece in key if piece)
            found += _between(what, code, were.get(key), are.get(key))
    return [*found, *_between("calendar", "", old["calendar"], new["calendar"])]


def newly_off(before: Catalogue, after: Catalogue, today: date) -> list[date]:
    """Days that were worked and are no more."""
    old, new = before.calendar, after.calendar
    if old.rules == new.rules:
        return []
    days = (today - LOOK_BACK + ONE_DAY * number for number in range((LOOK_BACK + LOOK_AHEAD).days))
    return [day for day in days if old.day_off(day) is None and new.day_off(day) is not None]


def _by_key(name: str, entries: list[Any]) -> dict[tuple[str, ...], Any]:
    return {key: entry for entry in entries if (key := key_of(name, entry)) is not None}


def _between(what: Any, code: str, before: Any, after: Any) -> Iterator[Change]:
    if before is None or after is None:
        yield _change(what, code, "", before, after)
        return
    for field, old, new in _differences(before, after, "", ""):
        yield _change(what, code, field, old, new)


def _differences(before: Any, after: Any, path: str, name: str) -> Iterator[tuple[str, Any, Any]]:
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping) and name not in WHOLE:
        for key in [*before, *(key for key in after if key not in before)]:
            inner = f"{path}.{key}" if path else str(key)
            yield from _differences(before.get(key), after.get(key), inner, str(key))
    elif isinstance(before, list) and isinstance(after, list) and name in KEYS:
        were, are = _by_key(name, before), _by_key(name, after)
        for key in [*were, *(key for key in are if key not in were)]:
            inner = f"{path}[{'@'.join(piece for piece in key if piece)}]"
            yield from _differences(were.get(key), are.get(key), inner, "")
    else:
        yield path, before, after


def _change(what: Any, code: str, field: str, before: Any, after: Any) -> Change:
    kind: Any = "added" if before is None else "removed" if after is None else "changed"
    verb_vi, verb_en = _VERBS[kind]
    noun_vi, noun_en = {"agency": ("cơ quan", "agency"), "procedure": ("thủ tục", "procedure")}.get(
        what, ("lịch làm việc", "calendar")
    )
    subject_vi, subject_en = (f"{noun_vi} {code}".strip(), f"{noun_en} {code}".strip())
    if not field:
        name = (after or before).get("name_vi", "")
        return Change(
            kind, what, code, field, before, after, f"{verb_vi} {subject_vi}: {name}", f"{verb_en} {subject_en}: {name}"
        )
    values = f"{_short(before)} → {_short(after)}"
    vi = f"{subject_vi}: {verb_vi} {_named(field)}: {values}"
    return Change(kind, what, code, field, before, after, vi, f"{subject_en}: {field} {verb_en}: {values}")


def _named(field: str) -> str:
    """`documents[D-1].copies` → `giấy tờ [D-1], số bản`."""
    words = []
    for step in field.replace("[", ".[").split("."):
        words.append(_FIELDS.get(step, step))
    return ", ".join(words).replace(", [", " [")


def _short(value: Any) -> str:
    if value is None:
        return "∅"
    if isinstance(value, Mapping) and "name_vi" in value:
        return str(value["name_vi"])[:_SHOWN]
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
