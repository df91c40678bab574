"""A catalogue as the database keeps it, taken in by an earlier release perhaps, which let pass what is refused today.

What nothing can be computed with is left out, so that the rest goes on serving, and named in `faults`: nothing is filed under
such a procedure, nothing accepted by such a calendar, until an import corrects it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from dossier_intake.catalogue.finding import Finding
from dossier_intake.catalogue.merging import key_of
from dossier_intake.catalogue.model import CatalogueDocument
from dossier_intake.catalogue.reading import checked, read, refused
from dossier_shared.problems import Invalid
from dossier_shared.vocabulary.yaml import Written

ROUNDS = 20
_SPOILING = frozenset({"deadline", "form", "documents", "fee_vnd", "result", "executed_by"})


class StoredFault(NamedTuple):
    """`key`: of the procedure (code, date of effect) or the agency; empty for the calendar. `field`: of it, the first."""

    part: str
    key: tuple[str, ...]
    field: str
    vi: str
    en: str

    @property
    def spoils(self) -> bool:
        return self.part == "procedures" and self.field in _SPOILING


def taken(text: str) -> tuple[CatalogueDocument, tuple[StoredFault, ...]]:
    """Raises Invalid where even the rest is no catalogue."""
    raw = json.loads(text)
    if not isinstance(raw, dict):
        raise refused(
            [Finding((), "yaml", "Danh mục phải là một nhóm mục.", "A catalogue must be a mapping.")], Written(None)
        )
    faults: dict[tuple[Any, ...], StoredFault] = {}
    for _ in range(ROUNDS):
        try:
            return checked(read(raw), stored=True), tuple(faults.values())
        except Invalid as wrong:
            last = wrong
            left_out = False
            for error in sorted(wrong.errors, key=lambda one: str(one["path"]), reverse=True):
                steps = [step.replace("~1", "/").replace("~0", "~") for step in str(error["path"]).split("/")[1:]]
                fault = _fault(raw, steps, error["message"])
                faults.setdefault(fault[:3], fault)
                left_out = _left_out(raw, steps) or left_out
            if not left_out:
                break
    raise last


def _fault(raw: Any, steps: list[str], said: Mapping[str, str]) -> StoredFault:
    part = steps[0] if steps else ""
    if part in ("agencies", "procedures") and len(steps) > 1:
        key = key_of(part, raw[part][int(steps[1])]) or ()
        return StoredFault(part, key, steps[2] if len(steps) > 2 else "", said["vi"], said["en"])
    return StoredFault(part, (), steps[1] if len(steps) > 1 else "", said["vi"], said["en"])


def _left_out(raw: Any, steps: list[str]) -> bool:
    """Takes away what is there; what must be there and is not is called by the entry's code, else the entry goes."""
    node = raw
    for step in steps[:-1]:
        node = node[int(step)] if isinstance(node, list) else node.get(step)
        if not isinstance(node, list | dict):
            return False
    if not steps:
        return False
    last = steps[-1]
    if isinstance(node, list):
        if int(last) < len(node):
            node.pop(int(last))
            return True
        return False
    if last in node and not (steps == ["calendar"] and not node[last]):
        del node[last]
        return True
    if len(steps) > 1 and steps[0] in ("agencies", "procedures"):
        entry = raw[steps[0]][int(steps[1])]
        if last.startswith("name_"):
            node[last] = str(entry.get("code", "?"))
        else:
            raw[steps[0]].remove(entry)
        return True
    return False


def still_there(faults: Iterable[StoredFault], own: Mapping[str, Any], replace: bool) -> Iterator[Finding]:
    """Those that an import leaves as they are: they would be stored once more, and no longer known as faults."""
    for fault in faults:
        if not _corrected(fault, own, replace):
            said = " ".join(piece for piece in (fault.part, *fault.key, fault.field) if piece)
            yield Finding(
                (fault.part,),
                "still-faulty",
                f"Danh mục đang dùng có mục không tính được ({said}): {fault.vi} Hãy ghi mục này cho đúng trong tệp nhập.",
                f"The catalogue in force has something nothing can be computed with ({said}): {fault.en} "
                "Give it rightly in the file.",
            )


def _corrected(fault: StoredFault, own: Mapping[str, Any], replace: bool) -> bool:
    part = own.get(fault.part)
    if replace and part is not None:
        return True
    if fault.part == "calendar":
        return isinstance(part, Mapping) and (not fault.field or fault.field in part)
    removed = own.get("remove", {})
    gone = removed.get(fault.part, ()) if isinstance(removed, Mapping) else ()
    codes = [one.get("code") if isinstance(one, Mapping) else one for one in gone]
    given = [
        entry
        for entry in part or ()
        if entry.get("code") == fault.key[0] and ("valid_from" not in entry or key_of(fault.part, entry) == fault.key)
    ]
    return fault.key[0] in codes or any(fault.field in entry or not fault.field for entry in given)
