"""A province at work: every service as its own process, and a fortnight of eleven communes up to its second Thursday.

In every agency every second dossier was left lying on its way, so that there is work at every stage, and some of it late.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson

from dossier_local.loopback import http
from dossier_local.simulation.acks import AckFile
from dossier_local.simulation.client import Client
from dossier_local.simulation.plan import Pace, Story
from dossier_local.simulation.quiet import Watch, until_quiet
from dossier_local.simulation.stories import Players, Tally
from dossier_local.simulation.week import Catalogue, plan_week
from dossier_local.stack import Stack
from dossier_local.waiting import eventually
from dossier_shared.adapters.kafka import KafkaSender
from dossier_shared.contracts.envelope import encode
from dossier_shared.contracts.topics import BY_SOURCE

from ..unit.monitor.stories import Chain  # noqa: TID252

Json = dict[str, Any]
FIRST_DAY = date(2026, 6, 1)
NOON = datetime(2026, 6, 11, 5, tzinfo=UTC)  # of the second Thursday, in Vietnam
DOSSIERS = 160
SECONDS = 12  # of real time the fortnight takes


@dataclass(frozen=True, slots=True)
class Role:
    """Whom a page is opened as. `sub`: the account, for who must not be taken for another of the same roles."""

    name: str
    roles: tuple[str, ...]
    agency: str | None
    sub: str = ""
    citizen_id: str | None = None


COMMUNE = "X-H19-25217"
SUPERIOR = Role("Hoàng Văn Giang", ("superior",), "H19")
CITIZEN = Role("Nguyễn Văn An", ("citizen",), None)
HELPER = Role("Bưu điện Phước Long", ("agent",), None)
COUNTER = Role("Lê Thị Cúc", ("counter",), COMMUNE)
SPECIALIST = Role("Phạm Văn Dũng", ("specialist",), COMMUNE)
LEADER = Role("Trần Thị Bình", ("leader",), COMMUNE)
AUDITOR = Role("Vũ Thị Hoa", ("auditor",), "H19")
ADMIN = Role("Đỗ Thị Hạnh", ("admin",), None)


@dataclass(slots=True)
class Province:
    """`later`: stories nobody has filed yet, for tests to tell. `fed`: dossiers put on a topic by nobody's hand."""

    stack: Stack
    client: Client
    acks: Path
    told: list[Story] = field(default_factory=list)
    later: list[Story] = field(default_factory=list)
    fed: int = 0

    async def play(self, stories: Sequence[Story], seconds: float = 0) -> None:
        """As far as they go. Told again with more steps, a story goes on where it stood."""
        tally = Tally()
        await Players(self.client, stories, Pace(stories, seconds), tally).play()
        assert tally.trouble == []

    async def file_one(self) -> Story:
        story = replace(self.later.pop(0), steps=[])
        await self.play([story])
        return story

    async def feed_one(self) -> None:
        """A filing on the topic itself: for when no service could take one."""
        event = Chain().event(
            f"fed-{self.fed}", "intake", "submitted", NOON, COMMUNE, sealed={"applicant": {"name": "A"}},
            data={"code": f"{COMMUNE}-fed-{self.fed}", "procedure": "1.001193", "catalogue": "1", "channel": "online",
                  "owner": "o", "overseers": ["H19"]},
        )  # fmt: skip
        sender = KafkaSender(self.stack.broker, client_id="by-hand")
        try:
            assert all(await sender.send(BY_SOURCE["intake"].name, [encode(event)]))
        finally:
            await sender.stop()
        self.fed += 1

    async def settle(self) -> None:
        """Until all has been heard by everybody, and the board shows it."""
        watch = Watch(self.stack.mongodb, ("intake", "review", "signing", "notify", "monitor"))
        try:
            assert await until_quiet(watch, stuck_after=60) == []
        finally:
            watch.close()
        filed = self.counts()["file"] + self.fed

        async def shown() -> bool:
            board = await self.board(ADMIN)
            assert (board["lag"], board["frozen"], board["total"]["filed"]) == (0, False, filed)
            return True

        await eventually(shown, within=60)

    async def get(self, path: str, role: Role = SUPERIOR) -> httpx.Response:
        async with http(self.stack.url("monitor")) as client:
            return await client.get(path, headers={"authorization": f"Bearer {await self.token(role)}"})

    async def board(self, role: Role = SUPERIOR) -> Json:
        answer = await self.get("/api/v1/board", role)
        assert answer.status_code == 200, answer.text
        board: Json = answer.json()
        return board

    async def alarmed(self) -> bool:
        answer = await self.get("/api/v1/alarms/count")
        return answer.status_code == 200 and answer.json()["unacknowledged"] > 0

    async def token(self, role: Role) -> str:
        async with http(self.stack.url("identity")) as client:
            answer = await client.post("/token", json=_person(role))
            return str(answer.json()["access_token"])

    async def link(self, role: Role, page: str) -> str:
        """Of one use: signs in and goes to the page."""
        async with http(self.stack.url("identity")) as client:
            answer = await client.post("/login-links", json={**_person(role), "next": page})
            return str(answer.json()["url"])

    def acknowledged(self) -> list[Json]:
        return [orjson.loads(line) for line in self.acks.read_bytes().splitlines()]

    def counts(self) -> Counter[str]:
        """Dossiers per action."""
        return Counter(action for action, _ in {(ack["action"], ack["dossier"]) for ack in self.acknowledged()})

    def code(self, action: str) -> str:
        """Of the first dossier below the province to which this was done."""
        seen = {
            story.key for story in self.told if not story.agency.endswith("-CA")
        }  # the police answer to the ministry
        acks = [ack for ack in self.acknowledged() if ack["key"].partition(":")[0] in seen]
        done = next(ack["dossier"] for ack in acks if ack["action"] == action)
        return next(str(ack["code"]) for ack in acks if ack["dossier"] == done and ack["code"])

    def with_papers(self) -> str:
        """The id of the commune's first dossier that came with some."""
        known = {story.key for story in self.told if story.agency == COMMUNE and story.papers}
        return next(str(ack["dossier"]) for ack in self.acknowledged() if ack["key"].partition(":")[0] in known)

    def only_filed(self) -> str:
        """The id of the commune's first dossier of which nothing else was acknowledged."""
        known = {story.key for story in self.told if story.agency == COMMUNE and not story.steps}
        return next(str(ack["dossier"]) for ack in self.acknowledged() if ack["key"].partition(":")[0] in known)


