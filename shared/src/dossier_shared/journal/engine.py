"""The write engine: loads many dossiers, decides their steps in memory, sends one update per dossier, all in one bulk.

A step reads a `Dossier` and records events on it (`dossier.record`, `dossier.hear`), or refuses by raising a Refusal. Each update
is guarded by the document's version (optimistic lock). If another process wrote it meanwhile, it is loaded and decided again.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import structlog

from dossier_shared.clock import Clock
from dossier_shared.errors import Refusal, Unavailable
from dossier_shared.journal import crash
from dossier_shared.journal.claims import Claims
from dossier_shared.journal.dossier import Dossier, restore, save
from dossier_shared.journal.persons import PersonKeys
from dossier_shared.journal.steps import Moment, Step, Work, Written
from dossier_shared.telemetry import metrics, tracing

log = structlog.get_logger()
BREATH = 10  # dossiers decided between two turns of the event loop
MAX_ROUNDS = 100  # of one write; each lost race means somebody else's write went through


class Collection(Protocol):
    """Where a service's dossiers are stored: `adapters.mongo.DossierCollection`, or `dossier_local.memory.MemoryCollection`."""

    async def load(self, ids: Iterable[str], *, journal: bool = True) -> dict[str, Dossier]:
        """Without `journal` the dossiers come without theirs: for steps that neither record events nor look back."""
        ...

    async def write(self, dossiers: Sequence[Dossier], recorded: datetime) -> Mapping[str, Refusal | None]:
        """One guarded update each; answers those that were not written: None for a lost race, else why not."""
        ...


class Submitter(Protocol):
    """Takes written dossiers to be published: the publisher."""

    def submit(self, dossiers: Iterable[Dossier]) -> None: ...


class WriteEngine:
    """Carries out steps. `on_written`: called with the dossiers of each bulk once they are written."""

    def __init__(self, collection: Collection, publisher: Submitter, clock: Clock, claims: Claims) -> None:
        self.collection, self.publisher, self.clock, self.claims = collection, publisher, clock, claims
        self.on_written: list[Callable[[Sequence[Dossier]], None]] = []
        self.persons: PersonKeys | None = None  # by whose keys what is sealed is encrypted and opened

    async def write(self, work: Mapping[str, Work]) -> dict[str, Written]:
        """Decides and writes all; dossiers that lost a race are loaded and decided again, their steps in the same order."""
        done: dict[str, Written] = {}
        unloaded = {id_ for id_, item in work.items() if item.new}
        left = dict(work)
        for attempt in range(MAX_ROUNDS):
            journal = not all(item.bare for item in left.values())
            known = await self.collection.load([id_ for id_ in left if id_ not in unloaded], journal=journal)
            moment = Moment(self.clock.now())
            changed: list[Dossier] = []
            for number, (id_, item) in enumerate(left.items(), 1):
                if number % BREATH == 0:
                    await asyncio.sleep(0)  # others of this process are served meanwhile
                dossier = known.get(id_) or Dossier(id_)
                dossier.persons = self.persons
                written = Written(dossier, [_try(step, dossier, moment) for step in item.steps])
                done[id_] = written
                if dossier.changed:
                    self.claims.stamp(dossier, moment)
                    changed.append(dossier)
            lost: Mapping[str, Refusal | None] = {}
            if changed:
                crash.point("write.before")
                with tracing.storing(_traceparents(changed, work), len(changed)):
                    lost = await self.collection.write(changed, moment.now)
                crash.point("write.after")
            self._announce([dossier for dossier in changed if dossier.id not in lost])
            for id_, why in lost.items():
                if why is not None:
                    done[id_].refused = [own or why for own in done[id_].refused]
            left = {id_: work[id_] for id_, why in lost.items() if why is None}
            if not left:
                return done
            metrics.GUARDS_LOST.inc(len(left))
            unloaded = set()
            if attempt > 2:
                await asyncio.sleep(random.random() * 0.01 * attempt)  # noqa: S311
        raise Unavailable("too-busy")

    def _announce(self, dossiers: Sequence[Dossier]) -> None:
        for dossier in dossiers:
            dossier.version += 1
        self.publisher.submit([dossier for dossier in dossiers if dossier.fresh])
        for hook in self.on_written:
            hook(dossiers)


def _try(step: Step, dossier: Dossier, moment: Moment) -> Exception | None:
    point = save(dossier)
    try:
        step(dossier, moment)
    except Refusal as refusal:
        restore(dossier, point)
        return refusal
    except Exception as error:
        restore(dossier, point)
        log.exception("step failed", dossier=dossier.id)
        return error
    return None


def _traceparents(dossiers: Sequence[Dossier], work: Mapping[str, Work]) -> Iterator[str | None]:
    """Of what was heard and what was recorded; read only while traces are on."""
    for dossier in dossiers:
        yield from (event.onward or event.traceparent for event in work[dossier.id].consumed)
    for dossier in dossiers:
        yield from (event.traceparent for event in dossier.recorded)
