"""A person is erased: asked by one, granted by another, refused while the law demands keeping; then the key is gone.

What each service had of them goes as soon as it hears that there is no key any more (`runtime.purging`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from secrets import token_hex
from typing import Any, Final, NamedTuple

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.catalogue.model import KEEP_YEARS
from dossier_intake.privacy.making import KeyMaker
from dossier_intake.store import Catalogues
from dossier_shared.adapters.mongo import Database, Document, DossierCollection
from dossier_shared.clock import Clock, instant, parse_instant
from dossier_shared.contracts.lifecycle import OPEN
from dossier_shared.contracts.person_keys import every_holder
from dossier_shared.problems import Conflict, NotFound
from dossier_shared.vocabulary.moments import VIETNAM

ENDS: Final = ("delivered_at", "signed_at", "refused_at", "withdrawn_at", "stopped_at", "decided_at", "submitted_at")


class Kept(NamedTuple):
    """A dossier that must be kept; `until` None: it is not at its end yet."""

    dossier: str
    code: str
    until: datetime | None


def kept(id_: str, state: Mapping[str, Any], catalogue: Catalogue, now: datetime) -> Kept | None:
    """By its procedure in force when it ended. Pure."""
    if not state.get("code"):
        return None
    if state.get("status") in OPEN:
        return Kept(id_, state["code"], None)
    ended = parse_instant(max(at for name in ENDS if (at := state.get(name))))
    procedure = catalogue.known(state["procedure"], ended.astimezone(VIETNAM).date())
    until = later_by_years(ended, KEEP_YEARS if procedure is None else procedure.keep_years)
    return Kept(id_, state["code"], until) if now < until else None


def later_by_years(at: datetime, years: int) -> datetime:
    try:
        return at.replace(year=at.year + years)
    except ValueError:  # the 29th of February
        return at.replace(year=at.year + years, day=28)


class Erasures:
    """Requests, with who asked, on which ground, and who granted; kept for good, by pseudonym. `known`: whether anything else is
    kept of a person who has no dossier."""

    def __init__(
        self,
        db: Database,
        dossiers: DossierCollection,
        maker: KeyMaker,
        catalogues: Catalogues,
        clock: Clock,
        known: Sequence[Callable[[str], Awaitable[bool]]] = (),
    ) -> None:
        self._table, self._dossiers, self._maker = db["erasures"], dossiers, maker
        self._catalogues, self._clock, self._known = catalogues, clock, known

    async def ask(self, person: str, ground: str, by: str) -> Document:
        """Raises NotFound, and Conflict where something must be kept."""
        await self._demand_free(person)
        asked = {
            "_id": token_hex(8), "person": person, "ground": ground, "asked_by": by,
            "asked_at": instant(self._clock.now()), "state": "asked",
        }  # fmt: skip
        await self._table.insert_one(asked)
        return asked

    async def grant(self, id_: str, by: str) -> Document:
        """By somebody else than asked. Done twice it does nothing more."""
        asked = await self._table.find_one({"_id": id_})
        if asked is None:
            raise NotFound("erasure-not-found", "Không có yêu cầu xoá này.", "There is no such request to erase.")
        if asked["state"] == "done":
            return asked
        if asked["asked_by"] == by:
            raise Conflict(
                "second-person",
                "Người đề nghị xoá không được tự duyệt. Hãy nhờ một người khác duyệt.",
                "Who asked for it cannot grant it. Another person must.",
            )
        await self._demand_free(asked["person"])
        await self._maker.erase(await self.holders(asked["person"]))
        done = {"state": "done", "granted_by": by, "granted_at": instant(self._clock.now())}
        await self._table.update_one({"_id": id_}, {"$set": done})
        return {**asked, **done}

    async def holders(self, person: str) -> list[str]:
        """Of all the keys a person ever had; at least the first, that everybody hears of it where there never was one."""
        query = {"_id": {"$regex": every_holder(person)}}
        return [
            person,
            *[one["_id"] async for one in self._maker.table.find(query, {"_id": 1}) if one["_id"] != person],
        ]

    async def dossiers(self, person: str) -> Sequence[Document]:
        query = {"$or": [{"holder": {"$in": await self.holders(person)}}, {"state.person": person}]}
        return await self._dossiers.table.find(query, {"state": 1}).to_list(None)

    async def _demand_free(self, person: str) -> None:
        found = await self.dossiers(person)
        if not found and not any([await known(person) for known in self._known]):
            raise NotFound("person-not-found", "Không có gì của người này.", "There is nothing of this person.")
        now, catalogue = self._clock.now(), self._catalogues.current
        held = [one for document in found if (one := kept(document["_id"], document["state"], catalogue, now))]
        if held:
            until = max((one.until for one in held if one.until is not None), default=None)
            named = ", ".join(one.code for one in held[:5])
            raise Conflict(
                "must-be-kept",
                f"Hồ sơ {named} còn phải lưu giữ"
                + (f" đến {until:%d/%m/%Y}." if until else " vì chưa kết thúc.")
                + " Chưa được xoá dữ liệu của người này.",
                f"Dossier {named} must be kept"
                + (f" until {until:%Y-%m-%d}." if until else ", it has not ended.")
                + " The person cannot be erased yet.",
            )
