"""Where one recount keeps what it has read: a database on disk that disappears with it, so that memory stays flat.

A dossier's `story` is what the services say of it up to what its mark has seen; none, while the mark is newer than that.
Its `place` is its source partition and agency: what it adds to is there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import orjson

_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE dossiers (
  id TEXT PRIMARY KEY, mark BLOB, story BLOB, partition INTEGER, agency TEXT, behind BLOB
) WITHOUT ROWID;
CREATE INDEX by_place ON dossiers (partition, agency);
CREATE INDEX unsettled ON dossiers (id) WHERE story IS NULL OR behind IS NOT NULL;
CREATE TABLE differences (dossier TEXT, field TEXT, board BLOB, service BLOB, PRIMARY KEY (dossier, field)) WITHOUT ROWID;
"""


class Reported(NamedTuple):
    """`behind`: source → what it has published and the mark has not taken up. `differences`: (field, board, service)."""

    id: str
    partition: int
    story: dict[str, Any]
    behind: dict[str, int]
    differences: Sequence[tuple[str, Any, Any]]


class Shelf:
    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(_TABLES)

    def close(self) -> None:
        self._db.close()

    def put_marks(self, projections: Iterable[tuple[str, bytes | None]]) -> list[tuple[int, dict[str, Any]]]:
        """What was told of them no longer counts: it is answered, as (partition, story)."""
        latest = dict(projections)
        before = self._of("SELECT partition, story FROM dossiers WHERE id = ? AND story IS NOT NULL", latest)
        reported = [(partition, orjson.loads(story)) for partition, story in before]
        self._write(
            "INSERT INTO dossiers (id, mark) VALUES (?, ?) "
            "ON CONFLICT (id) DO UPDATE SET mark = excluded.mark, story = NULL",
            latest.items(),
        )
        return [(partition, story) for partition, story in reported if story]

    def projections(self, ids: Iterable[str]) -> dict[str, bytes]:
        rows = self._of("SELECT id, mark FROM dossiers WHERE id = ?", ids)
        return {id_: projection for id_, projection in rows if projection is not None}

    def put_reported(self, reported: Sequence[Reported]) -> None:
        self._write(
            "INSERT INTO dossiers (id, story, partition, agency, behind) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE "
            "SET story = excluded.story, partition = excluded.partition, agency = excluded.agency, behind = excluded.behind",
            [
                (
                    t.id,
                    orjson.dumps(t.story),
                    t.partition,
                    t.story.get("agency"),
                    orjson.dumps(t.behind) if t.behind else None,
                )
                for t in reported
            ],
        )
        self._write("DELETE FROM differences WHERE dossier = ?", [(t.id,) for t in reported])
        self._write(
            "INSERT INTO differences VALUES (?, ?, ?, ?)",
            [
                (t.id, name, orjson.dumps(board), orjson.dumps(own))
                for t in reported
                for name, board, own in t.differences
            ],
        )

    def unsettled(self, after: str, limit: int) -> list[tuple[str, bool]]:
        """By id: whose mark is newer than what was told of it (True), or behind."""
        rows = self._db.execute(
            "SELECT id, story IS NULL FROM dossiers WHERE (story IS NULL OR behind IS NOT NULL) AND id > ? "
            "ORDER BY id LIMIT ?",
            (after, limit),
        )
        return [(id_, bool(stale)) for id_, stale in rows]

    def behind(self) -> Iterator[tuple[str, bytes | None, dict[str, int]]]:
        for id_, projection, behind in self._db.execute(
            "SELECT id, mark, behind FROM dossiers WHERE behind IS NOT NULL"
        ):
            yield id_, projection, orjson.loads(behind)

    def stories(self, places: Iterable[tuple[int, str]] | None = None) -> Iterator[tuple[int, dict[str, Any]]]:
        """(partition, story): everywhere, or of some partitions and agencies."""
        query = "SELECT partition, story FROM dossiers WHERE story IS NOT NULL AND agency IS NOT NULL"
        batches = [self._db.execute(query)] if places is None else (
            self._db.execute(f"{query} AND partition = ? AND agency = ?", place) for place in places
        )  # fmt: skip
        for batch in batches:
            for partition, story in batch:
                yield partition, orjson.loads(story)

    def counts(self) -> tuple[int, int]:
        """Dossiers, and how many of them are unsettled."""
        # one whose mark was taken back, and that nobody else knows, is none
        whole = "SELECT COUNT(*) FROM dossiers WHERE mark IS NOT NULL OR agency IS NOT NULL OR behind IS NOT NULL"
        some = "SELECT COUNT(*) FROM dossiers WHERE story IS NULL OR behind IS NOT NULL"
        total, open_ = (self._db.execute(query).fetchone()[0] for query in (whole, some))
        return total, open_

    def differences(self, limit: int) -> tuple[int, list[dict[str, Any]]]:
        number = self._db.execute("SELECT COUNT(*) FROM differences").fetchone()[0]
        rows = self._db.execute("SELECT * FROM differences ORDER BY dossier, field LIMIT ?", (limit,))
        return number, [
            {"dossier": id_, "field": name, "board": orjson.loads(board), "service": orjson.loads(own)}
            for id_, name, board, own in rows
        ]

    def _of(self, query: str, ids: Iterable[str]) -> Iterator[tuple[Any, ...]]:
        for id_ in ids:
            yield from self._db.execute(query, (id_,))

    def _write(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        self._db.execute("BEGIN")
        self._db.executemany(statement, rows)
        self._db.execute("COMMIT")
