"""One recount: what the services hold against what the board says, dossier by dossier, then number by number.

At the same cut: of the services' journals only what the mark has seen is counted. A journal is written before its events are
published, so facts read after a mark always reach as far as it does.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from dossier_monitor.projection.dossier import DossierProjection
from dossier_monitor.recount import worklists
from dossier_monitor.recount.boards import said
from dossier_monitor.recount.feeds import LiveBoard, Projections
from dossier_monitor.recount.journals import SOURCES, Facts, Story, at, entries, reported
from dossier_monitor.recount.neighbours import AT_ONCE, Neighbours
from dossier_monitor.recount.shelf import Reported, Shelf
from dossier_monitor.recount.sums import Place, is_kept, sums
from dossier_shared.contracts.envelope import partition_of
from dossier_shared.contracts.topics import PARTITIONS

Difference = dict[str, Any]
ROUNDS: Final = 6  # how often what moves is looked at again
ENOUGH: Final = 2  # further rounds in which nothing moves and the same differs
BEATS_WITHIN: Final = 6.0  # seconds in which a living worker gives a sign of life
SHOWN: Final = 100  # differences


@dataclass(slots=True)
class Report:
    """`places`: cells, officers, hours of throughput of both. `moving`: what did not stand still for a comparison.

    `frozen`: the worker gave no sign of life, so that its numbers could not be judged.
    """

    dossiers: int = 0
    places: int = 0
    moving: int = 0
    moving_places: int = 0
    frozen: bool = False
    difference_count: int = 0
    differences: list[Difference] = field(default_factory=list)
    seconds: float = 0.0
    rate: float = 0.0  # dossiers a second


class Recount:
    def __init__(
        self, neighbours: Neighbours, projections: Projections, board: LiveBoard, *, rounds: int = ROUNDS
    ) -> None:
        self._neighbours, self._marks, self._board, self._rounds = neighbours, projections, board, rounds
        self._shelf = Shelf()

    async def run(self) -> Report:
        began = time.monotonic()
        try:
            await self._board.start()
            await self._marks.start()
            await self._follow()
            async for found in self._neighbours.everything():
                self._tell(found)
            report = await self._settle()
        finally:
            await self._marks.stop()
            await self._board.stop()
            self._shelf.close()
        report.seconds = round(time.monotonic() - began, 3)
        report.rate = round(report.dossiers / report.seconds, 1) if report.seconds else 0.0
        return report

    async def _settle(self) -> Report:
        """Rounds, until nothing is left that may still be on its way."""
        differing: dict[Place, list[Difference]] = {}
        unjudged: set[Place] | None = None  # None: all of them
        still, before = 0, (-1, -1)
        for _ in range(self._rounds):
            await self._follow()
            await self._tell_unsettled()
            if not await self._board.beats(BEATS_WITHIN):
                return self._report(differing, unjudged, lagging=set(range(PARTITIONS)), frozen=True)
            nows = {
                number: at(heartbeat.now) if heartbeat.now else 0
                for number, heartbeat in self._board.heartbeats.items()
            }
            places = {place: dict(numbers) for place, numbers in self._board.places.items()}
            moving = await self._follow()
            moving |= await self._tell_unsettled()
            totals = self._totals(nows, unjudged)
            wanted = {place for place in places.keys() | totals.keys() if unjudged is None or place in unjudged}
            differing = compare_places(wanted - moving, places, totals, nows)
            unjudged = (wanted & moving) | differing.keys()
            unsettled = self._shelf.counts()[1]
            if not unjudged and not unsettled:
                break
            still = still + 1 if (unsettled, len(unjudged)) == before and not moving else 0
            if still == ENOUGH:
                break
            before = unsettled, len(unjudged)
        lagging: set[int] = set()
        if self._shelf.counts()[1]:  # whoever is behind must have caught up two signs of life later
            await self._board.beats(BEATS_WITHIN)
            lagging = self._board.lagging()
            await self._follow()
        return self._report(differing, unjudged, lagging=lagging, frozen=False)

    def _report(
        self,
        differing: Mapping[Place, list[Difference]],
        unjudged: set[Place] | None,
        *,
        lagging: set[int],
        frozen: bool,
    ) -> Report:
        lost = [
            {"dossier": id_, "field": f"seen:{source}", "board": seen, "service": published}
            for id_, projection, behind in self._shelf.behind()
            if partition_of(id_, PARTITIONS) not in lagging
            for source, seen, published in _missing(projection, behind)
        ]
        dossiers, unsettled = self._shelf.counts()
        number, first = self._shelf.differences(SHOWN)
        of_places = [difference for found in differing.values() for difference in found]
        return Report(
            dossiers=dossiers,
            places=len(self._board.places),
            moving=max(0, unsettled - len({one["dossier"] for one in lost})),
            moving_places=len(self._board.places) if unjudged is None else len(unjudged - differing.keys()),
            frozen=frozen,
            difference_count=number + len(lost) + len(of_places),
            differences=[*of_places[: SHOWN // 2], *lost[: SHOWN // 4], *first][:SHOWN],
        )

    # -- dossiers

    async def _follow(self) -> set[Place]:
        """Marks up to now; the places of those that changed."""
        touched: set[Place] = set()
        async for records in self._marks.read():
            for partition, story in self._shelf.put_marks(records):
                touched |= _places(partition, story)
        return touched

    async def _tell_unsettled(self) -> set[Place]:
        """The places that those belong to now whose marks had changed."""
        touched: set[Place] = set()
        last = ""
        while rows := self._shelf.unsettled(last, AT_ONCE):
            changed = {id_ for id_, stale in rows if stale}
            for one in self._tell(await self._neighbours.some([id_ for id_, _ in rows])):
                if one.id in changed:
                    touched |= _places(one.partition, one.story)
            last = rows[-1][0]
        return touched

    def _tell(self, found: Mapping[str, Mapping[str, Facts]]) -> list[Reported]:
        projections = self._shelf.projections(found)
        batch = [
            compare(id_, facts, DossierProjection.decode(projections[id_]) if id_ in projections else None)
            for id_, facts in found.items()
        ]
        self._shelf.put_reported(batch)
        return batch

    def _totals(self, nows: Mapping[int, int], places: set[Place] | None) -> dict[Place, Counter[str]]:
        """Of all places, or at least of those."""
        totals: dict[Place, Counter[str]] = {}
        for partition, story in self._shelf.stories(None if places is None else {place[:2] for place in places}):
            for place, numbers in sums(partition, story, nows.get(partition, 0)):
                totals.setdefault(place, Counter()).update(numbers)
        return totals


def compare(id_: str, facts: Mapping[str, Facts], projection: DossierProjection | None) -> Reported:
    seen = projection.seen if projection is not None else [[0] for _ in SOURCES]
    story = reported(entries(facts, seen))
    published = {source: facts[source]["published"] for source in SOURCES if source in facts}
    behind = {s: published[s] for s, cut in zip(SOURCES, seen, strict=True) if published.get(s, 0) > cut[0]}
    board = said(projection) if projection is not None else {}
    fields = sorted(board.keys() | story.keys())
    differences = [(name, board.get(name), story.get(name)) for name in fields if board.get(name) != story.get(name)]
    for source, cut in zip(SOURCES, seen, strict=True):
        own = facts[source]["seq"] if source in facts else 0
        if max(cut) > own:
            differences.append((f"seen:{source}", max(cut), own))
    if worklists.settled(facts, seen):
        differences += worklists.differences(facts, board)
    return Reported(id_, partition_of(id_, PARTITIONS), story, behind, differences)


def compare_places(
    wanted: Iterable[Place],
    board: Mapping[Place, Mapping[str, int]],
    totals: Mapping[Place, Mapping[str, int]],
    nows: Mapping[int, int],
) -> dict[Place, list[Difference]]:
    """`nows`: source partition → the instant the board is judged at."""
    found: dict[Place, list[Difference]] = {}
    for place in wanted:
        if place[2] in ("flow", "deeds") and not is_kept(place[3], nows.get(place[0], 0)):
            continue
        says, holds = board.get(place, {}), totals.get(place, {})
        name = "|".join(str(part) for part in place if part != "")
        wrong = [n for n in sorted(says.keys() | holds.keys()) if says.get(n, 0) != holds.get(n, 0)]
        if wrong:
            found[place] = [
                {"place": name, "field": n, "board": says.get(n, 0), "service": holds.get(n, 0)} for n in wrong
            ]
    return found


def _places(partition: int, story: Story) -> set[Place]:
    """Wherever it is counted, or was a while ago."""
    return {place for place, _ in sums(partition, story, story["last"])} if story else set()


def _missing(projection: bytes | None, behind: Mapping[str, int]) -> list[tuple[str, int, int]]:
    """(source, seen, published some time ago) where that has still not been seen."""
    seen = DossierProjection.decode(projection).seen if projection is not None else [[0] for _ in SOURCES]
    high = dict(zip(SOURCES, (cut[0] for cut in seen), strict=True))
    return [(source, high[source], published) for source, published in behind.items() if high[source] < published]
