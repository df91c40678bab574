"""By what a dossier is found: parts of its code, its applicant's name without diacritics, a phone number or its end. Pure.

Keys are short texts of which a question is a beginning; the first letter tells their kind: c code, n name, b two words borne
together, p the end of a phone number read backwards, w a digest of the whole one. Five to eight digits find no phone: they would
find a stranger's.
"""

from __future__ import annotations

from hashlib import sha256
from itertools import permutations
from typing import Final, cast
from unicodedata import combining, normalize

import regex

from dossier_monitor.timelines.state import Search, State
from dossier_shared.contracts.envelope import Event
from dossier_shared.problems import Invalid
from dossier_shared.vocabulary.persons import GONE
from dossier_shared.vocabulary.phone import phone as canonical_phone

CODE: Final = "c"  # the kind of key that tells nothing of a person
PHONE_END: Final = 4  # digits kept of a phone number
MIN_CODE, MIN_NAME = 3, 2
MAX_WORDS: Final = 12
MAX_TEXT: Final = 100
# families of nine in ten people, and what comes between family and given name with half of them
_MANY: Final = frozenset(
    [
        "nguyen",
        "tran",
        "le",
        "pham",
        "hoang",
        "huynh",
        "phan",
        "vu",
        "vo",
        "dang",
        "bui",
        "do",
        "ho",
        "ngo",
        "duong",
        "ly",
        "thi",
        "van",
    ]
)
_PART = regex.compile(r"[\p{L}\p{M}\p{N}]+")
_NAME_PART = regex.compile(r"[\p{L}\p{M}\p{N}]+(?:['-][\p{L}\p{M}\p{N}]+)*")
_INVISIBLE = regex.compile(r"[\p{Cf}\p{Cc}\p{Default_Ignorable_Code_Point}]+")
_JOINERS: Final = {ord(sign): "'" for sign in "’‘ʼʹʻˈ`´′＇"} | {ord(dash): "-" for dash in "‐‑‒–—―−－"}
# letters with a stroke or hook have no decomposition: Vietnamese, Ê Đê, Gia Rai, Ba Na, Cơ Ho, and look-alikes typed for them
_STROKES: Final = str.maketrans(
    {
        "đ": "d",
        "ð": "d",
        "ɖ": "d",
        "ɗ": "d",
        "ƀ": "b",
        "ɓ": "b",
        "ħ": "h",
        "ł": "l",
        "ø": "o",
        "ŧ": "t",
        "ı": "i",
        "ŋ": "n",
    }
)


def bare(text: str) -> str:
    """Lower case without diacritics; apostrophes and dashes in one form."""
    plain = normalize("NFKD", _INVISIBLE.sub("", text).casefold()).translate(_JOINERS).translate(_STROKES)
    return "".join(char for char in plain if not combining(char))


def folded(text: str) -> str:
    """`H19-2611 Ð` → `h19 2611 d`."""
    return " ".join(_PART.findall(bare(text)))


def folded_name(text: str) -> str:
    """`Nguyễn Văn Đạt` → `nguyen van dat`, `H’Hen  Niê` → `h'hen nie`."""
    return " ".join(_NAME_PART.findall(bare(text)))


def remembered(state: State, event: Event) -> State:
    """The state with what search needs of this event; the same object where that is nothing new."""
    known = state.get("search", {})
    new: dict[str, str] = {}
    told = _applicant(event) if event.type in ("submitted", "corrected") else None
    if told is not None:
        name, phone = told
        new |= {"name": folded_name(name)[:MAX_TEXT], "phone": _digits(phone)[-PHONE_END:], "whole": _digest(phone)}
    if state.get("code") and known.get("code") != state["code"]:
        new["code"] = state["code"]
    if not new:
        return state
    found = cast(Search, {"name": "", "phone": "", "code": "", "whole": "", **known, **new})
    return {**state, "search": {**found, "keys": keys(found["code"], found["name"], found["phone"], found["whole"])}}


