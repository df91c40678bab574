"""What a live page of one kind and one scope shows, and since when: worked out once, encoded once, for all who watch it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import asdict
from secrets import token_hex
from typing import Any, Final, Protocol

import orjson

from dossier_monitor.board.board import Agency, Board, named
from dossier_monitor.board.values import Value, Values, detail, overview

_AT_ONCE: Final = 200  # rows made between two turns of the others
_KEPT: Final = 64  # encoded messages; readers that follow closely all ask for the same few


class Compute(Protocol):
    def __call__(self, board: Board, scope: str | None, since: int, *, flows: bool) -> Iterable[tuple[str, Value]]: ...


KINDS: Final[dict[str, Compute]] = {"overview": overview, "agency": detail}


class View:
    """Every value carries the number of the change that touched it last, so that a reader who knows change n is told exactly
    what changed since. `life` tells this view from another node's or another life's: its readers begin with a snapshot."""

    def __init__(self, board: Board, kind: str, scope: str | None) -> None:
        self.board, self.scope = board, scope
        self.life = token_hex(4)
        self.change = 0
        self.values: Values = {}
        self.readers = 0
        self._at: dict[str, int] = {}
        self._compute = KINDS[kind]
        self._tick, self._tree = -1, board.tree
        self._encoded: OrderedDict[tuple[int, int, int], bytes] = OrderedDict()
        self.refresh(flows=True)

    def refresh(self, *, flows: bool) -> bool:
        """`flows`: also what moves with time alone. True: something changed."""
        board = self.board
        if not flows and board.tick == self._tick:
            return False
        if self._tree != board.tree:
            self._begin_anew()
        values, at, change = self.values, self._at, self.change + 1
        for key, value in self._compute(board, self.scope, self._tick, flows=flows):
            if key not in values or values[key] != value:
                values[key] = value
                at[key] = change
                self.change = change
        self._tick = board.tick
        return self.change == change

    def _begin_anew(self) -> None:
        """Agencies have moved, come, gone or changed their names: what was shown of them may be nobody's here any more."""
        self._tree, self._tick, self.life = self.board.tree, -1, token_hex(4)
        self.values.clear()
        self._at.clear()
        self._encoded.clear()

    def message(self, since: int, beats: int, *, redraw: bool = False) -> bytes:
        """One server-sent event: `snapshot` (since 0) or `change`. `beats` counts the node's heartbeats. `redraw`: the page's
        rows are no longer those of these values."""
        key = (since, self.change, beats)
        known = None if redraw else self._encoded.get(key)
        if known is None:
            values = self.values
            body = {
                "meta": asdict(self.board.meta()),
                "values": values if since == 0 else {key: values[key] for key, at in self._at.items() if at > since},
                **({"redraw": True} if redraw else {}),
            }
            ident = f"{self.life}-{self.change}".encode()
            name = b"snapshot" if since == 0 else b"change"
            known = b"id: %b\nevent: %b\ndata: %b\n\n" % (ident, name, orjson.dumps(body))
            if redraw:
                return known
            self._encoded[key] = known
            if len(self._encoded) > _KEPT:
                self._encoded.popitem(last=False)
        return known

    def since(self, last_event_id: str | None) -> int:
        life, _, change = (last_event_id or "").partition("-")
        if life != self.life or not (change.isascii() and change.isdigit()):
            return 0
        return int(change[:18]) if int(change[:18]) <= self.change else 0


async def body(board: Board, scope: str | None) -> dict[str, Any]:
    """The board as the JSON API gives it. However many agencies there are, other readers get their turn."""
    head = {"scope": scope, "tick": board.tick, **asdict(board.meta()), "total": named(board.total(scope))}
    rows = []
    for number, agency in enumerate(board.rows(scope), 1):
        rows.append(row(agency))
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)
    rows.sort(key=lambda one: (len(one["above"]), one["code"]))
    return {**head, "agencies": rows}


def officers(board: Board, scope: str | None) -> list[dict[str, Any]]:
    """Every officer of the scope, with all their numbers and what they did in each sliding window; zeros left out."""
    now = board.now
    return [
        {
            "agency": agency.code,
            "subject": subject,
            "counts": agency.officers[subject],
            "throughput": agency.windows(subject, now),
        }
        for agency in sorted(board.rows(scope), key=lambda one: (len(one.above), one.code))
        for subject in sorted(agency.officers)
    ]


def row(agency: Agency) -> dict[str, Any]:
    return {
        "code": agency.code,
        "name_vi": agency.name or agency.code,
        "name_en": agency.name_en or agency.name or agency.code,
        "above": list(agency.above),
        "own": named(agency.own),
        "total": named(agency.total),
    }
