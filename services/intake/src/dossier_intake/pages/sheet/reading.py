"""A page's form as it is posted, with its files: each is taken to disk while it comes and looked into, one after another."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import orjson
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from dossier_intake.filing.documents import check_size
from dossier_intake.inspection.verdicts import Fit, Unfit
from dossier_intake.pages.sheet.sheet import MOST_PAPERS, Paper, Sheet, kept_papers
from dossier_intake.uploads.incoming import Incoming
from dossier_intake.uploads.uploads import Upload, Uploads
from dossier_shared.http.limits import JSON_LIMIT
from dossier_shared.http.problems import as_problem
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import Invalid

MOST_FIELDS = 4000
MOST_FILES = 40
LARGEST = 64 * 1024 * 1024  # of all that is sent at once
FILE, KEPT = "file.", "kept"
CODE, CODE_DEED = "code.photo", "card"  # a photograph of a QR code: read where that is asked for, and kept nowhere
Codes = Callable[[bytes], Awaitable[Fit | Unfit]]


def unreadable() -> Invalid:
    return Invalid(
        "form-unreadable",
        "Không đọc được biểu mẫu đã gửi. Hãy tải lại trang và điền lại.",
        "The form that was sent cannot be read. Reload the page and fill it in again.",
    )


class _Parser(MultiPartParser):
    """Files go to disk; what is typed stays in memory, so all of it together has a limit."""

    words = 0

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._current_part.file is None:
            self.words += end - start
            if self.words > JSON_LIMIT:
                raise MultiPartException("too many words")
        super().on_part_data(data, start, end)


class Reader:
    """`limit`: bytes of one file. `most`: inputs for files, those left empty too. `codes`: reads QR codes, where any are."""

    def __init__(
        self, uploads: Uploads, incoming: Incoming, limit: int, most: int = MOST_FILES, codes: Codes | None = None
    ) -> None:
        self._uploads, self._incoming, self._limit, self._most, self._codes = uploads, incoming, limit, most, codes

    async def sheet(self, request: Request, who: Principal) -> Sheet:
        """What cannot be taken as a paper is told beside that paper; the rest is kept. Raises Problem."""
        if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
            raise unreadable()
        async with self._incoming.turn(who.sub):
            parser = _Parser(request.headers, request.stream(), max_files=self._most, max_fields=MOST_FIELDS)
            try:
                given = await parser.parse()
            except MultiPartException:  # too many parts, or none that can be told apart
                raise unreadable() from None
            try:
                return await self._read(given, who)
            finally:
                await given.close()

    async def _read(self, given: FormData, who: Principal) -> Sheet:
        typed: dict[str, list[str]] = {}
        files: list[tuple[str, UploadFile]] = []
        photo: UploadFile | None = None
        for name, value in given.multi_items():
            if isinstance(value, str):
                typed.setdefault(name, []).append(value)
            elif name.startswith(FILE) and (value.filename or value.size):
                files.append((name.removeprefix(FILE), value))
            elif name == CODE and value.size:
                photo = value
        papers, unfit = list(kept_papers(typed.pop(KEPT, ()))), dict[str, list[dict[str, str]]]()
        for code, file in files[: MOST_PAPERS - len(papers)]:
            try:
                papers.append(Paper(code, await self._take(file, who)))
            except Exception as error:
                if (problem := as_problem(error)) is None:
                    raise
                unfit.setdefault(code, []).append(
                    {"vi": f"{file.filename}: {problem.vi}", "en": f"{file.filename}: {problem.en}"}
                )
        unique = {(paper.code, paper.upload.id): paper for paper in papers}
        sheet = Sheet(typed, tuple(unique.values()), unfit)
        asked = photo is not None and self._codes is not None and sheet.first("do").startswith(CODE_DEED)
        return await self._with_codes(sheet, photo) if asked and photo is not None else sheet

    async def _with_codes(self, sheet: Sheet, photo: UploadFile) -> Sheet:
        assert self._codes is not None
        try:
            check_size(photo.size or 0, self._limit)
            async with self._incoming.memory.held(photo.size or 0):
                found = await self._codes(await photo.read())
        except Exception as error:
            if (problem := as_problem(error)) is None:
                raise
            return replace(sheet, codes_unfit={"vi": problem.vi, "en": problem.en})
        if isinstance(found, Unfit):
            return replace(sheet, codes_unfit={"vi": found.vi, "en": found.en})
        return replace(sheet, codes=orjson.loads(found.content or b"[]"))

    async def _take(self, file: UploadFile, who: Principal) -> Upload:
        check_size(file.size or 0, self._limit)
        async with self._incoming.memory.held(file.size or 0):
            return await self._uploads.take(await file.read(), file.filename or "", who)
