"""What a dossier's place in a service's own work list says of it: the counts officers see must be the board's too. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dossier_monitor.recount.journals import SOURCES, Facts, Story

_HEARS: Final = {"intake": (), "review": ("intake",), "signing": ("review",), "notify": ("intake", "signing")}
_REVIEW: Final = {
    "appraisal": {"stage": "appraisal", "waits": "specialist"},
    "approval": {"stage": "approval", "waits": "leader"},
    "waiting": {"stage": "appraisal"},
}
_INTAKE: Final = {"submitted": "counter", "awaiting_completion": "citizen"}


def settled(facts: Mapping[str, Facts], seen: Sequence[Sequence[int]]) -> bool:
    """The board has seen all there is, and so has each service of those it works after."""
    there = {source: facts[source]["seq"] if source in facts else 0 for source in SOURCES}
    return all(cut == [there[source]] for source, cut in zip(SOURCES, seen, strict=True)) and all(
        own["heard"].get(other, 0) == there[other] for source, own in facts.items() for other in _HEARS[source]
    )


def listed(facts: Mapping[str, Facts]) -> Story:
    """What must be true of it for the lists it is in; empty for one in no list."""
    signing, review, intake = (facts.get(source, {}) for source in ("signing", "review", "intake"))
    if signing.get("stage") == "signature":
        return {"stage": "signing", "waits": "leader"}
    if review.get("stage") in _REVIEW:
        return dict(_REVIEW[review["stage"]])
    if intake.get("status") in _INTAKE:
        return {"stage": "submitted", "waits": _INTAKE[intake["status"]]}
    return {}


def differences(facts: Mapping[str, Facts], board: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """(field, board, work list)."""
    must = listed(facts)
    return [(f"list:{name}", board.get(name), value) for name, value in must.items() if board.get(name) != value]
