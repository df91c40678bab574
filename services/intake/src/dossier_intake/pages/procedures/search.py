"""Which procedures are meant: by words with or without their marks, and by what else is known of them. Pure.

The index is made once per catalogue and day; a search is one pass over it, whatever is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple, get_args

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.catalogue.model import Level, Procedure
from dossier_intake.pages.counter.finding import plain
from dossier_intake.pages.procedures.life_events import EVERYBODY, LifeEvents

PER_PAGE: Final = 12
LONGEST: Final = 200  # letters of what is typed
MOST_WORDS: Final = 12
MOST_PAGES: Final = 10_000
_WORD: Final = re.compile(r"\w+")


class Entry(NamedTuple):
    """`name`, `words`: folded, to be looked in. `to_come`: no version of it is in force yet."""

    procedure: Procedure
    to_come: bool
    events: frozenset[str]
    audience: frozenset[str]
    name: tuple[str, ...]
    words: tuple[str, ...]
    offices: frozenset[str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for, each part empty where it was not. What nothing is known by is not asked for."""

    q: str = ""
    event: str = ""
    field: str = ""
    agency: str = ""
    level: str = ""
    audience: str = ""
    online: bool = False
    page: int = 1

    @property
    def narrowed(self) -> bool:
        return self.online or any((self.q, self.event, self.field, self.agency, self.level, self.audience))

    def query(self, **other: str | int) -> dict[str, str | int]:
        """Of its address; `other` replaces."""
        own: dict[str, str | int] = {
            "q": self.q, "event": self.event, "field": self.field, "agency": self.agency, "level": self.level,
            "audience": self.audience, "online": "1" if self.online else "", "page": self.page if self.page > 1 else "",
        }  # fmt: skip
        return {name: value for name, value in {**own, **other}.items() if value != ""}


class Found(NamedTuple):
    rows: tuple[Entry, ...]
    total: int
    page: int
    pages: int


class Index:
    """The procedures that are in force on a day, or will be."""

    def __init__(self, catalogue: Catalogue, day: date, known: LifeEvents) -> None:
        events = {event.id: f"{event.name_vi} {event.name_en}" for event in known.events}
        made = (_entry(catalogue, code, day, known, events) for code in catalogue.procedures)
        self.entries = sorted((one for one in made if one is not None), key=lambda one: " ".join(one.name))
        self.fields = sorted({one.procedure.field for one in self.entries}, key=plain)
        used = {one.procedure.level for one in self.entries}
        self.levels = [level for level in get_args(Level) if level in used]
        self.events: Mapping[str, int] = {
            id_: count for id_ in events if (count := sum(id_ in one.events for one in self.entries))
        }
        """How many each life event has, in the file's order."""
        self._offices = [
            (folded(f"{one.name_vi} {one.name_en} {one.code}"), frozenset((one.code, *one.serves)))
            for one in catalogue.agencies.values()
        ]

    def wanted(self, asked: Mapping[str, str]) -> Wanted:
        """Of a query: what is no choice of ours is left out."""

        def among(name: str, choices: Iterable[str]) -> str:
            given = asked.get(name, "").strip()
            return given if given in choices else ""

        page = asked.get("page", "")
        return Wanted(
            q=" ".join(asked.get("q", "")[:LONGEST].split()),
            event=among("event", self.events),
            field=among("field", self.fields),
            agency=" ".join(asked.get("agency", "")[:LONGEST].split()),
            level=among("level", self.levels),
            audience=among("audience", EVERYBODY),
            online=asked.get("online") == "1",
            page=min(int(page), MOST_PAGES) if page.isascii() and page.isdecimal() and len(page) < 8 else 1,
        )

    def search(self, wanted: Wanted) -> Found:
        words, places = _typed(wanted.q), folded(wanted.agency)[:MOST_WORDS]
        offices = frozenset[str]().union(*(some for name, some in self._offices if _all(name, places)))
        found = [one for one in self.entries if _fits(one, wanted) and _has(one, words)]
        if wanted.agency:
            found = [one for one in found if not offices.isdisjoint(one.offices)]
        if words:
            found.sort(key=lambda one: (not _all(one.name, words), len(one.name)))
        pages = max(1, -(-len(found) // PER_PAGE))
        page = min(max(wanted.page, 1), pages)
        return Found(tuple(found[(page - 1) * PER_PAGE : page * PER_PAGE]), len(found), page, pages)


def folded(text: str) -> tuple[str, ...]:
    """`Đăng ký (khai sinh)` as `dang`, `ky`, `khai`, `sinh`."""
    return tuple(_WORD.findall(plain(text.replace("ð", "đ").replace("Ð", "Đ"))))


def _entry(catalogue: Catalogue, code: str, day: date, known: LifeEvents, events: Mapping[str, str]) -> Entry | None:
    versions = catalogue.procedures[code]
    shown = next((one for one in versions if one.in_force(day)), None)
    coming = [one for one in versions if one.key[1] > day]
    if shown is None and not coming:
        return None  # it was, and is no more
    procedure, about = shown or coming[-1], known.of(code)
    said = " ".join(
        (
            procedure.name_en,
            procedure.field,
            procedure.result.name_vi,
            *about.words,
            *(events[one] for one in about.events),
        )
    )
    name = folded(procedure.name_vi)
    return Entry(
        procedure,
        shown is None,
        frozenset(about.events),
        frozenset(about.audience),
        name,
        (*name, *folded(said)),
        catalogue.agencies_of(procedure),
    )


def _typed(text: str) -> tuple[str, ...]:
    """A code as it is written, else words."""
    pieces = text.split()[:MOST_WORDS]
    return tuple(
        word for one in pieces for word in ((one.lower(),) if re.fullmatch(r"[0-9][0-9.]+", one) else folded(one))
    )


def _fits(entry: Entry, wanted: Wanted) -> bool:
    return (
        (not wanted.event or wanted.event in entry.events)
        and (not wanted.field or wanted.field == entry.procedure.field)
        and (not wanted.level or wanted.level == entry.procedure.level)
        and (not wanted.audience or wanted.audience in entry.audience)
        and (not wanted.online or entry.procedure.offers("online"))
    )


def _has(entry: Entry, words: tuple[str, ...]) -> bool:
    return all(_begins(entry.words, word) or word in entry.procedure.code.lower() for word in words)


def _all(names: tuple[str, ...], words: tuple[str, ...]) -> bool:
    return all(_begins(names, word) for word in words)


def _begins(names: tuple[str, ...], word: str) -> bool:
    return any(name.startswith(word) for name in names)
