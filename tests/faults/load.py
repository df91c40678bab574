"""Steady work for the services while they are being killed: whole stories, batches of straight-through filings, and questions
that are not answered in time."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

import aiohttp
import orjson

from dossier_local.reconciliation.world import GIVEN_UP, Ack
from dossier_local.simulation.acks import AckFile
from dossier_local.simulation.client import Account, Answer, Client, Json, Refused, Unanswered
from dossier_local.simulation.course import OPINION, QUESTION, officer
from dossier_local.simulation.papers import id_of, scan
from dossier_local.simulation.plan import SIGN, Story
from dossier_local.simulation.week import Catalogue, plan_week
from dossier_local.stack import Stack
from dossier_shared.clock import instant
from dossier_shared.journal.limits import HISTORY

from .papers import hand_in, opened

LODGING = "2.001159"  # accepted, appraised and approved by rule
HOTEL = Account("hotel", ("agent",), None, "Khách sạn Bình Minh")
IN_PIECES = 3  # every so many stories hand in their papers in pieces, and a leader opens the first of them
OVERDUE = 15.0  # seconds until a question's limit passes
PATIENCE = 900.0  # seconds; outages of half a minute, and machines busy with other things
FILE_ONE, FILE_MANY = "/api/v1/dossiers", "/api/v1/dossiers:batch"
UNREACHED = (aiohttp.ClientError, TimeoutError, OSError)
OUTSIDE = ("identity", "intake", "review", "signing", "notify")


@dataclass(frozen=True, slots=True)
class Seen:
    """One answer as it came. Status 0: the connection failed."""

    at: float
    service: str
    path: str
    status: int
    code: str
    retry_after: bool


class PatientClient(Client):
    """`replicas`: where a service's commands go. To more than one: to each at once, the same command with the same key."""

    def __init__(self, stack: Stack, acks: AckFile) -> None:
        super().__init__({name: stack.url(name) for name in OUTSIDE}, acks, limit=32, patience=PATIENCE, seed=1)
        self._stack = stack
        self.replicas: dict[str, tuple[str, ...]] = {}
        self.seen: list[Seen] = []
        self.disagreed: list[str] = []  # two replicas answered one command differently

    def address(self, service: str) -> str:
        """Of one of the processes that its commands go to now."""
        return self._urls[self.replicas.get(service, (service,))[0]]

    def reach(self, service: str, *replicas: str) -> None:
        """Sends this service's commands to these processes from now on."""
        for name in replicas:
            self._urls[name] = self._stack.url(name)
        self.replicas[service] = replicas

    async def _post(self, service: str, path: str, body: bytes, who: Account, key: str, at: str | None) -> Answer:
        asked = self.replicas.get(service, (service,))
        answers = await asyncio.gather(
            *(self._watched(name, path, body, who, key, at) for name in asked), return_exceptions=True
        )
        for answer in answers:
            if isinstance(answer, BaseException) and not isinstance(answer, UNREACHED):
                raise answer
        came = [answer for answer in answers if isinstance(answer, Answer)]
        good = [answer for answer in came if answer.status < 300]
        if len({_identity(answer) for answer in good}) > 1:
            self.disagreed.append(f"{path} {key}: {[answer.content[:200] for answer in good]}")
        if came:
            return (good or came)[0]
        failed = answers[0]
        raise failed if isinstance(failed, Exception) else AssertionError(failed)

    async def _watched(self, service: str, path: str, body: bytes, who: Account, key: str, at: str | None) -> Answer:
        try:
            answer = await super()._post(service, path, body, who, key, at)
        except UNREACHED as error:
            self.seen.append(Seen(time.monotonic(), service, path, 0, repr(error), False))
            raise
        code = "" if answer.status < 300 else str(_json(answer).get("code", ""))
        self.seen.append(Seen(time.monotonic(), service, path, answer.status, code, answer.retry_after))
        return answer

    async def file_many(self, filings: Mapping[str, Json], who: Account) -> tuple[list[str], list[Refused]]:
        """One batch: its dossiers. Each is acknowledged on disk; those not taken yet are sent again with the same key."""
        left, filed, refused = dict(filings), list[str](), list[Refused]()
        deadline, pause = time.monotonic() + PATIENCE, 0.1
        for attempt in count():
            body = orjson.dumps({"items": [{"key": key, "filing": filing} for key, filing in left.items()]})
            name = f"batch:{min(left)}:{attempt}"
            answer = await self._patiently(
                partial(self._post, "intake", FILE_MANY, body, who, name, None), "file", name
            )
            acks = []
            for item in answer["items"]:
                if item["status"] == 201:
                    told = item["dossier"]
                    acks.append(Ack("file", item["key"], str(told["status"]), str(told["id"]), told["code"]))
                    filed.append(acks[-1].dossier)
                elif item["status"] == 503:
                    self.seen.append(Seen(time.monotonic(), "intake", FILE_MANY, 503, "item", True))
                    continue
                else:
                    refused.append(Refused("file", item["problem"]))
                del left[item["key"]]
            await self._acks.write(acks)
            if not left:
                break
            if time.monotonic() > deadline:
                await self._acks.write([Ack("file", key, GIVEN_UP) for key in left])
                raise Unanswered(f"file: {len(left)} items")
            pause = await self._wait(pause)
        return filed, refused

    def troubles(self) -> list[str]:
        """What no fault excuses: another 5xx than 503, or a 503 that does not say when to come back."""
        bad = Counter(
            f"{one.service} {one.status} {one.code} (Retry-After: {one.retry_after}) at {one.path.split('/')[-1]}"
            for one in self.seen
            if one.status >= 500 and not (one.status == 503 and one.retry_after)
        )
        return [f"{times} times {what}" for what, times in bad.items()] + self.disagreed


