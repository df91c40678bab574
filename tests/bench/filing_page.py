"""A citizen's filing page: the sheet is drawn, what was typed is kept, the answers are sent; each against the shortest page that
does the same work for one document, of as many bytes (`bare_app.py`), alternating, by the same connections.

Each person writes one draft of a procedure with a form and without papers. Judged are ratios of p99, milliseconds are told.
"""

from __future__ import annotations

import asyncio
import re
import statistics
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any, Final
from uuid import uuid4

import httpx
from tests.bench.bare import started
from tests.unit.intake.typed_forms import typed_of

from dossier_local.stack import Stack

PROCEDURE: Final = "1.004873"
CONNECTIONS: Final = 4  # people at once
STEPS: Final = ("drawn", "saved", "sent")
_PARTS: Final = [("file.", ("", b""))]  # a sheet is posted in parts, as browsers do
Times = dict[str, list[float]]
Way = Callable[[httpx.AsyncClient, int, Times], Awaitable[None]]


async def measure(stack: Stack, rounds: int, people: int) -> dict[str, float]:
    """p50 and p99 of each step in ms, and the p99s' ratios: medians of the rounds'."""
    people = max(people // CONNECTIONS, 1) * CONNECTIONS
    pages = _Pages(stack)
    await pages.prepare()
    found: list[tuple[Times, Times]] = []
    async with started(stack) as port:
        bare = f"http://127.0.0.1:{port}"
        for _ in range(rounds + 1):
            found.append((await _walked(bare, people, pages.bare), await _walked(pages.url, people, pages.ours)))
    return figures(found[1:])


def figures(rounds: list[tuple[Times, Times]]) -> dict[str, float]:
    """`rounds`: the floor's times and the page's, by step. Pure."""
    told: dict[str, float] = {}
    for step in STEPS:
        cuts = [tuple(statistics.quantiles(times[step], n=100) for times in one) for one in rounds]
        told[f"filing_page_{step}_p50_ms"] = statistics.median(ours[49] for _, ours in cuts)
        told[f"filing_page_{step}_p99_ms"] = statistics.median(ours[98] for _, ours in cuts)
        told[f"filing_page_{step}_floor_p99_ms"] = statistics.median(bare[98] for bare, _ in cuts)
        told[f"filing_page_{step}_ratio"] = statistics.median(ours[98] / bare[98] for bare, ours in cuts)
    return told


async def _walked(base: str, people: int, way: Way) -> Times:
    times: Times = {step: [] for step in STEPS}
    numbers = iter(range(people))

    async def one() -> None:
        async with httpx.AsyncClient(base_url=base, timeout=60, trust_env=False) as client:
            for number in numbers:
                await way(client, number, times)

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    return times


async def _timed(times: Times, step: str, wanted: int, asked: Awaitable[httpx.Response]) -> httpx.Response:
    began = perf_counter()
    answer = await asked
    times[step].append((perf_counter() - began) * 1000)
    if answer.status_code != wanted:
        raise RuntimeError(f"{step}: {answer.status_code} {re.sub('<[^>]+>', ' ', answer.text)[:500]}")
    return answer


class _Pages:
    def __init__(self, stack: Stack) -> None:
        self.stack, self.url, self.typed = stack, stack.url("intake"), dict[str, Any]()
        self.size = 0  # of a sheet, in bytes

    async def prepare(self) -> None:
        async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
            answer = await client.get(f"{self.url}/api/v1/procedures")
            found = next(one for one in answer.json()["items"] if one["code"] == PROCEDURE)
            form = found["form"]
            self.typed = {
                "agency": found["agencies"][0], "applicant.kind": "person", "applicant.name": "Nguyễn Văn Bình",
                "applicant.phone": "0912345678", "delivery.how": "online", **typed_of(form, form["examples"][0]),
            }  # fmt: skip
        async with httpx.AsyncClient(base_url=self.url, timeout=60, trust_env=False) as person:
            where = await self._begun(person)
            self.size = len((await person.get(where)).content)

    async def _account(self, client: httpx.AsyncClient) -> None:
        """Another citizen each time: nobody has more than a handful of drafts."""
        who = {
            "sub": f"citizen-{uuid4().hex}",
            "roles": ["citizen"],
            "agency": None,
            "name": "Nguyễn Văn Bình",
            "ttl": 7200,
        }
        answer = await client.post(f"{self.stack.url('identity')}/token", json=who)
        client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"

    async def _begun(self, client: httpx.AsyncClient) -> str:
        await self._account(client)
        given = {"key": uuid4().hex, "agency": self.typed["agency"]}
        answer = await client.post(f"/file/{PROCEDURE}", data=given)
        if answer.status_code != 303:
            raise RuntimeError(f"not begun: {answer.status_code} {answer.text[:300]}")
        return str(answer.headers["location"])

    async def ours(self, client: httpx.AsyncClient, _: int, times: Times) -> None:
        where = await self._begun(client)
        await _timed(times, "drawn", 200, client.get(where))
        sheet = {**self.typed, "revision": "1", "do": "check"}
        saved = await _timed(times, "saved", 303, client.post(where, data=sheet, files=_PARTS))
        check = saved.headers["location"]
        page = (await client.get(check)).text
        key, revision = (re.findall(rf'name="{name}" value="([^"]*)"', page)[0] for name in ("key", "revision"))
        await _timed(times, "sent", 303, client.post(check, data={"key": key, "revision": revision, "declared": "yes"}))

    async def bare(self, client: httpx.AsyncClient, _: int, times: Times) -> None:
        where = f"/drafts/{uuid4().hex}"
        await client.post(f"{where}/begin", params={"size": self.size})
        await _timed(times, "drawn", 200, client.get(where))
        await _timed(times, "saved", 303, client.post(where, data=self.typed, files=_PARTS))
        await _timed(times, "sent", 303, client.post(f"{where}/send", data={"declared": "yes"}))
