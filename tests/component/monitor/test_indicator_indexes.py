"""What the indicators count by period is counted from indexes: no dossier's document is read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from dossier_local.stack import Stack
from dossier_monitor.indicators.periods import asked
from dossier_monitor.indicators.store import Figures, Row
from dossier_monitor.timelines.handlers import RULES
from dossier_shared.adapters.mongo import DossierCollection, connect, database
from dossier_shared.journal.consumer import Fold
from dossier_shared.journal.dossier import Dossier
from dossier_shared.journal.steps import Moment

from ...unit.monitor.stories import lives  # noqa: TID252


class _Explained(Figures):
    """Documents and keys looked at by every aggregation."""

    looked_at: list[tuple[int, int]]

    async def _aggregate(self, pipeline: Sequence[dict[str, Any]], index: str | None = None) -> list[Row]:
        command = {"aggregate": self._table.name, "pipeline": list(pipeline), "cursor": {}}
        hint = {"hint": index} if index else {}
        plan = await self._table.database.command({"explain": command | hint, "verbosity": "executionStats"})
        spent = (plan if "executionStats" in plan else plan["stages"][0]["$cursor"])["executionStats"]
        self.looked_at.append((spent["totalDocsExamined"], spent["totalKeysExamined"]))
        return await super()._aggregate(pipeline, index)


async def test_counting_reads_no_documents(stack: Stack) -> None:
    client = connect(stack.mongodb)
    db = database(client, "indicator_indexes")
    collection = DossierCollection(db, "monitor")
    figures = _Explained(collection.table)
    figures.looked_at = []
    await figures.ensure_indexes()
    told = []
    for story in lives(200, 12):
        dossier = Dossier(story[0].dossier)
        Fold(story, RULES)(dossier, Moment(datetime.now(UTC)))
        told.append(dossier)
    assert await collection.write(told, datetime.now(UTC)) == {}
    for kind in ("day", "month", "quarter"):
        question = asked(kind, "2026-11-16", "2026-11-30", "2026-11-30T00:00:00.000000Z")
        counts = await figures.counts("H19", question, "agency", "procedure")
        assert sum(row.get("filed", 0) for row in counts) == sum("H19" in d.state["overseers"] for d in told)
        assert await figures.saved(None, question)
    assert await figures.monthly("2026-12-01")
    assert [documents for documents, _ in figures.looked_at] == [0] * 10
    assert all(keys <= len(told) + 1 for _, keys in figures.looked_at)
    await client.drop_database("indicator_indexes")
    client.close()
