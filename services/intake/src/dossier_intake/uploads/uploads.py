"""Files that come in: looked into, stored once by their bytes, and remembered by who brought them and under which name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from dossier_intake.filing.documents import P7M, PDF, check_size, safe_name
from dossier_intake.inspection.inspectors import Inspectors
from dossier_intake.inspection.scanner import Scanner
from dossier_intake.inspection.verdicts import INFECTED, Signature, Unfit
from dossier_intake.store import Uses
from dossier_shared.adapters.files import FileStore
from dossier_shared.clock import Clock
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import Invalid

# A file of the release before says nothing of who brought it: whoever names it may attach it, for as long as a draft may take.
UNCLAIMED = timedelta(days=7)
NAMELESS = "tai-lieu"
_INNER = {"type": PDF, "name": safe_name(NAMELESS, PDF), "claimed": True}


class Upload(NamedTuple):
    """`id`: SHA-256 of what is stored, hex. `changes`: how that differs from what came. `signatures`: good for these bytes.
    `signs`: of a signature alone, the `id` of its paper."""

    id: str
    size: int
    type: str
    name: str
    changes: tuple[str, ...] = ()
    signatures: tuple[Signature, ...] = ()
    signs: str | None = None


class Uploads:
    def __init__(
        self, files: FileStore, uses: Uses, inspectors: Inspectors, scanner: Scanner, clock: Clock, limit: int
    ) -> None:
        self._files, self._uses, self._inspectors, self._scanner = files, uses, inspectors, scanner
        self._clock, self._limit = clock, limit

    async def take(self, content: bytes, name: str, who: Principal, limit: int = 0) -> Upload:
        """The same bytes again are stored once; the name is that of the last time. `limit`: where not the usual one."""
        check_size(len(content), limit or self._limit)
        verdict = await self._inspectors.look(content)
        if isinstance(verdict, Unfit):
            raise _refused(verdict)
        wrapped = verdict.content if verdict.type == P7M else None
        for part in (content, *([wrapped] if wrapped else ())):
            if await self._scanner.finds(part) is not None:
                raise _refused(INFECTED)
        shown = await self._shown(wrapped) if wrapped else None
        stored = content if wrapped else verdict.content or content
        name = safe_name(name, verdict.type)
        # the last release, put back, reads type and name here; the name is nobody's
        metadata = {"type": verdict.type, "name": safe_name(NAMELESS, verdict.type), "claimed": True}
        id_ = await self._files.put(stored, metadata)
        signed_by = [signature._asdict() for signature in verdict.signatures]
        found = {"pages": verdict.pages, "signatures": signed_by, "signs": verdict.signs, "shown": shown}
        await self._uses.keep(id_, who.sub, verdict.type, len(stored), name, self._clock.now(), found)
        # the same bytes, brought before and never filed, may have been on their way out: from here on the use holds them
        brought = {id_: stored, **({shown["id"]: wrapped} if shown and wrapped else {})}
        for lost in brought.keys() - await self._files.exists(brought):
            await self._files.put(brought[lost], metadata if lost == id_ else _INNER)
        return Upload(id_, len(stored), verdict.type, name, verdict.changes, verdict.signatures, verdict.signs)

    async def _shown(self, content: bytes) -> dict[str, Any]:
        """The PDF in a signature is stored beside it: nobody's to attach, and read instead of the signature."""
        return {"id": await self._files.put(content, _INNER), "size": len(content)}

    async def of(self, who: Principal, ids: Iterable[str]) -> Mapping[str, Mapping[str, Any]]:
        """Type, size and name of those that this person has uploaded, by id. Others' files are as if they were not."""
        wanted = set(ids)
        if not wanted:
            return {}
        found = await self._uses.of(who.sub, wanted)
        if missing := wanted - found.keys():
            since = self._clock.now() - UNCLAIMED
            older = await self._files.about(missing)
            found |= {id_: one for id_, one in older.items() if "claimed" not in one and one["stored"] > since}
        return found


def _refused(verdict: Unfit) -> Invalid:
    return Invalid(verdict.code, verdict.vi, verdict.en, status=verdict.status)
