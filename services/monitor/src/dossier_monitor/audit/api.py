"""HTTP of the audit: for role `auditor`, of the own agency and those below; of everything, where the account belongs to none."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime, time, timedelta
from io import StringIO
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from dossier_monitor.audit.schemas import AuditFilter, AuditList, AuditQuery, AuditRow
from dossier_monitor.audit.store import AuditStore, Document, within
from dossier_monitor.board.board import Board
from dossier_monitor.board.scopes import scope_of
from dossier_monitor.lists.api import begun
from dossier_monitor.pages.spreadsheets import MARK, safe
from dossier_monitor.policy import POLICY
from dossier_shared.clock import instant
from dossier_shared.http.auth import authenticate
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.openapi import answers, sends
from dossier_shared.http.tokens import Principal
from dossier_shared.vocabulary.moments import VIETNAM

AUDITORS: Final = POLICY.roles("audit")
_AT_ONCE: Final = 500


class Audits:
    def __init__(self, store: AuditStore, board: Board) -> None:
        self.store, self.board = store, board

    def query(self, who: Principal, wanted: AuditFilter) -> dict[str, Any]:
        """What of it `who` may see."""
        agencies: Sequence[str] | None = None
        if who.agency is not None:
            scope = scope_of(who, self.board, wanted.agency)
            agencies = self._below(scope)
        elif wanted.agency is not None:
            agencies = self._below(wanted.agency)
        plain = {"subject": wanted.who, "kind": wanted.kind, "service": wanted.service}
        since = _midnight(wanted.since) if wanted.since else None
        until = _midnight(wanted.until + timedelta(days=1)) if wanted.until else None
        return {
            **({"agency": {"$in": agencies}} if agencies is not None else {}),
            **{name: value for name, value in plain.items() if value is not None},
            **({"key": wanted.of.lower()} if wanted.of else {}),
            **within(since, until),
        }

    def _below(self, agency: str | None) -> list[str]:
        return [row.code for row in self.board.rows(agency)] or [agency or ""]


def audit_api(audits: Audits) -> APIRouter:
    api = APIRouter()

    @api.get("/api/v1/audit", responses=answers(AuditList))
    async def list_audit(request: Request, wanted: Annotated[AuditQuery, Query()]) -> Response:
        """Who signed in, saw, searched, took away or was refused what, the latest first; of accounts of the own agency and
        those below, or of all where the auditor's account belongs to none."""
        query = audits.query(await authenticate(request, *AUDITORS), wanted)
        found, following = await audits.store.page(query, wanted.limit, wanted.cursor)
        return json_response({"items": [row_of(one) for one in found], "next": following})

    @api.get("/audit.csv", response_class=StreamingResponse, responses=sends("text/csv"))
    async def export_audit(request: Request, wanted: Annotated[AuditFilter, Query()]) -> Response:
        """All that the filter finds."""
        query = audits.query(await authenticate(request, *AUDITORS), wanted)
        headers = {"content-disposition": 'attachment; filename="audit.csv"', "cache-control": "no-store"}
        body = await begun(_as_csv(audits.store.each(query)))
        return StreamingResponse(body, media_type="text/csv; charset=utf-8", headers=headers)

    return api


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), VIETNAM)


def row_of(document: Document) -> dict[str, Any]:
    found = {name: document.get(name) for name in AuditRow.model_fields}
    return {**found, "id": document["_id"], "time": instant(document["at"]), "roles": document.get("roles", [])}


async def _as_csv(documents: AsyncIterator[Document]) -> AsyncIterator[bytes]:
    """Names as the API has them; instants in Vietnam's time."""
    out = StringIO()
    write = csv.writer(out, lineterminator="\r\n").writerow
    write(AuditRow.model_fields)
    pending, mark = 0, MARK
    async for document in documents:
        row = {**row_of(document), "roles": " ".join(document.get("roles", []))}
        row["time"] = document["at"].astimezone(VIETNAM).isoformat(timespec="seconds")
        write(safe(value) if isinstance(value, str) else value for value in row.values())
        pending += 1
        if pending == _AT_ONCE:
            yield mark + _taken(out)
            pending, mark = 0, b""
    yield mark + _taken(out)


def _taken(out: StringIO) -> bytes:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text.encode()
