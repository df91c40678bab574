"""Which officer gets which case: one after the other to whoever has least by then. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple


class Free(NamedTuple):
    """A case that nobody has. `barred`: officers who may not have it."""

    id: str
    barred: Collection[str] = ()


def shared_out(cases: Iterable[Free], loads: Mapping[str, int]) -> dict[str, str]:
    """Officer by case, in the order of the cases. `loads`: how many each of the officers has open; of those with as few the first
    by name has it. A case that none of them may have is left out."""
    open_ = dict(loads)
    found: dict[str, str] = {}
    for case in cases:
        may = [officer for officer in open_ if officer not in case.barred]
        if may:
            found[case.id] = officer = min(may, key=lambda one: (open_[one], one))
            open_[officer] += 1
    return found
