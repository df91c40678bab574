"""Of dossiers that were filed in clear: by whose key they would have been encrypted, and so are sealed now. And their papers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog

from dossier_intake.filing.persons import person_of_applicant
from dossier_intake.privacy.holders import holder_of
from dossier_intake.privacy.making import KeyMaker
from dossier_shared.adapters.clear_files import ClearFiles, SpoiltFile
from dossier_shared.adapters.mongo import DossierCollection
from dossier_shared.contracts import boxes
from dossier_shared.contracts.deployments import Filed
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.event_parts import Applicant
from dossier_shared.journal.dossier import Dossier
from dossier_shared.journal.outages import passes
from dossier_shared.runtime.resealing import FILES, SealedFiles

log = structlog.get_logger()
DOSSIERS: Final = 500  # of one call


class Holders:
    """`key`: PERSON_KEY."""

    def __init__(self, dossiers: DossierCollection, maker: KeyMaker, key: bytes) -> None:
        self._dossiers, self._maker, self._key = dossiers, maker, key

    async def of(self, ids: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
        """By dossier its holder, whose key there is from now on; and why of others none is known."""
        found, failed, wanted = dict[str, str](), dict[str, str](), dict[str, str]()
        journals = await self._dossiers.load_whole(ids)
        for id_ in ids:
            dossier = journals.get(id_)
            if dossier is None or not dossier.journal:
                failed[id_] = "intake has no filing of it"
                continue
            try:
                holder, made = await self._of(dossier)
            except Exception as error:
                if passes(error):
                    raise
                log.exception("no holder of a dossier", dossier=id_)
                failed[id_] = type(error).__name__
                continue
            (found if made else wanted)[id_] = holder
        living = await self._maker.ensure(set(wanted.values())) if wanted else {}
        return found | {id_: living[holder] for id_, holder in wanted.items()}, failed

    async def _of(self, dossier: Dossier[Any]) -> tuple[str, bool]:
        """And whether it stands as it is: else there must be a living key of it. Of whom was erased since they filed it,
        nothing is kept."""
        first = dossier.tail("intake", 0)[0]
        stands = dossier.holder or boxes.holder_of(first.sealed or b"")
        if stands is not None:
            return stands, True
        agency, at = first.agency, first.time
        filed = dossier.state.get("filed") or {"agency": agency, "at": at}
        holder = self._by(first)
        held = await self._maker.readers.held(holder, Filed(filed["agency"], filed["at"]))
        for one in {holder, held}:
            erased = await self._maker.erased_at(one)
            if erased is not None and erased > first.recorded:
                return one, True
        return held, False

    def _by(self, first: Event) -> str:
        applicant = Applicant.model_validate(first.open().get("applicant") or {"name": ""})
        person = first.data.get("person") or person_of_applicant(applicant, self._key)
        filed_by: Mapping[str, Any] = first.data.get("filed_by") or {}
        account = first.data.get("owner") if filed_by.get("kind") == "self" else None
        return holder_of(person, account, applicant.phone, first.dossier, self._key)


class Papers:
    """Each has a key of its own."""

    def __init__(self, files: ClearFiles, maker: KeyMaker, key: bytes) -> None:
        self._files, self._maker, self._key = files, maker, key

    async def seal(self, after: str) -> SealedFiles:
        """The next few. One that cannot be sealed stops no neighbour."""
        page, failed = await self._files.page(after, FILES), dict[str, str]()
        for file in page:
            try:
                await self._files.seal(file, await self._maker.of_file(self._key, file.id))
            except SpoiltFile as why:
                failed[file.id] = str(why)
            except Exception as error:
                if passes(error):
                    raise
                log.exception("paper not sealed", file=file.id)
                failed[file.id] = type(error).__name__
        last = str(page[-1].key) if len(page) == FILES else None
        return SealedFiles(len(page) - len(failed), failed, last)
