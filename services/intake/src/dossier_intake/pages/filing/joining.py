"""Photographs of one paper become one PDF, in the order in which they were taken, in place of the photographs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from dossier_intake.filing.documents import check_size
from dossier_intake.inspection.verdicts import Fit, Unfit
from dossier_intake.pages.sheet.sheet import Paper, Sheet
from dossier_intake.uploads.incoming import Incoming
from dossier_intake.uploads.uploads import Uploads
from dossier_shared.adapters.files import FileStore
from dossier_shared.http.problems import as_problem
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import Invalid

JPEG = "image/jpeg"
DEED = "join"
Join = Callable[[Sequence[bytes]], Awaitable[Fit | Unfit]]


def joinable(papers: Sequence[Paper]) -> list[Paper]:
    """Of one code: two photographs at least, else none."""
    found = [paper for paper in papers if paper.upload.type == JPEG]
    return found if len(found) > 1 else []


class Joining:
    """`limit`: bytes of all pages together, as of one file."""

    def __init__(self, uploads: Uploads, files: FileStore, incoming: Incoming, join: Join, limit: int) -> None:
        self._uploads, self._files, self._incoming, self._join, self._limit = uploads, files, incoming, join, limit

    async def joined(self, who: Principal, sheet: Sheet, code: str) -> Sheet:
        """As it was, with why, where that cannot be: nothing is lost by pressing."""
        pages = joinable([paper for paper in sheet.papers if paper.code == code])
        if not pages:
            return sheet
        try:
            made = await self._made(who, code, pages)
        except Exception as error:
            if (problem := as_problem(error)) is None:
                raise
            return replace(
                sheet, unfit={**sheet.unfit, code: [*sheet.unfit.get(code, ()), {"vi": problem.vi, "en": problem.en}]}
            )
        first = sheet.papers.index(pages[0])
        others = [paper for paper in sheet.papers if paper not in pages]
        before = sum(1 for paper in sheet.papers[:first] if paper not in pages)
        return replace(sheet, papers=(*others[:before], made, *others[before:]))

    async def _made(self, who: Principal, code: str, pages: Sequence[Paper]) -> Paper:
        size = sum(paper.upload.size for paper in pages)
        check_size(size, self._limit)
        async with self._incoming.memory.held(2 * size):
            contents = [await self._files.get(paper.upload.id) for paper in pages]
            verdict = await self._join([content for content in contents if content is not None])
            if isinstance(verdict, Unfit) or verdict.content is None or None in contents:
                told = verdict if isinstance(verdict, Unfit) else None
                raise Invalid(told.code, told.vi, told.en, status=told.status) if told else _lost()
            name = pages[0].upload.name.rpartition(".")[0]
            return Paper(code, await self._uploads.take(verdict.content, f"{name}.pdf", who, self._limit))


def _lost() -> Invalid:
    return Invalid(
        "document-lost",
        "Có ảnh không còn trong kho tạm nên chưa ghép được. Hãy chụp lại ảnh đó.",
        "A photo is not kept any more, so they were not joined. Take that photo again.",
    )
