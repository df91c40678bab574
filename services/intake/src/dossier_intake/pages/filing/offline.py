"""What lets an open filing be read and gone on with without a line: the worker, and the page for what is not kept."""

from __future__ import annotations

from hashlib import sha256

import orjson
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from dossier_shared.http.root import own_url
from dossier_shared.pages.rendering import page, static_url
from dossier_shared.pages.shared_machine import shared_machine
from dossier_shared.pages.texts import language, texts
from dossier_shared.problems import NotFound

WORKER, PAGE = "/filing-worker.js", "/filing-offline"
_USED = (  # by the pages of a filing, beside what each browser asks for by itself
    "work.css", "print.css", "counter.css", "file.css", "mark.svg", "kept.js", "tus.min.js", "filing.js",
)  # fmt: skip


def offline_pages() -> APIRouter:
    api = APIRouter(include_in_schema=False)

    @api.get(WORKER, response_class=Response)
    async def worker() -> Response:
        """Two lines that change with any file it keeps: so a browser sees that there is a new one. Its folder is its scope."""
        if shared_machine.get() is not None:
            raise NotFound("not-found", "Không có tệp này.", "No such file.")  # nothing stays on such a machine
        files = [static_url(name) for name in _USED]
        shell = {
            "version": sha256(" ".join(files).encode()).hexdigest()[:12],
            "files": files,
            "offline": own_url(PAGE),
            "filing": own_url("/filing/"),
            "filed": own_url("/filed/"),
            "drafts": own_url("/drafts/"),
            "static": own_url("/static/"),
        }
        text = f'self.SHELL = {orjson.dumps(shell).decode()};\nimportScripts("{static_url("filing-worker.js")}");\n'
        return Response(text, media_type="text/javascript", headers={"cache-control": "no-cache"})

    @api.get(PAGE, response_class=HTMLResponse)
    async def nothing_kept(request: Request) -> Response:
        """Nobody's: a browser keeps it before it is needed."""
        lang = language(request.query_params.get("lang"))
        return page("file_offline.html", lang, address=request.url, title=texts(lang)("file.offline_title"))

    return api
