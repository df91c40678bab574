"""The only file of notify with MongoDB queries. The index on open claims is the core's own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from dossier_notify.state import HANDED_OVER
from dossier_shared.adapters.cursors import Page, Section, page_of
from dossier_shared.adapters.mongo import Database, DossierCollection
from dossier_shared.journal.dossier import Dossier


class UnsentMessages:
    def __init__(self, *messages: DossierCollection) -> None:
        self._messages = messages

    async def count(self) -> int:
        """Messages requested whose outcome is not recorded yet."""
        open_ones = {"claim.until": {"$exists": True}}
        counts = [await kept.table.count_documents(open_ones, hint="open_claims") for kept in self._messages]
        return sum(counts)


class HandOvers:
    """Results that somebody has to come for, the longest signed first."""

    def __init__(self, dossiers: DossierCollection) -> None:
        self._dossiers = dossiers

    async def ensure_indexes(self) -> None:
        for whose in ("agency", "received_at"):
            await self._dossiers.table.create_index(
                [(f"state.{whose}", 1), ("state.result.at", 1), ("_id", 1)],
                name=f"handed_over_by_{whose}",
                partialFilterExpression={"state.status": "signed"},
            )

    async def waiting(self, own: str, served: Sequence[str], limit: int, cursor: str | None) -> Page:
        """At the counter of agency `own`: of the agencies it hands over for, then of others that it has taken in."""
        sections = [Section(query, "result.at") for query in _due(own, served)]
        return await page_of(self._dossiers, sections, limit, cursor)

    async def count(self, own: str, served: Sequence[str]) -> int:
        """How many `waiting` has."""
        return sum([await self._dossiers.table.count_documents(query) for query in _due(own, served)])


def _due(own: str, served: Sequence[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    agencies = [own, *served]
    due = {"state.status": "signed", "state.wished": {"$in": [*HANDED_OVER]}, "state.code": {"$exists": True}}
    taken_in = {"state.received_at": own, "state.agency": {"$nin": agencies}, **due}
    return {"state.agency": {"$in": agencies}, **due}, taken_in


def alarm_messages(db: Database) -> DossierCollection:
    """Messages about alarms: one journalled document each."""
    return DossierCollection(db, "notify", "alarm_messages")


def code_messages(db: Database) -> DossierCollection:
    """Messages with a code of consent: the same."""
    return DossierCollection(db, "notify", "consent_codes")


def notices_kept(db: Database) -> DossierCollection:
    """Notices to devices: the same."""
    return DossierCollection(db, "notify", "notices")


async def ensure_indexes(*messages: DossierCollection) -> None:
    for kept in messages:
        await kept.table.create_index(
            [("state.messages.status", 1)], name="failed", partialFilterExpression={"state.messages.status": "failed"}
        )


def failed(messages: DossierCollection) -> Callable[[int], Awaitable[list[Dossier]]]:
    async def find(limit: int) -> list[Dossier]:
        """Those with a message that could not be sent, and none under way."""
        query = {"state.messages.status": "failed", "state.intent": None}
        return await messages.find(query, limit=limit)

    return find
