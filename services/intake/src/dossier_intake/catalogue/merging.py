"""What a person gives, laid over the catalogue in force: what is named replaces, what is not named stays, `null` takes away.

Lists of things with a key merge by that key; other lists, and a form, are one thing and are replaced. An entry goes only when
it is named under `remove`, or when `replace` is asked for: then each part that is given takes the place of the whole part.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dossier_intake.catalogue.finding import Finding
from dossier_intake.catalogue.removal import removed
from dossier_shared.vocabulary.yaml import Place, Written

KEYS = {
    "agencies": ("code",),
    "procedures": ("code", "valid_from"),
    "documents": ("code",),
    "days_off": ("date",),
    "working_days": ("date",),
}
WHOLE = frozenset({"form"})
_NAMES = {
    "agencies": ("cơ quan", "agency"),
    "procedures": ("thủ tục", "procedure"),
    "documents": ("giấy tờ", "document"),
    "days_off": ("ngày nghỉ", "day off"),
    "working_days": ("ngày làm bù", "worked day"),
}


@dataclass
class Merged:
    data: dict[str, Any]
    own: Any
    findings: list[Finding] = field(default_factory=list)

    def own_place(self, place: Place) -> Place | None:
        """Where in what was given stands what is at `place` now; None where it is not from there."""
        node: Any = self.data
        own, name, found = self.own, "", list[str | int]()
        for step in place:
            if isinstance(node, list) and isinstance(own, list) and isinstance(step, int) and step < len(node):
                entry = node[step]
                same = [n for n, one in enumerate(own) if one is entry]
                step = next(iter(same or _positions(own, name, entry)), -1)
                if step < 0:
                    return None
                node, own = entry, own[step]
            else:
                known = isinstance(own, Mapping) and step in own
                if not known and found == []:
                    return None
                name = str(step)
                node = node.get(step) if isinstance(node, Mapping) else None
                own = own[step] if known else None
            found.append(step)
        return tuple(found)


def _positions(entries: list[Any], name: str, wanted: Any) -> list[int]:
    key = key_of(name, wanted)
    found = [n for n, one in enumerate(entries) if key is not None and key_of(name, one) == key]
    if not found and name == "procedures" and key is not None:  # given without `valid_from`
        found = [n for n, one in enumerate(entries) if key_of(name, one) == (key[0], "")]
    return found


def key_of(name: str, entry: Any) -> tuple[str, ...] | None:
    if name not in KEYS or not isinstance(entry, Mapping):
        return None
    first = KEYS[name][0]
    if not isinstance(entry.get(first), str):
        return None
    return tuple(str(entry.get(part) or "").strip() for part in KEYS[name])


def repeated(given: Written) -> Iterator[Finding]:
    """Entries of one key given twice: the second would silently win."""

    def walk(node: Any, place: Place) -> Iterator[Finding]:
        if isinstance(node, Mapping):
            for name, item in node.items():
                if name not in WHOLE and name != "remove":
                    yield from walk(item, (*place, name))
        elif isinstance(node, list):
            name = str(place[-1]) if place else ""
            seen: dict[tuple[str, ...], int] = {}
            for number, item in enumerate(node):
                key = key_of(name, item)
                if key is not None and key in seen:
                    yield _given_twice(given, name, key, (*place, seen[key]), (*place, number))
                elif key is not None:
                    seen[key] = number
                yield from walk(item, (*place, number))

    yield from walk(given.data, ())


def _given_twice(given: Written, name: str, key: tuple[str, ...], one: Place, two: Place) -> Finding:
    first, second = given.line(one), given.line(two)
    lines_vi, lines_en = (
        ("", "") if first is None else (f" (dòng {first} và dòng {second})", f" (lines {first} and {second})")
    )
    vi, en = _NAMES[name]
    said = " ".join(part for part in key if part)[:60]
    return Finding(
        two,
        "repeated",
        f"{vi} {said} được ghi hai lần{lines_vi}. Hãy giữ một.",
        f"{en} {said} is given twice{lines_en}. Keep one.",
    )


def merge(base: Mapping[str, Any], own: Mapping[str, Any], *, replace: bool) -> Merged:
    given = {name: part for name, part in own.items() if name != "remove"}
    merged = Merged({}, own)
    kept = copy.deepcopy(dict(base))
    if "remove" in own:
        removed(kept, own["remove"], merged.findings)
    if replace:
        merged.data = {**kept, **given}
    else:
        merged.data = _laid_over(kept, given, "")
    return merged


def _laid_over(base: Any, own: Any, name: str) -> Any:
    if isinstance(base, dict) and isinstance(own, Mapping) and name not in WHOLE:
        return {**base, **{key: _laid_over(base[key], item, key) if key in base else item for key, item in own.items()}}
    if isinstance(base, list) and isinstance(own, list) and name in KEYS:
        entries, known = list(base), len(base)
        for entry in own:
            at = _same(entries[:known], name, entry)
            if at is None:
                entries.append(entry)
            else:
                entries[at] = _laid_over(entries[at], entry, "")
        return entries
    return own


def _same(entries: list[Any], name: str, entry: Any) -> int | None:
    """Where the entry is that this one corrects. A procedure without `valid_from` is the only version there is."""
    key = key_of(name, entry)
    if key is None:
        return None
    for number, one in enumerate(entries):
        if key_of(name, one) == key:
            return number
    if name == "procedures" and "valid_from" not in entry:
        versions = [number for number, one in enumerate(entries) if one.get("code") == entry["code"]]
        if len(versions) == 1:
            return versions[0]
    return None
