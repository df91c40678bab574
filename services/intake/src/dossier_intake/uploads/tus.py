"""Uploads in pieces: the tus protocol 1.0.0. A file is whole when it has been looked into."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC
from email.utils import format_datetime

from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from dossier_intake.filing.documents import check_size
from dossier_intake.uploads.incoming import Incoming
from dossier_intake.uploads.store import Unfinished, UnfinishedUploads
from dossier_intake.uploads.uploads import Uploads
from dossier_shared.clock import Clock
from dossier_shared.http.auth import authenticate
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.journal import crash
from dossier_shared.problems import Conflict, Invalid, NotFound, Problem

PATH = "/api/v1/uploads"
VERSION = "1.0.0"
PIECE = 512 * 1024  # bytes written at a time: what a broken connection loses at most
MEDIA_TYPE = "application/offset+octet-stream"
DOCUMENT = "upload-document"  # header: the id under which a filing names the file, once it is whole
_TOLD = {"tus-resumable": VERSION, "cache-control": "no-store"}


class WrongVersion(Problem):
    status = 412
    default_code = "tus-version"
    default_vi = "Phần mềm tải tệp cần dùng giao thức tus 1.0.0 (tiêu đề Tus-Resumable)."
    default_en = "Uploads in pieces speak tus 1.0.0: send the header Tus-Resumable."
    headers: Mapping[str, str] = {"tus-version": VERSION}


def tus_router(
    uploads: Uploads, unfinished: UnfinishedUploads, incoming: Incoming, clock: Clock, limit: int, roles: Sequence[str]
) -> APIRouter:
    """`limit`: bytes of one file. `roles`: who may upload."""
    api = APIRouter(prefix=PATH, include_in_schema=False)  # described by the protocol's own page

    async def sender(request: Request) -> Principal:
        who = await authenticate(request, *roles)
        if request.headers.get("tus-resumable") != VERSION:
            raise WrongVersion()
        return who

    async def known(id_: str, who: Principal) -> Unfinished:
        """Another's is as if it were not."""
        upload = await unfinished.find(id_, who.sub, clock.now())
        if upload is None:
            raise NotFound(
                "upload-not-found",
                "Không có lần tải lên này, hoặc đã quá hạn. Hãy tải lại tệp từ đầu.",
                "There is no such upload, or it has run out. Upload the file from its beginning.",
            )
        return upload

    async def taken(upload: Unfinished, piece: bytes, who: Principal) -> Unfinished:
        """The last piece counts when the whole has been looked into: who is told to come again sends it again."""
        if upload.offset + len(piece) > upload.length:
            raise Invalid(
                "upload-too-long",
                "Tệp dài hơn đã báo trước. Hãy tải lại từ đầu.",
                "The file is longer than was announced. Upload it from its beginning.",
            )
        if upload.offset + len(piece) < upload.length:
            gone_on = await unfinished.add(upload, piece)
            if gone_on is None:
                raise _elsewhere()
            return gone_on
        async with incoming.memory.held(upload.length):
            content = await unfinished.content(upload) + piece
            if len(content) != upload.length:
                raise _elsewhere()  # it was finished, or has run out, meanwhile
            try:
                document = await uploads.take(content, upload.name, who, limit)
            except Invalid:
                await unfinished.drop(upload)
                raise
        crash.point("upload.whole")
        return await unfinished.finish(upload, document.id)

    async def speaks() -> Response:
        extensions = {
            "tus-version": VERSION,
            "tus-extension": "creation,expiration,termination",
            "tus-max-size": str(limit),
        }
        return Response(status_code=204, headers=_TOLD | extensions)

    api.add_api_route("", speaks, methods=["OPTIONS"])

    @api.post("")
    async def begin(request: Request) -> Response:
        who = await sender(request)
        length = _number(request, "upload-length")
        check_size(length, limit)
        upload = await unfinished.begin(who.sub, _name(request), length, clock.now())
        if upload is None:
            raise Problem(
                "uploads-unfinished",
                "Còn nhiều tệp đang tải dở. Hãy tải nốt các tệp đó, hoặc thử lại vào ngày mai.",
                "Too many of your files are half uploaded. Finish those, or try again tomorrow.",
                status=429,
            )
        return Response(status_code=201, headers={**_told(upload), "location": own_url(f"{PATH}/{upload.id}")})

    @api.get("/{upload_id}")
    async def how_far(request: Request, upload_id: str) -> Response:
        """HEAD, as the protocol has it, is answered from this."""
        return Response(headers=_told(await known(upload_id, await sender(request))))

    @api.patch("/{upload_id}")
    async def go_on(request: Request, upload_id: str) -> Response:
        who = await sender(request)
        upload = await known(upload_id, who)
        if request.headers.get("content-type") != MEDIA_TYPE:
            raise Invalid(
                "upload-media-type",
                f"Phần tệp phải gửi với Content-Type {MEDIA_TYPE}.",
                f"Send a piece with Content-Type {MEDIA_TYPE}.",
                status=415,
            )
        if _number(request, "upload-offset") != upload.offset:
            raise _elsewhere()
        async with incoming.turn(who.sub):
            async for piece in _pieces(request):
                upload = await taken(upload, piece, who)
        return Response(status_code=204, headers=_told(upload))

    @api.delete("/{upload_id}")
    async def end(request: Request, upload_id: str) -> Response:
        await unfinished.drop(await known(upload_id, await sender(request)))
        return Response(status_code=204, headers=_TOLD)

    return api


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    """What has come before a connection broke is kept, too."""
    gathered = bytearray()
    try:
        async for chunk in request.stream():
            gathered += chunk
            while len(gathered) >= PIECE:
                yield bytes(gathered[:PIECE])
                del gathered[:PIECE]
    except ClientDisconnect:
        if gathered:
            yield bytes(gathered)
        raise
    if gathered:
        yield bytes(gathered)


def _told(upload: Unfinished) -> dict[str, str]:
    told = {
        "upload-offset": str(upload.offset),
        "upload-length": str(upload.length),
        "upload-expires": format_datetime(upload.expires.astimezone(UTC), usegmt=True),
    }
    return _TOLD | told | ({DOCUMENT: upload.document} if upload.document else {})


def _number(request: Request, header: str) -> int:
    given = request.headers.get(header, "")
    if not (given.isascii() and given.isdigit() and len(given) <= 15):
        raise Invalid(
            "upload-header",
            f"Thiếu hoặc sai tiêu đề {header.title()} (số byte).",
            f"The header {header.title()} (a number of bytes) is missing or wrong.",
            status=400,
        )
    return int(given)


def _name(request: Request) -> str:
    """`filename` of `Upload-Metadata`: pairs of a key and a value in base64. Empty where it cannot be read."""
    for pair in request.headers.get("upload-metadata", "").split(","):
        key, _, value = pair.strip().partition(" ")
        if key == "filename":
            try:
                return b64decode(value, validate=True).decode("utf-8", "replace")[:1000]
            except ValueError:
                return ""
    return ""


def _elsewhere() -> Conflict:
    return Conflict(
        "upload-offset",
        "Phần tệp này không nối tiếp phần đã nhận. Hãy hỏi lại đã nhận đến đâu rồi gửi tiếp.",
        "This piece does not follow what has been received. Ask how far it is, and go on from there.",
    )
