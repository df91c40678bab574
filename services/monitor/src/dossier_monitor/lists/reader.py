"""What a reader may list: the filter, narrowed to the agencies they watch, judged at the board's instant."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from dossier_monitor.board.board import Board
from dossier_monitor.board.scopes import scope_of
from dossier_monitor.lists.filters import Filter, ListQuery, Order, Query, RowPlace, after, list_mark, order, query
from dossier_monitor.lists.rows import Row, desk, row_of
from dossier_monitor.lists.store import Lists
from dossier_monitor.pages.framing import agency_name
from dossier_monitor.projection.dossier import iso, micros
from dossier_shared.http.tokens import Principal


@dataclass(frozen=True, slots=True)
class AskedList:
    who: Principal
    scope: str | None
    query: Query
    order: Order
    now: int


@dataclass(frozen=True, slots=True)
class Found:
    rows: list[Row]
    next: str | None  # where the next page begins; None: this is the last


class Reader:
    """`neighbours`: service → public base URL."""

    def __init__(self, lists: Lists, board: Board, neighbours: Mapping[str, str]) -> None:
        self.lists, self.board, self.neighbours = lists, board, neighbours

    def ask(self, who: Principal, chosen: Filter) -> AskedList:
        """Raises Forbidden where the reader may not watch the agency."""
        scope = scope_of(who, self.board, chosen.agency)
        now = self._now()
        return AskedList(who, scope, query(chosen, scope, now), order(chosen), now)

    async def page(self, asked: AskedList, wanted: ListQuery) -> Found:
        mark = list_mark(wanted, asked.scope)
        place = after(RowPlace.decode(wanted.after, mark), asked.order) if wanted.after else None
        documents = await self.lists.page(asked.query, place, asked.order.keys, wanted.limit + 1)
        shown = documents[: wanted.limit]
        more = len(documents) > len(shown)
        last = RowPlace(shown[-1]["state"]["facts"][asked.order.fact], shown[-1]["_id"]).encode(mark) if more else None
        return Found([self._row(document, asked) for document in shown], last)

    async def count(self, asked: AskedList) -> int:
        return await self.lists.count(asked.query)

    async def each(self, asked: AskedList) -> AsyncIterator[Row]:
        async for document in self.lists.each(asked.query, asked.order.keys):
            yield self._row(document, asked)

    def answer(self, asked: AskedList, found: Found, count: int) -> dict[str, Any]:
        return {
            "scope": asked.scope,
            "now": iso(asked.now) if asked.now else None,
            "count": count,
            "items": found.rows,
            "next": found.next,
        }

    def _row(self, document: Mapping[str, Any], asked: AskedList) -> Row:
        row = row_of(document, asked.now)
        at = desk(row, asked.who, self.neighbours)
        row["agency_name"] = agency_name(self.board, row["agency"], "vi")
        row["procedure_name"] = self.board.procedure_name(row["procedure"], row["procedure_name"]) or None
        row["acts"] = {"service": at.service, "url": at.url} if at else None
        return row

    def _now(self) -> int:
        now = self.board.meta().now
        return micros(now) if now else 0
