"""Papers over HTTP: the list, the bytes whole or in part, pictures of pages, and who has opened which."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from dossier_intake.filing.documents import EXTENSIONS, VIEWED
from dossier_intake.inspection.verdicts import PREVIEW
from dossier_intake.papers.listing import FiledPaper, paper_at
from dossier_intake.papers.previews import Previews
from dossier_intake.papers.ranges import Part, asked_part, disposition
from dossier_intake.papers.reading import Papers
from dossier_intake.papers.store import Openings, Shelf
from dossier_intake.papers.view import FiledPaperList, How, OpeningList, openings_view
from dossier_intake.policy import POLICY
from dossier_intake.store import Catalogues
from dossier_shared.clock import Clock
from dossier_shared.http.auth import authenticate
from dossier_shared.http.head import HEADERS_ONLY
from dossier_shared.http.jsonbody import json_response
from dossier_shared.http.openapi import answers, sends
from dossier_shared.http.paging import CursorQuery, LimitQuery
from dossier_shared.journal import crash

# A paper is somebody else's file: it runs and loads nothing, and is kept by nobody; a case page of this origin may frame it.
SEALED_OFF = {
    "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'",
    "cross-origin-resource-policy": "same-site",
    "referrer-policy": "no-referrer",
    "cache-control": "private, no-store",
}
UNKNOWN_TYPE = "application/octet-stream"
_BYTES = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in EXTENSIONS}
SENT: dict[int | str, dict[str, Any]] = {
    200: {"description": "The whole file", "content": _BYTES},
    206: {"description": "The part asked for", "content": _BYTES},
}
WidthQuery = Annotated[int, Query(ge=64, le=2000, description="Pixels")]


def papers_router(
    papers: Papers, shelf: Shelf, previews: Previews, openings: Openings, catalogues: Catalogues, clock: Clock
) -> APIRouter:
    api = APIRouter(prefix="/api/v1/dossiers/{dossier_id}")

    async def opened(request: Request, dossier_id: str, n: str, how: How) -> FiledPaper:
        """Noted before it is sent."""
        who = await authenticate(request, *POLICY.roles("read-papers"))
        reader, _, filed = await papers.of(dossier_id, who)
        paper = paper_at(filed, n)
        if HEADERS_ONLY not in request.scope:  # which shows no more than the list
            await openings.note(dossier_id, paper.n, how, who.sub, reader, clock.now())
            crash.point("opening.noted")
        return paper if how == "download" else await papers.shown(paper)

    @api.get("/documents", responses=answers(FiledPaperList))
    async def listed(request: Request, dossier_id: str) -> Response:
        """Its papers, in the order they came: the filing's, then each supplement's."""
        who = await authenticate(request, *POLICY.roles("read-papers"))
        _, dossier, filed = await papers.of(dossier_id, who)
        return json_response({"items": await papers.listed(dossier, filed)})

    @api.get("/documents/{n}", response_class=Response, responses=SENT)
    async def bytes_of(request: Request, dossier_id: str, n: str, download: str | None = None) -> Response:
        """The file as it was filed, whole or one range of it; `download`: to be kept. Every opening is noted. Of a signed
        file with its paper in it (`.p7m`) the paper is shown, and `download` has the signed file."""
        paper = await opened(request, dossier_id, n, "open" if download is None else "download")
        checked = await shelf.take(paper)
        mark, asked = f'"{paper.id}"', request.headers.get("range")
        part = asked_part(checked.size, mark, asked, request.headers.get("if-range"))
        sent = part or Part(0, checked.size)
        known = paper.type in EXTENSIONS
        headers = {
            **SEALED_OFF,
            "etag": mark,
            "accept-ranges": "bytes",
            "content-length": str(sent.stop - sent.start),
            "content-disposition": disposition(paper.name, attached=download is not None or paper.type not in VIEWED),
        }
        if part is not None:
            headers["content-range"] = f"bytes {part.start}-{part.stop - 1}/{checked.size}"
        body = shelf.read(paper, checked, sent)
        kind = paper.type if known else UNKNOWN_TYPE
        return StreamingResponse(body, 200 if part is None else 206, headers, kind)

    @api.get("/documents/{n}/pages/{page}", response_class=Response, responses=sends(PREVIEW))
    async def page(request: Request, dossier_id: str, n: str, page: str, width: WidthQuery = 800) -> Response:
        """A picture of a page, the first is 1; a photograph has one. Every opening is noted."""
        paper = await opened(request, dossier_id, n, "preview")
        number = int(page) if page.isascii() and page.isdigit() and len(page) <= 6 else 0
        return Response(await previews.page(paper, number, width), headers=SEALED_OFF, media_type=PREVIEW)

    @api.get("/openings", responses=answers(OpeningList))
    async def opened_by(
        request: Request, dossier_id: str, limit: LimitQuery = 100, cursor: CursorQuery = None
    ) -> Response:
        """Who has opened its papers, the newest first: for whose dossier it is, and for the leader of its agency."""
        who = await authenticate(request, *POLICY.roles("read-openings"))
        reader = await papers.openings_of(dossier_id, who)
        found, following = await openings.of(dossier_id, limit, cursor)
        return json_response({"items": openings_view(found, catalogues.current, reader), "next": following})

    return api
