"""The thousand go through everything: filed with papers of their own, decided, signed, delivered, as the demo plans a week."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from io import BytesIO
from typing import Any, Final

import pikepdf

from dossier_local.reconciliation import Report, Where, reconcile
from dossier_local.simulation.acks import AckFile
from dossier_local.simulation.client import Client, Json
from dossier_local.simulation.papers import scan
from dossier_local.simulation.plan import Pace, Story
from dossier_local.simulation.quiet import Watch, until_quiet
from dossier_local.simulation.running import CLIENTS, LEDGER, STUCK_AFTER
from dossier_local.simulation.stories import Players, Tally
from dossier_local.simulation.week import Catalogue, plan_week
from dossier_local.stack import Stack
from dossier_shared.contracts.topics import SERVICES

from .flock import FILE, PAPER, Canary, Flock, canary, word

MONDAY: Final = date(2026, 6, 1)
SHARED: Final = 5  # one in so many brings papers that others bring, too

PATIENCE = 300.0  # seconds: a busy machine is no refusal


class Flight(Players):
    """As players of the demo, and each with a paper of their own, which says whose it is, under a name that says so too."""

    def __init__(self, client: Client, canaries: Sequence[Canary], pace: Pace, tally: Tally) -> None:
        super().__init__(client, [one.story for one in canaries], pace, tally)
        self._of = {one.story.key: one for one in canaries}
        self.dossiers: dict[int, str] = {}  # by person
        self.papers: dict[int, list[str]] = {}

    async def _file(self, story: Story, *, anew: bool = False) -> Json:
        one, step = self._of[story.key], story.filed
        own = one.person % SHARED != 0
        brought = await asyncio.gather(
            *(
                self.client.upload(
                    paper(one, code) if own else scan(code, number), f"{word(FILE, one.person)} {code}.pdf", step.who
                )
                for code, number in story.papers
            )
        )
        if own and brought:
            self.papers[one.person] = list(brought)
        documents = [{"code": code, "id": id_} for (code, _), id_ in zip(story.papers, brought, strict=True)]
        view = await self.client.file(
            {**step.body, "documents": documents}, step.who, key=f"{story.key}:file", at=step.occurred_at
        )
        self.dossiers[one.person] = str(view["id"])
        return view


def paper(one: Canary, code: str) -> bytes:
    """A PDF that says whose it is in plain bytes, and in its title in UTF-16."""
    file, whole = pikepdf.new(), BytesIO()
    page = file.add_blank_page()
    page.Contents = file.make_stream(f"% {word(PAPER, one.person)} {one.number} {code}\n".encode())
    file.docinfo["/Title"] = f"{one.name} {word(PAPER, one.person)}"
    file.save(whole, deterministic_id=True, compress_streams=False)
    return whole.getvalue()


def id_of(one: Canary, code: str) -> str:
    return sha256(paper(one, code)).hexdigest()


class Flown:
    """What came of it. `report`: the reconciliation of all that was done with all that is stored."""

    def __init__(self, stack: Stack, flock: Flock, flight: Flight, tally: Tally, stirring: list[str]) -> None:
        self.stack, self.flock, self.tally, self.stirring = stack, flock, tally, stirring
        self.dossiers, self.papers = flight.dossiers, flight.papers

    async def reconciled(self) -> Report:
        """Anew: every chain, every count, board and messages."""
        last = max(step.occurred_at for one in self.flock.all for step in (one.story.filed, *one.story.steps))
        return await reconcile(Where.of(self.stack), self.stack.folder / CLIENTS, self.stack.folder / LEDGER, now=last)


async def fly(stack: Stack, number: int, per_second: float) -> Flown:
    acks, watch, tally = AckFile(stack.folder / CLIENTS), Watch(stack.mongodb, SERVICES), Tally()
    urls = {name: stack.url(name) for name in ("identity", "intake", "review", "signing", "notify")}
    client = Client(urls, acks, patience=PATIENCE)
    try:
        flock = Flock(canary(story, person) for person, story in enumerate(await _stories(client, number)))
        pace = Pace([one.story for one in flock.all], number / per_second)
        flight = Flight(client, flock.all, pace, tally)
        await flight.play()
        stirring = await until_quiet(watch, stuck_after=STUCK_AFTER)
        await acks.close()
        return Flown(stack, flock, flight, tally, stirring)
    finally:
        await client.close()
        watch.close()


async def _stories(client: Client, number: int) -> list[Story]:
    """Of different people: who shares a number or a phone with another is left out."""
    procedures: list[dict[str, Any]] = (await client.get("intake", "/api/v1/procedures"))["items"]
    agencies = (await client.get("intake", "/api/v1/agencies"))["items"]
    kept: list[Story] = []
    known: set[str] = set()
    for story in plan_week(Catalogue.of(procedures, agencies), number + 50, MONDAY, 1, 14):
        applicant = story.filed.body["applicant"]
        own = {applicant["citizen_id"], applicant["phone"]}
        if not own & known and len(kept) < number:
            known |= own
            kept.append(story)
    assert len(kept) == number
    return kept
