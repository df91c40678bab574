"""One dossier as a line of a list: for programs, and in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dossier_monitor.lists.schemas import DossierFacts
from dossier_monitor.projection.facts import overdue, standing
from dossier_shared.http.tokens import Principal
from dossier_shared.pages.navigation import PAGES

Row = dict[str, Any]
_COPIED: Final = tuple(DossierFacts.model_fields)
_ACTS: Final = {"submitted": "intake", "appraisal": "review", "approval": "review", "signing": "signing"}


@dataclass(frozen=True, slots=True)
class Desk:
    """The service in whose work list a dossier waits; `url` only for who may act there."""

    service: str
    url: str | None


def row_of(document: Mapping[str, Any], now: int) -> Row:
    """`due_state` and `overdue` judged at `now`, in microseconds."""
    state = document["state"]
    facts = state["facts"]
    return {
        "id": document["_id"],
        "code": state.get("code"),
        "procedure_name": state.get("procedure_name") or None,
        **{name: facts[name] for name in _COPIED},
        "due_state": standing(facts, now),
        "overdue": overdue(facts, now),
    }


def desk(row: Row, who: Principal, neighbours: Mapping[str, str]) -> Desk | None:
    """None: it waits in no work list."""
    service = _ACTS.get(row["stage"])
    if service is None:
        return None
    base = neighbours.get(service)
    roles = next(page.roles for page in PAGES if (page.service, page.path) == (service, "/work"))
    acts = who.agency == row["agency"] and not who.roles.isdisjoint(roles)
    return Desk(service, f"{base}/work" if base and acts else None)


def opens(row: Row, who: Principal) -> bool:
    """Whether the dossier's page is theirs, of those who see this row: a leader watches the agencies below, but opens the
    own agency's dossiers only; see `timelines/sight.py`."""
    return not who.roles.isdisjoint(("superior", "admin")) or row["agency"] == who.agency
