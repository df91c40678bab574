"""Which deployments there are, as `platform.deployments` tells, and what that makes of an event: whose it is, and whether its
writer may say so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from time import time
from typing import Final

import structlog

from dossier_shared.contracts.deployments import (
    DEPLOYABLE,
    DeploymentEntry,
    Filed,
    filed_of,
    heard_topics,
    key_of,
    owner,
)
from dossier_shared.contracts.envelope import Event, RawRecord
from dossier_shared.contracts.topics import parted
from dossier_shared.errors import BadRecord

log = structlog.get_logger()
# Seconds within which the topic was read to its end by whoever decides by it. Records are written longer than that before they
# hold (`deployments.HEAD_START` of the `dossier` command), so what is decided is what everybody else decides.
LATELY: Final = 10.0


class Registry:
    """`service`, `deployment`: which of them this process is."""

    def __init__(self, service: str, deployment: str = "", wall: Callable[[], float] = time) -> None:
        self.service, self.deployment, self._wall = service, deployment, wall
        self.on_change: list[Callable[[], None]] = []
        self._entries: dict[str, DeploymentEntry] = {}
        self._serving: dict[str, list[DeploymentEntry]] = {}  # by agency: there may be thousands
        self._whole, self._known = False, asyncio.Event()
        self._reached = 0  # offset: a reader that begins anew must not bring back what was replaced
        self._seen: float | None = None  # when the broker last said that there is no more; None: it has no such topic

    # -- what the topic says ---------------------------------------------------------------------------------------------

    def whole(self) -> None:
        """Read to the end once."""
        self._whole = True
        self._settle()

    def seen(self, at: float) -> None:
        self._seen = at

    def take(self, records: Sequence[RawRecord]) -> None:
        fresh = [record for record in records if record.offset >= self._reached]
        for record in fresh:
            self._reached = record.offset + 1
            key = (record.key or b"").decode("utf-8", "replace")
            try:
                self._put(key, record.value)
            except ValueError as error:  # what stands stays
                log.error("record of deployments cannot be read", key=key[:100], error=repr(error)[:200])
        if fresh:
            self._serving = {}
            for entry in self._entries.values():
                for agency in {tenure.agency for tenure in entry.agencies}:
                    self._serving.setdefault(agency, []).append(entry)
            self._settle()
            for told in self.on_change:
                told()

    def _put(self, key: str, value: bytes | None) -> None:
        if not value:
            self._entries.pop(key, None)
            return
        entry = DeploymentEntry.model_validate_json(value)
        if key_of(entry.service, entry.name) != key or entry.service not in DEPLOYABLE:
            raise ValueError(f"{entry.service[:50]}/{entry.name[:50]} under another key, or of a service that has none")
        self._entries[key] = entry

    def _settle(self) -> None:
        if self._whole and (not self.deployment or self.listed):
            self._known.set()

    # -- what follows ----------------------------------------------------------------------------------------------------

    @property
    def entries(self) -> Sequence[DeploymentEntry]:
        return list(self._entries.values())

    @property
    def listed(self) -> bool:
        """Whether this process's own deployment is there."""
        return key_of(self.service, self.deployment) in self._entries

    def trouble(self) -> str | None:
        """Why it can decide nothing yet, where somebody must do something about it."""
        if self._whole and self.deployment and not self.listed:
            return f"there is no deployment {self.deployment} of {self.service}: add it with `dossier deployments add`"
        return None

    def topics(self) -> list[str]:
        """To be heard by this process."""
        return [topic.name for topic in heard_topics(self.entries, self.service, self.deployment)]

    async def known(self) -> None:
        """Before that nobody can say whose is what."""
        await self._known.wait()

    @property
    def is_known(self) -> bool:
        return self._known.is_set()

    async def current(self) -> None:
        """Waits while what is known may be old: what came since is not to be decided by it."""
        told = False
        while not self._lately:
            if not told:
                log.warning("waiting for the list of deployments", known_at=self._seen)
                told = True
            await asyncio.sleep(0.05)

    @property
    def _lately(self) -> bool:
        return self._seen is None or self._wall() - self._seen <= LATELY

    def marks(self, agency: str) -> bool:
        """Whether what is filed there must say for whom and when: a deployment serves it, or one may, for all that is known."""
        return not (self.is_known and self._lately) or bool(self.serving(agency))

    def serving(self, agency: str) -> Sequence[DeploymentEntry]:
        """The deployments that serve it, have served it or will."""
        return self._serving.get(agency, ())

    def agencies(self, service: str, name: str) -> frozenset[str]:
        """All that a deployment serves, has served or will."""
        entry = self._entries.get(key_of(service, name))
        return frozenset(tenure.agency for tenure in entry.agencies) if entry else frozenset()

    def owner(self, service: str, filed: Filed | None) -> str:
        return owner(self.serving(filed.agency), service, *filed) if filed is not None else ""

    def mine(self, event: Event) -> bool:
        """Whether its dossier belongs to this deployment. Raises BadRecord."""
        return self.service not in DEPLOYABLE or self.owner(self.service, _filed(event)) == self.deployment

    def check(self, topic: str, event: Event) -> None:
        """Raises BadRecord wrong-writer: of an event whose dossier is not its topic's deployment's."""
        if event.source not in DEPLOYABLE:
            return
        writer, owned = parted(topic)[1], self.owner(event.source, _filed(event))
        if writer != owned:
            named = [name or "the one without a name" for name in (writer, owned)]
            raise BadRecord("wrong-writer", f"{event.source}, {named[0]}: the dossier belongs to {named[1]}")


def _filed(event: Event) -> Filed | None:
    try:
        return filed_of(event.data)
    except ValueError as error:
        raise BadRecord("invalid-data", "filed: no agency and instant") from error


def names(entries: Iterable[DeploymentEntry], service: str) -> list[str]:
    """Of a service's deployments, the one without a name first."""
    return ["", *sorted(entry.name for entry in entries if entry.service == service)]