def _left_lying(stories: Sequence[Story]) -> list[Story]:
    """In every agency every second one gets no further than filed, its first, second, … step."""
    seen: Counter[str] = Counter()
    left = []
    for story in stories:
        turn, which = divmod(seen[story.agency], 2)
        seen[story.agency] += not story.by_rule
        left.append(replace(story, steps=story.steps[: turn % 5]) if which == 0 else story)
    return left


def _police(story: Story) -> bool:
    """It answers to the ministry, not to the province."""
    return story.agency.endswith("-CA")


def _person(role: Role) -> Json:
    return {
        "sub": role.sub or f"browser-{'-'.join(role.roles)}",
        "roles": list(role.roles),
        "agency": role.agency,
        "name": role.name,
        "citizen_id": role.citizen_id,
    }


@asynccontextmanager
async def province(stack: Stack) -> AsyncIterator[Province]:
    """On a stack of its own, not yet begun."""
    folder = stack.folder
    async with stack:
        await stack.start_all()
        acks = AckFile(folder / "clients.jsonl")
        urls = {name: stack.url(name) for name in ("identity", "intake", "review", "signing", "notify")}
        client = Client(urls, acks)
        try:
            found = Province(stack, client, acks.path)
            catalogue = await _catalogue(client)
            stories = plan_week(catalogue, DOSSIERS, FIRST_DAY, weeks=2, seed=21)
            more = plan_week(catalogue, DOSSIERS, FIRST_DAY, weeks=2, seed=8)  # as many as tests may want to tell
            found.told = _left_lying([story.until(NOON) for story in stories if story.filed.at <= NOON])
            found.later = [story for story in [*stories, *more] if story.filed.at > NOON and not _police(story)]
            await found.play(found.told, SECONDS)
            await found.settle()
            await eventually(found.alarmed, within=120)  # some have lain for days
            yield found
        finally:
            await client.close()
            await acks.close()


async def _catalogue(client: Client) -> Catalogue:
    procedures = (await client.get("intake", "/api/v1/procedures"))["items"]
    return Catalogue.of(procedures, (await client.get("intake", "/api/v1/agencies"))["items"])