def forgotten(state: State) -> State:
    """Of an erased person: found by its code alone."""
    known = state.get("search")
    if not known or not (known["name"] or known["phone"] or known["whole"]):
        return state
    left = Search(name="", phone="", code=known["code"], whole="", keys=keys(known["code"], "", ""))
    return {**state, "search": left}


def keys(code: str, name: str, phone: str, whole: str = "") -> list[str]:
    """Of the code, what begins at a separator, and the ends of its last part; of the name, what begins at a word."""
    parts = folded(code).split()[:MAX_WORDS]
    found = {f"c{''.join(parts[first:])[:MAX_TEXT]}" for first in range(len(parts))}
    if parts:
        last = parts[-1][:MAX_TEXT]  # each end of it is a key: of a code without end they would fill the memory
        found |= {f"c{last[first:]}" for first in range(1, max(1, len(last) - MIN_CODE + 1))}
    for form in {_joined(name), _split(name)}:
        words = form.split()[:MAX_WORDS]
        found |= {f"n{' '.join(words[first:])}" for first in range(len(words))}
        found |= {f"b{' '.join(pair)}" for pair in permutations(words, 2)}
    if len(phone) >= PHONE_END:
        found.add(f"p{phone[::-1]}")
    if whole:
        found.add(f"w{whole}")
    return sorted(found)


def questions(text: str) -> list[list[str]]:
    """What to look for, in this order, until something is found: each a list of beginnings that all must be among the keys.

    A name is looked for as it is typed, then by its words in any order, of which two must be whole, or one and the last begun.
    """
    joined = "".join(folded(text).split()[:MAX_WORDS])[:MAX_TEXT]
    has_digit = any(char.isdigit() for char in joined)
    found = [[f"c{joined}"]] if has_digit and len(joined) >= MIN_CODE else []
    if joined.isdigit():
        if len(joined) == PHONE_END:
            found.append([f"p{joined[::-1]}"])
        elif whole := _digest(text):
            found.append([f"w{whole}"])
        return found
    words = _joined(folded_name(text)).split()[:MAX_WORDS]
    if sum(map(len, words)) >= (MIN_CODE if has_digit else MIN_NAME):
        found.append([f"n{' '.join(words)}"])
        if len(words) > 1:
            found.append(_in_any_order(words))
    return found


def initials(name: str) -> str:
    """`nguyen van a` → `N. V. A.`: enough to recognise whom one knows, not enough to learn a name."""
    return " ".join(f"{word[0].upper()}." for word in name.split())


def _in_any_order(words: list[str]) -> list[str]:
    """The index is read by the first of these: the two words that few are called, since many bear each alone."""
    few = sorted(range(len(words)), key=lambda place: (words[place] in _MANY, -len(words[place]), place))
    one, other = sorted(few[:2])
    return [f"b{words[one]} {words[other]}", *(f"n{words[place]}" for place in few[2:])]


def _joined(name: str) -> str:
    return name.replace("'", "").replace("-", "")


def _split(name: str) -> str:
    return name.replace("'", " ").replace("-", " ")


def _applicant(event: Event) -> tuple[str, str] | None:
    """Name and phone; empty where they cannot be read: a dossier that is found by its code only is better than none. None where
    it is not about the applicant that something is put right."""
    try:
        person = event.open()["applicant"]
        if person is None:
            return None
        name, phone = person.get("name"), person.get("phone")
        name = "" if name == GONE else name
    except (ValueError, TypeError, KeyError, AttributeError):
        return None if event.type == "corrected" else ("", "")
    return name if isinstance(name, str) else "", phone if isinstance(phone, str) else ""


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isascii() and char.isdigit())


def _digest(text: str) -> str:
    """Of a whole phone number, however it is written; empty for what is none. The number itself is not kept."""
    try:
        return sha256(canonical_phone(text).encode()).hexdigest()[:16]
    except Invalid:
        return ""