def _json(answer: Answer) -> Json:
    return dict(orjson.loads(answer.content)) if answer.content[:1] == b"{" else {}


def _identity(answer: Answer) -> tuple[Any, Any]:
    view = _json(answer)
    return view.get("id"), view.get("code")


def _nothing() -> None:
    """After what takes no room."""


class Load:
    """`stories` begun a second, each with `at_once` others at most; a batch of `batch` lodging notices every second. `pieces`:
    some hand in their papers so, and somebody opens them."""

    def __init__(
        self, client: PatientClient, *, stories: float = 2.0, batch: int = 10, at_once: int = 120, pieces: bool = True
    ) -> None:
        self.client, self.rate, self.batch, self.pieces = client, stories, batch, pieces
        self.trouble: list[str] = []
        self.begun = self.ended = self.notices = 0
        self._room = asyncio.Semaphore(at_once)
        self._lodging: Json = {}
        self._stories: Iterator[Story] = iter(())
        self._catalogue = Catalogue([], {}, {})

    async def prepare(self) -> None:
        procedures = (await self.client.get("intake", "/api/v1/procedures"))["items"]
        agencies = (await self.client.get("intake", "/api/v1/agencies"))["items"]
        self._lodging = next(p for p in procedures if p["code"] == LODGING)
        self._catalogue = Catalogue.of(procedures, agencies)
        self._stories = _endless(self._catalogue)

    @asynccontextmanager
    async def flowing(self, *, questions: bool = False) -> AsyncIterator[None]:
        """Begins nothing new at the end, and lets what was begun go to its end. `questions`: also those that nobody answers in
        time, which take long."""
        begun: set[asyncio.Task[None]] = set()
        pours = (self._pour_stories, self._pour_notices, *([self._pour_questions] if questions else []))
        pouring = [asyncio.create_task(pour(begun)) for pour in pours]
        try:
            yield
        finally:
            for task in pouring:
                task.cancel()
            await asyncio.gather(*pouring, return_exceptions=True)
            await asyncio.gather(*begun)

    async def _pour_stories(self, begun: set[asyncio.Task[None]]) -> None:
        for story in self._stories:
            await self._room.acquire()
            self._keep(begun, self._tell(story), self._room.release)
            await asyncio.sleep(1 / self.rate)

    async def _pour_notices(self, begun: set[asyncio.Task[None]]) -> None:
        while True:
            self._keep(begun, self.notices_of_lodging(self.batch))
            await asyncio.sleep(1)

    def _keep(self, begun: set[asyncio.Task[None]], work: Awaitable[Any], ended: Callable[[], None] = _nothing) -> None:
        async def guarded() -> None:
            try:
                await work
            except Exception as error:
                self.trouble.append(repr(error))
            finally:
                ended()

        task = asyncio.create_task(guarded())
        begun.add(task)
        task.add_done_callback(begun.discard)

    async def notices_of_lodging(self, number: int) -> list[str]:
        """Filed in one batch; their dossiers. All else follows by rule."""
        agencies = self._lodging["agencies"]
        filings = {
            f"notice-{n}": {
                "procedure": LODGING,
                "agency": agencies[n % len(agencies)],
                "channel": "online",
                "applicant": {"name": "Nguyễn Văn Bình", "phone": "0912345678"},
                "form": self._lodging["form"]["examples"][0],
            }
            for n in range(self.notices, self.notices + number)
        }
        self.notices += number
        filed, refused = await self.client.file_many(filings, HOTEL)
        self.trouble += map(str, refused)
        return filed

    async def _tell(self, story: Story) -> None:
        self.begun += 1
        client, in_pieces = self.client, self.pieces and self.begun % IN_PIECES == 0
        dossier = await self._file(story, story.filed.occurred_at, in_pieces=in_pieces)
        if in_pieces and story.papers:
            content = await opened(client, dossier, 1, officer("leader", story.agency, random.Random(1)))
            if id_of(content) != id_of(scan(*story.papers[0])):
                self.trouble.append(f"{dossier}: its first paper is another than was handed in")
        for number, step in enumerate(story.steps):
            key = f"{story.key}:{number}"
            if step.action == SIGN:
                no = await client.many(
                    SIGN, [(key, dossier, {})], step.who, at=step.occurred_at, waits_on=step.waits_on
                )
                self.trouble += map(str, no.values())
            else:
                await client.take(step, dossier, key=key)
        self.ended += 1

    async def _file(self, story: Story, at: str, *, in_pieces: bool = False) -> str:
        client, filed, papers = self.client, story.filed, list[str]()
        for code, n in story.papers:
            name, content = f"{code}-{n}.pdf", scan(code, n)
            if in_pieces:
                url = client.address("intake")
                papers.append(await hand_in(client, url, content, name, filed.who, within=PATIENCE))
            else:
                papers.append(await client.upload(content, name, filed.who))
        documents = [{"code": code, "id": id_} for (code, _), id_ in zip(story.papers, papers, strict=True)]
        filing = {**filed.body, "documents": documents}
        return str((await client.file(filing, filed.who, key=f"{story.key}:file", at=at))["id"])

    async def _pour_questions(self, begun: set[asyncio.Task[None]]) -> None:
        for story in _endless(self._catalogue, "late"):
            if story.steps and story.steps[0].action == "accept":
                self._keep(begun, self._unanswered(story))
                await asyncio.sleep(3)

    async def _unanswered(self, story: Story) -> None:
        """Told as of almost a day ago, so that its shortest limit, a day, passes within seconds; answered later."""
        asked = datetime.now(UTC) - HISTORY + timedelta(seconds=OVERDUE)
        dossier = await self._file(story, instant(asked - timedelta(seconds=2)))
        specialist = officer("specialist", story.agency, random.Random(story.key))
        other = next(code for code in self._catalogue.agencies if code != story.agency)
        body = {"agencies": [other], "question": QUESTION, "limit_days": 1}
        accepted = instant(asked - timedelta(seconds=1))
        await self.client.act("accept", dossier, {}, story.steps[0].who, key=f"{story.key}:0", at=accepted)
        await self.client.act("consult", dossier, body, specialist, key=f"{story.key}:1", at=instant(asked))
        await asyncio.sleep(2 * OVERDUE)
        adviser = officer("specialist", other, random.Random(story.key))
        await self.client.act(
            "answer-consultation", dossier, {"answer": OPINION}, adviser, key=f"{story.key}:2", at=None
        )


def _endless(catalogue: Catalogue, name: str = "") -> Iterator[Story]:
    for seed in count(1):
        for story in plan_week(catalogue, 200, date(2026, 6, 1), 4, seed):
            yield replace(story, key=name + story.key)
