"""Plays a plan: one small coroutine per dossier, one per signing ceremony."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dossier_local.simulation.client import Account, Client, Json, Refused, Unanswered
from dossier_local.simulation.papers import scan
from dossier_local.simulation.plan import ASSIGN, SIGN, Pace, Story
from dossier_local.simulation.rounds import Round

CEREMONY = 200  # results signed by one request
COUNTED = {
    "file": "filed", "accept": "accepted", "refuse": "refused", "approve": "approved", "reject": "rejected",
    "sign": "signed", "assign": "assigned", "appraise": "appraised", "return": "returned", "note": "noted",
    "request-supplement": "asked", "request-payment": "asked", "consult": "asked",
    "supplement": "answered", "payment-confirmed": "answered", "answer-consultation": "answered",
}  # fmt: skip


@dataclass(slots=True)
class Tally:
    """What was acknowledged so far; `trouble`: what was refused or never answered and should not have been."""

    counts: Counter[str] = field(default_factory=Counter)
    trouble: list[str] = field(default_factory=list)


class Players:
    def __init__(self, client: Client, stories: Sequence[Story], pace: Pace, tally: Tally) -> None:
        self.client, self.stories, self.pace, self.tally = client, stories, pace, tally
        self._started = 0.0
        self._rounds: dict[tuple[datetime, Account], Round] = {}

    async def play(self) -> None:
        """Until every step of every story has been taken, or its story has ended in trouble."""
        self._started = time.monotonic()
        groups: dict[tuple[datetime, Account], list[tuple[Story, asyncio.Task[str | None]]]] = defaultdict(list)
        async with asyncio.TaskGroup() as tasks:
            for step in (step for story in self.stories for step in story.steps if step.action == ASSIGN):
                self._rounds.setdefault((step.at, step.who), Round(self.client, step.who, step.occurred_at)).expect()
            for story in self.stories:
                task = tasks.create_task(self._live(story))
                if story.steps and story.steps[-1].action == SIGN:
                    groups[story.steps[-1].at, story.steps[-1].who].append((story, task))
            for (at, who), members in groups.items():
                tasks.create_task(self._ceremony(at, who, members))

    async def _file(self, story: Story, *, anew: bool = False) -> Json:
        """What was uploaded after a backup is gone once that is put back: its paper is handed in again, as a person would."""
        step = story.filed
        papers = await asyncio.gather(
            *(self.client.upload(scan(code, n), f"{code}-{n}.pdf", step.who, anew=anew) for code, n in story.papers)
        )
        documents = [{"code": code, "id": id_} for (code, _), id_ in zip(story.papers, papers, strict=True)]
        filing = {**step.body, "documents": documents}
        try:
            return await self.client.file(filing, step.who, key=f"{story.key}:file", at=step.occurred_at)
        except Refused as refused:
            if anew or refused.code != "document-unknown":
                raise
            return await self._file(story, anew=True)

    async def _live(self, story: Story) -> str | None:
        """Everything up to the signature; answers the dossier's id."""
        step, dossier = story.filed, ""
        ahead = [step for step in story.steps if step.action == ASSIGN]
        try:
            await self._reach(step.at)
            view = await self._file(story)
            dossier = str(view["id"])
            self._count("file")
            for number, step in enumerate(story.steps):
                if step.action == SIGN:
                    break
                await self._reach(step.at)
                key = f"{story.key}:{number}"
                if step.action == ASSIGN:
                    ahead.remove(step)
                    await self._rounds[step.at, step.who].join(key, dossier, step.body)
                else:
                    await self.client.act(step.action, dossier, step.body, step.who, key=key, at=step.occurred_at)
                self._count(step.action)
        except (Refused, Unanswered) as error:
            self.tally.trouble.append(f"{story.key} {dossier}: {error}")
            return None
        finally:
            for step in ahead:
                self._rounds[step.at, step.who].leave()
        return dossier

    async def _ceremony(
        self, at: datetime, who: Account, members: Sequence[tuple[Story, asyncio.Task[str | None]]]
    ) -> None:
        """A leader signs what is ready at this hour."""
        found = [(f"{story.key}:sign", await task) for story, task in members]
        items = [(key, dossier) for key, dossier in found if dossier is not None]
        occurred_at = members[0][0].steps[-1].occurred_at
        await self._reach(at)
        for first in range(0, len(items), CEREMONY):
            some = items[first : first + CEREMONY]
            try:
                refused = await self.client.sign(some, who, at=occurred_at)
            except (Refused, Unanswered) as error:
                self.tally.trouble.append(f"ceremony of {who.sub}: {error}")
                continue
            self.tally.trouble += [f"ceremony of {who.sub}: {error}" for error in refused]
            self._count(SIGN, len(some) - len(refused))

    async def _reach(self, at: datetime) -> None:
        left = self._started + self.pace.wall(at) - time.monotonic()
        if left > 0:
            await asyncio.sleep(left)

    def _count(self, action: str, times: int = 1) -> None:
        self.tally.counts[COUNTED[action]] += times
