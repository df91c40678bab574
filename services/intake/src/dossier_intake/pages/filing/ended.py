"""The session ended while somebody typed without a script: what was posted is shown, to be posted again once they are signed in.

Nothing is stored and no file is looked into: whoever posts is nobody yet.
"""

from __future__ import annotations

from fastapi import Request
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.responses import Response

from dossier_intake.pages.sheet.reading import MOST_FIELDS
from dossier_shared.http.auth import demand_same_origin
from dossier_shared.http.limits import JSON_LIMIT
from dossier_shared.http.root import own_url
from dossier_shared.pages.rendering import page
from dossier_shared.pages.texts import Lang, texts


class _Words(MultiPartParser):
    """Of files only that there were some."""

    words = files = 0

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._current_part.file is not None:
            self.files += end - start
            return
        self.words += end - start
        if self.words > JSON_LIMIT:
            raise MultiPartException("too many words")
        super().on_part_data(data, start, end)


async def still_here(request: Request, lang: Lang) -> Response | None:
    """None where nothing can be read of it. Raises Problem for what another site's page posts."""
    demand_same_origin(dict(request.scope["headers"]))
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        return None
    parser = _Words(request.headers, request.stream(), max_fields=MOST_FIELDS)
    try:
        given = await parser.parse()
    except MultiPartException:
        return None
    typed = [(name, value) for name, value in given.multi_items() if isinstance(value, str) and name != "do"]
    deed = str(given.get("do") or "save")
    await given.close()
    here, signing_in = own_url(request.url.path) + f"?lang={lang}", getattr(request.app.state, "sign_in", None)
    return page(
        "file_ended.html",
        lang,
        401,
        address=request.url,
        title=texts(lang)("file.title"),
        typed=typed,
        deed=deed,
        files=parser.files > 0,
        way=signing_in.way_in(signing_in.next(request, here)) if signing_in else own_url(f"/home?lang={lang}"),
        action=here,
    )
