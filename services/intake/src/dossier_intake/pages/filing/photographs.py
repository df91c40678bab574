"""What is done with photographs that were taken for a paper: several become one PDF, in the order in which they were taken; one
becomes straight. What is made stands in place of what it was made of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from dossier_intake.filing.documents import check_size
from dossier_intake.inspection.inspectors import Inspectors
from dossier_intake.inspection.verdicts import STRAIGHTENED, Fit, Unfit
from dossier_intake.pages.sheet.sheet import Paper, Sheet
from dossier_intake.uploads.incoming import Incoming
from dossier_intake.uploads.uploads import Upload, Uploads
from dossier_shared.adapters.files import FileStore
from dossier_shared.http.problems import as_problem
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import Invalid

JPEG = "image/jpeg"
JOIN, STRAIGHTEN = "join", "straighten"  # posted: `join:<code>`, `straighten:<code>:<id>`
DEEDS = (JOIN, STRAIGHTEN)
Make = Callable[[Sequence[bytes]], Awaitable[Fit | Unfit]]


def joinable(papers: Sequence[Paper]) -> list[Paper]:
    """Of one code: two photographs at least, else none."""
    found = [paper for paper in papers if paper.upload.type == JPEG]
    return found if len(found) > 1 else []


def straightenable(paper: Paper) -> bool:
    """Once: what has been straightened is not asked about again."""
    return paper.upload.type == JPEG and STRAIGHTENED not in paper.upload.changes


class Photographs:
    """`limit`: bytes of all pages together, as of one file."""

    def __init__(
        self, uploads: Uploads, files: FileStore, incoming: Incoming, inspectors: Inspectors, limit: int
    ) -> None:
        self._uploads, self._files, self._incoming = uploads, files, incoming
        self._inspectors, self._limit = inspectors, limit

    async def done(self, who: Principal, sheet: Sheet, deed: str) -> Sheet:
        """As it was, with why, where that cannot be: nothing is lost by pressing."""
        what, _, which = deed.partition(":")
        if what == JOIN:
            pages = joinable([paper for paper in sheet.papers if paper.code == which])
        else:
            pages = [paper for paper in sheet.papers if f"{paper.code}:{paper.upload.id}" == which][:1]
            pages = [paper for paper in pages if straightenable(paper)]
        if not pages:
            return sheet
        code, make = pages[0].code, self._joined if what == JOIN else self._straight
        try:
            made = await make(who, pages)
        except Exception as error:
            if (problem := as_problem(error)) is None:
                raise
            return replace(
                sheet, unfit={**sheet.unfit, code: [*sheet.unfit.get(code, ()), {"vi": problem.vi, "en": problem.en}]}
            )
        first = sheet.papers.index(pages[0])
        others = [paper for paper in sheet.papers if paper not in pages]
        before = sum(1 for paper in sheet.papers[:first] if paper not in pages)
        return replace(sheet, papers=(*others[:before], Paper(code, made), *others[before:]))

    async def _joined(self, who: Principal, pages: Sequence[Paper]) -> Upload:
        check_size(sum(paper.upload.size for paper in pages), self._limit)
        return await self._made(who, pages, self._inspectors.join, ".pdf")

    async def _straight(self, who: Principal, pages: Sequence[Paper]) -> Upload:
        async def straighten(contents: Sequence[bytes]) -> Fit | Unfit:
            return await self._inspectors.straighten(contents[0])

        made = await self._made(who, pages, straighten, ".jpg")
        return made._replace(changes=(*pages[0].upload.changes, STRAIGHTENED))

    async def _made(self, who: Principal, pages: Sequence[Paper], make: Make, ending: str) -> Upload:
        async with self._incoming.memory.held(2 * sum(paper.upload.size for paper in pages)):
            contents = [await self._files.get(paper.upload.id) for paper in pages]
            there = [content for content in contents if content is not None]
            if len(there) < len(contents):
                raise _lost()
            verdict = await make(there)
            if isinstance(verdict, Unfit):
                raise Invalid(verdict.code, verdict.vi, verdict.en, status=verdict.status)
            assert verdict.content is not None  # made anew
            name = pages[0].upload.name.rpartition(".")[0]
            return await self._uploads.take(verdict.content, f"{name}{ending}", who, self._limit)


def _lost() -> Invalid:
    return Invalid(
        "document-lost",
        "Có ảnh không còn trong kho tạm nên chưa làm được. Hãy chụp lại ảnh đó.",
        "A photo is not kept any more, so nothing was done. Take that photo again.",
    )
