"""The readers of what is filed now: which deployments there are, and by which public key each has a person's key wrapped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from time import monotonic
from typing import Final

import structlog

from dossier_intake.privacy.entitlement import deployments_of, held_for
from dossier_shared.adapters.mongo import Database
from dossier_shared.contracts.deployments import DEPLOYABLE, DeploymentEntry, Filed, called
from dossier_shared.journal.registry import Registry

log = structlog.get_logger()
NEWS_WITHIN: Final = 3.0  # seconds after the start within which who files waits for the list of deployments
AGAIN: Final = 2.0  # seconds after which what could not be kept is tried again


class LastHeard:
    """Which deployments there are. Kept in intake's database: it begins with what it last heard, though the broker be away."""

    def __init__(self, db: Database, registry: Registry) -> None:
        self._table, self._registry = db["deployments"], registry
        self._kept: Sequence[DeploymentEntry] = ()
        self._changed, self._began = asyncio.Event(), monotonic()
        registry.on_change.append(self._changed.set)

    @property
    def entries(self) -> Sequence[DeploymentEntry]:
        return self._registry.entries if self._registry.is_known else self._kept

    def serving(self, agency: str) -> Sequence[DeploymentEntry]:
        if self._registry.is_known:
            return self._registry.serving(agency)
        return [entry for entry in self._kept if agency in {tenure.agency for tenure in entry.agencies}]

    async def prepare(self) -> None:
        kept = await self._table.find_one({"_id": "heard"})
        self._kept = [DeploymentEntry.model_validate(entry) for entry in kept["entries"]] if kept else ()

    async def settle(self) -> None:
        """Just after the start news are waited for."""
        left = self._began + NEWS_WITHIN - monotonic()
        if not self._registry.is_known and left > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._registry.known()

    async def run(self) -> None:
        await self._registry.known()
        while True:
            self._changed.clear()
            entries = [entry.model_dump(mode="json") for entry in self._registry.entries]
            try:
                await self._table.replace_one({"_id": "heard"}, {"entries": entries}, upsert=True)
            except Exception as error:
                log.warning("list of deployments not kept", error=repr(error)[:200])
                await asyncio.sleep(AGAIN)
            else:
                await self._changed.wait()


class Readers:
    """`public`: the public wrapping key of who is called so; None: not known here."""

    def __init__(self, public: Callable[[str], str | None], deployments: LastHeard) -> None:
        self._public, self.deployments = public, deployments
        self._missing = set[str]()

    async def held(self, holder: str, filed: Filed) -> str:
        """Under which holder the person's key for this filing is kept."""
        await self.deployments.settle()
        return held_for(holder, deployments_of(self.deployments.serving(filed.agency), filed))

    def owning(self, filed: Filed) -> list[str]:
        """The deployments the dossier belongs to, by what is known now."""
        return list(map(called, DEPLOYABLE, deployments_of(self.deployments.serving(filed.agency), filed)))

    def named(self, names: Iterable[str]) -> dict[str, str]:
        """Their public wrapping keys. Who has none given here reads nothing until it has, and all keys are wrapped anew."""
        found = {name: self._public(name) for name in names}
        for name in sorted(name for name, key in found.items() if key is None and name not in self._missing):
            self._missing.add(name)
            log.error("no wrapping key of a reader: what is filed for it stays closed to it", reader=name)
        return {name: key for name, key in found.items() if key is not None}
