"""Plays a plan: one small coroutine per dossier; what an officer does with many at once they do together."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dossier_local.simulation.client import Account, Client, Json, Refused, Unanswered
from dossier_local.simulation.papers import scan
from dossier_local.simulation.plan import TOGETHER, Pace, Step, Story
from dossier_local.simulation.rounds import Round

COUNTED = {
    "file": "filed", "accept": "accepted", "refuse": "refused", "approve": "approved", "reject": "rejected",
    "sign": "signed", "assign": "assigned", "appraise": "appraised", "return": "returned", "note": "noted",
    "request-supplement": "asked", "request-payment": "asked", "consult": "asked", "request-completion": "asked",
    "supplement": "answered", "payment-confirmed": "answered", "answer-consultation": "answered", "complete": "answered",
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
        self._rounds: dict[tuple[str, datetime, Account], Round] = {}

    async def play(self) -> None:
        """Until every step of every story has been taken, or its story has ended in trouble."""
        self._started = time.monotonic()
        for step in (step for story in self.stories for step in story.steps if step.action in TOGETHER):
            self._rounds.setdefault(_round(step), Round(self.client, step)).expect()
        async with asyncio.TaskGroup() as tasks:
            for story in self.stories:
                tasks.create_task(self._live(story))

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

    async def _live(self, story: Story) -> None:
        step, dossier = story.filed, ""
        ahead = [step for step in story.steps if step.action in TOGETHER]
        try:
            await self._reach(step.at)
            view = await self._file(story)
            dossier = str(view["id"])
            self._count("file")
            for number, step in enumerate(story.steps):
                await self._reach(step.at)
                key = f"{story.key}:{number}"
                if step.action in TOGETHER:
                    ahead.remove(step)
                    await self._rounds[_round(step)].join(key, dossier, step)
                else:
                    await self.client.take(step, dossier, key=key)
                self._count(step.action)
        except (Refused, Unanswered) as error:
            self.tally.trouble.append(f"{story.key} {dossier}: {error}")
        finally:
            for step in ahead:
                self._rounds[_round(step)].leave()

    async def _reach(self, at: datetime) -> None:
        left = self._started + self.pace.wall(at) - time.monotonic()
        if left > 0:
            await asyncio.sleep(left)

    def _count(self, action: str) -> None:
        self.tally.counts[COUNTED.get(action, action)] += 1


def _round(step: Step) -> tuple[str, datetime, Account]:
    return step.action, step.at, step.who
