"""Who may share what with which office, and who reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dossier_intake.metrics import PAPERS_REUSED
from dossier_intake.papers.listing import FiledPaper, paper_at
from dossier_intake.papers.reading import Papers
from dossier_intake.policy import APPLICANT, POLICY, Reader
from dossier_intake.state import State
from dossier_intake.store import Dossiers, Uses
from dossier_intake.vault.shares import Share, Shares
from dossier_intake.vault.view import of_oneself
from dossier_shared.adapters.mongo import DossierCollection
from dossier_shared.clock import Clock, instant
from dossier_shared.contracts.lifecycle import OPEN
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import Dossier
from dossier_shared.problems import Conflict, NotFound

SHARED = 0  # number of a paper that is none of the dossier's
WITH = 50  # of the person's dossiers, as many may be chosen from


class Choice(NamedTuple):
    """A dossier with whose office a paper may be shared."""

    id: str
    code: str
    procedure: str
    agency: str


class Sharing:
    def __init__(
        self, shares: Shares, dossiers: Dossiers, table: DossierCollection, uses: Uses, papers: Papers, clock: Clock
    ) -> None:
        self.shares, self._dossiers, self._table = shares, dossiers, table
        self._uses, self._papers, self._clock = uses, papers, clock

    async def choices(self, who: Principal) -> list[Choice]:
        """Open ones about the reader."""
        found = (await self._dossiers.own(who, WITH, None, OPEN)).rows
        return [
            Choice(one.id, one.state["code"], one.state["procedure_name"], one.state["agency_name"])
            for one in found
            if of_oneself(who, one.state)
        ]

    async def give(self, who: Principal, dossier_id: str, source: str, n: str) -> None:
        """Paper `n` of their own dossier `source`, which this account brought. Raises NotFound, and Conflict where the dossier it
        is for is over."""
        dossier, _ = await self._own(who, dossier_id), await self._own(who, source)
        _, _, filed = await self._papers.of(source, who)
        paper = paper_at(filed, n)
        about = (await self._uses.of(who.sub, [paper.id])).get(paper.id)
        if about is None:
            raise NotFound("paper-not-found", "Không có tệp này.", "There is no such file.")
        if dossier.state["status"] not in OPEN:
            raise Conflict(
                "dossier-over",
                "Hồ sơ này đã kết thúc nên không chia sẻ thêm giấy tờ được.",
                "This dossier is over: nothing more can be shared for it.",
            )
        said = {name: about[name] for name in ("name", "type", "size")}
        code = dossier.state["code"]
        await self.shares.give(who.sub, who.person, dossier_id, code, paper.id, said, self._clock.now())
        PAPERS_REUSED.labels("shared").inc()

    async def take_back(self, who: Principal, id_: str) -> None:
        if not await self.shares.take_back(who.sub, id_, self._clock.now()):
            raise NotFound()

    async def read(self, who: Principal, dossier_id: str, id_: str) -> tuple[Reader, FiledPaper]:
        """As a paper of the dossier, numbered 0. Raises NotFound for whom the dossier does not exist, and once it is taken back
        or the dossier is over."""
        reader, dossier, _ = await self._papers.of(dossier_id, who)
        share = await self.shares.find(dossier_id, id_)
        if share is None or not lives(dossier, reader):
            raise NotFound()
        at = instant(share.at)
        return reader, FiledPaper(SHARED, share.code, share.file, share.type, share.size, share.name, "filing", at)

    async def listed(self, dossier: Dossier[State], reader: Reader) -> Sequence[Share]:
        return await self.shares.of_dossier(dossier.id) if lives(dossier, reader) else ()

    async def _own(self, who: Principal, dossier_id: str) -> Dossier[State]:
        dossier = (await self._table.load([dossier_id], journal=False)).get(dossier_id)
        if dossier is None or not POLICY.may(who, "see-filed", dossier.state) or not of_oneself(who, dossier.state):
            raise NotFound()
        return dossier


def lives(dossier: Dossier[State], reader: Reader) -> bool:
    """For the office, while it works on the dossier: what was lent for it goes with it."""
    return reader.role != APPLICANT and dossier.state["status"] in OPEN
