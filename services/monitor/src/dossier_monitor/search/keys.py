"""By what a dossier is found: parts of its code, its applicant's name without diacritics, the end of the phone number. Pure.

Keys are short texts of which a question is a beginning; the first letter tells their kind.
"""

from __future__ import annotations

import re
from typing import Any, Final
from unicodedata import combining, normalize

from dossier_shared.envelope import Event
from dossier_shared.journal import State

PHONE_END: Final = 6  # digits kept of a phone number
MIN_CODE, MIN_PHONE, MIN_NAME = 3, 4, 2
MAX_WORDS: Final = 12
MAX_TEXT: Final = 100
_PART = re.compile(r"[a-z0-9]+")


def folded(text: str) -> str:
    """`Nguyễn Văn Đạt` → `nguyen van dat`."""
    bare = "".join(char for char in normalize("NFD", text.lower().replace("đ", "d")) if not combining(char))
    return " ".join(_PART.findall(bare))


def remembered(state: State, event: Event) -> State:
    """The state with what search needs of this event; the same object where that is nothing new."""
    known = state.get("search", {})
    new: dict[str, Any] = {}
    if event.type == "submitted":
        name, phone = _applicant(event)
        new |= {"name": folded(name)[:MAX_TEXT], "phone": _digits(phone)[-PHONE_END:]}
    if state.get("code") and known.get("code") != state["code"]:
        new["code"] = state["code"]
    if not new:
        return state
    found = {"name": "", "phone": "", "code": "", **known, **new}
    return {**state, "search": {**found, "keys": keys(found["code"], found["name"], found["phone"])}}


def keys(code: str, name: str, phone: str) -> list[str]:
    """Of the code, what begins at a separator, and the ends of its last part; of the name, what begins at a word."""
    parts = folded(code).split()[:MAX_WORDS]
    found = {f"c{''.join(parts[first:])[:MAX_TEXT]}" for first in range(len(parts))}
    if parts:
        last = parts[-1]
        found |= {f"c{last[first:]}" for first in range(1, max(1, len(last) - MIN_CODE + 1))}
    words = name.split()[:MAX_WORDS]
    found |= {f"n{' '.join(words[first:])}" for first in range(len(words))}
    if len(phone) >= MIN_PHONE:
        found.add(f"p{phone[::-1]}")
    return sorted(found)


def questions(text: str) -> list[list[str]]:
    """What to look for, in this order, until something is found: each a list of beginnings that all must be among the keys."""
    words = folded(text).split()[:MAX_WORDS]
    joined = "".join(words)[:MAX_TEXT]
    if not any(char.isdigit() for char in joined):
        name = " ".join(words)
        if len(joined) < MIN_NAME:
            return []
        return [[f"n{name}"]] + (
            [[f"n{word}" for word in sorted(words, key=len, reverse=True)]] if len(words) > 1 else []
        )
    found = [[f"c{joined}"]] if len(joined) >= MIN_CODE else []
    if joined.isdigit() and len(joined) >= MIN_PHONE:
        found.append([f"p{joined[::-1][:PHONE_END]}"])
    return found


def initials(name: str) -> str:
    """`nguyen van a` → `N. V. A.`: enough to recognise whom one knows, not enough to learn a name."""
    return " ".join(f"{word[0].upper()}." for word in name.split())


def _applicant(event: Event) -> tuple[str, str]:
    """Name and phone; empty where they cannot be read: a dossier that is found by its code only is better than none."""
    try:
        person = event.open()["applicant"]
        name, phone = person.get("name"), person.get("phone")
    except (ValueError, TypeError, KeyError, AttributeError):
        return "", ""
    return name if isinstance(name, str) else "", phone if isinstance(phone, str) else ""


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isascii() and char.isdigit())
