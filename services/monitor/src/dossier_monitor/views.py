"""The board as JSON, per scope, encoded once for all who share it."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import asdict
from typing import Any

import orjson

from dossier_monitor.agencies import english, vietnamese
from dossier_monitor.board import Agency, Board, named

_KEPT = 256  # encoded messages; clients that follow closely all ask for the same few


class Views:
    """`boot` tells this node's life from another's: a Last-Event-ID of another life is answered with a snapshot."""

    def __init__(self, board: Board, boot: str) -> None:
        self.board, self.boot = board, boot
        self._encoded: OrderedDict[tuple[str | None, int, int, int], bytes] = OrderedDict()
        self._rows: dict[str, tuple[int, dict[str, Any]]] = {}

    def body(self, scope: str | None, since: int = 0) -> dict[str, Any]:
        rows = [self._row(agency) for agency in self.board.rows(scope, since)]
        rows.sort(key=lambda row: (len(row["above"]), row["code"]))
        return {
            "scope": scope,
            "tick": self.board.tick,
            **asdict(self.board.meta()),
            "total": named(self.board.total(scope)),
            "agencies": rows,
        }

    def message(self, scope: str | None, since: int, beat: int) -> bytes:
        """One server-sent event: `snapshot` (since 0) or `change`. `beat` counts the node's heartbeats."""
        key = (scope, since, self.board.tick, beat)
        known = self._encoded.get(key)
        if known is None:
            name = b"snapshot" if since == 0 else b"change"
            ident = f"{self.boot}-{self.board.tick}".encode()
            known = b"id: %b\nevent: %b\ndata: %b\n\n" % (ident, name, orjson.dumps(self.body(scope, since)))
            self._encoded[key] = known
            if len(self._encoded) > _KEPT:
                self._encoded.popitem(last=False)
        return known

    def since(self, last_event_id: str | None) -> int:
        boot, _, tick = (last_event_id or "").partition("-")
        if boot != self.boot or not (tick.isascii() and tick.isdigit()):
            return 0
        return int(tick[:18]) if int(tick[:18]) <= self.board.tick else 0

    def _row(self, agency: Agency) -> dict[str, Any]:
        known = self._rows.get(agency.code)
        if known is None or known[0] != agency.tick:
            row = {
                "code": agency.code,
                "name_vi": agency.name or vietnamese(agency.code),
                "name_en": english(agency.code) or agency.name or agency.code,
                "above": list(agency.above),
                "own": named(agency.own),
                "total": named(agency.total),
            }
            known = self._rows[agency.code] = (agency.tick, row)
        return known[1]
