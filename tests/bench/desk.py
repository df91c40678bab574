"""Whether an officer's desk gets slower as the office's past grows: queue, counts, search and case page of intake, review and
monitor at 1,000 and at 100,000 dossiers, by two web processes of each service on one database, asked by the same connections.

What is judged are p99s at 100,000 ÷ p99s at 1,000, of the steady office (what is open stays, what has ended grows) and of the
growing one (what is open grows with the total). `desk_lives.py` says what each has.
"""

from __future__ import annotations

import asyncio
import re
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain, islice, product
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import httpx
from pymongo import MongoClient
from tests.bench.desk_lives import GROWING, SERVICES, STEADY, Lived, again, thousand

from dossier_local.stack import Stack

SMALL, LARGE = 1_000, 100_000
OFFICES: Final = {"steady": STEADY, "growing": GROWING}
CONNECTIONS: Final = 3
WARM: Final = 10  # of each, before anything is timed
BULK: Final = 5_000
DEEP: Final = 110  # rows before a later page
KEPT: Final = 400  # dossiers of an office to be asked for by name
COMMON: Final = "nguyen van"


ONE_FOR_ALL = '{"search": "999999/second", "streams": "999999"}'  # one account asks here for a whole office


class Wish(NamedTuple):
    """One kind of request: `paths`, asked for in turn, as an officer of `role`. `name` begins with its family, which is judged
    together: queue, counts, search, case."""

    name: str
    service: str
    role: str
    paths: Sequence[str]


class Request(NamedTuple):
    port: int
    path: str
    head: str


async def measure(requests: int) -> dict[str, Any]:
    """`requests` of each kind, at each size and office."""
    with tempfile.TemporaryDirectory(prefix="dossier-desk-") as folder:
        async with Stack(Path(folder), free_ports=True) as stack:
            await stack.start("identity")
            for service in SERVICES:
                for name, size in ((service, SMALL), (f"{service}#2", LARGE)):
                    database = {f"{service.upper()}_DATABASE": database_of(service, size)}
                    await stack.start(name, env={**database, "QUOTAS": ONE_FOR_ALL})
            filled, seconds = await asyncio.to_thread(_fill, stack.mongodb)
            times = await _Asking(stack, filled).all(requests)
    return {"desk_fill_s": seconds, **figures(times)}


def database_of(service: str, size: int) -> str:
    return f"dossier_{service}_{size}"


Filled = Mapping[tuple[int, str], Sequence[Lived]]  # some dossiers of an office, by size


def _fill(mongodb: str) -> tuple[Filled, float]:
    began, lived = perf_counter(), thousand(datetime.now(UTC))
    kept: dict[tuple[int, str], list[Lived]] = {}
    with MongoClient[dict[str, Any]](mongodb) as client:
        for size in (SMALL, LARGE):
            whole = chain(lived, again(lived, size))
            while batch := list(islice(whole, BULK)):
                for service in SERVICES:
                    table = client[database_of(service, size)]["dossiers"]
                    table.insert_many([one.documents[service] for one in batch], ordered=False)
                for one in batch:
                    kept.setdefault((size, one.agency), []).append(Lived(one.id, one.agency, one.how, one.code, {}))
    return {place: Random(1).sample(some, min(KEPT, len(some))) for place, some in kept.items()}, perf_counter() - began


def wishes(lived: Sequence[Lived], later: Mapping[str, str]) -> list[Wish]:
    """`later`: for each list the query of its page after DEEP rows."""
    ids = [one.id for one in lived]
    cases = [f"/cases/{id_}" for id_ in ids]
    details = [f"/api/v1/dossiers/{id_}" for id_ in ids]
    codes = [quote(one.code) for one in lived]
    return [
        Wish("queue:review first", "review", "specialist", ["/work"]),
        Wish("queue:review later page", "review", "specialist", [f"/work?{later['review']}"]),
        Wish("queue:review late, latest first", "review", "specialist", ["/work?filter=late&sort=latest"]),
        Wish("queue:review mine", "review", "specialist", ["/work?filter=mine"]),
        Wish("queue:review leader", "review", "leader", ["/work"]),
        Wish("queue:review API, 100 rows", "review", "specialist", ["/api/v1/queue?stage=appraisal&limit=100"]),
        Wish("queue:intake first", "intake", "counter", ["/work"]),
        Wish("queue:intake later page", "intake", "counter", [f"/work?{later['intake']}"]),
        Wish("queue:intake filed, latest first", "intake", "counter", ["/work?filter=filed&sort=latest"]),
        Wish("counts:review", "review", "specialist", ["/api/v1/counts"]),
        Wish("counts:review workload", "review", "leader", ["/api/v1/workload"]),
        Wish("counts:intake", "intake", "counter", ["/api/v1/counts"]),
        Wish("search:by code", "monitor", "specialist", [f"/api/v1/search?q={code}" for code in codes]),
        Wish("search:by a common name", "monitor", "specialist", [f"/api/v1/search?q={quote(COMMON)}"]),
        Wish("search:by name, page", "monitor", "specialist", ["/search?q=" + quote("Trần Thị Mai Lan")]),
        Wish("case:review page", "review", "specialist", cases),
        Wish("case:review API", "review", "specialist", details),
        Wish("case:intake page", "intake", "counter", cases),
        Wish("case:intake API", "intake", "counter", details),
        Wish("case:timeline page", "monitor", "specialist", [f"/timelines/{code}" for code in codes]),
        Wish("case:timeline API", "monitor", "specialist", [f"/api/v1/timelines/{code}" for code in codes]),
    ]


Kind = tuple[str, str, int]  # office, name of the wish, size
Times = dict[Kind, list[float]]  # ms


class _Asking:
    def __init__(self, stack: Stack, filled: Filled) -> None:
        self.stack, self.filled = stack, filled

    async def all(self, requests: int) -> Times:
        """Every kind as often, at both sizes and offices, in one random order."""
        warm: list[tuple[Kind, Request]] = []
        timed: list[tuple[Kind, Request]] = []
        for (office, agency), size in product(OFFICES.items(), (SMALL, LARGE)):
            heads = {role: await self._head(role, agency) for role in ("specialist", "leader", "counter")}
            later = {
                service: await self._later(service, size, heads[role])
                for service, role in (("review", "specialist"), ("intake", "counter"))
            }
            for wish in wishes(self.filled[size, agency], later):
                port = self._port(wish.service, size)
                asked = [
                    ((office, wish.name, size), Request(port, wish.paths[n % len(wish.paths)], heads[wish.role]))
                    for n in range(requests + WARM)
                ]
                warm, timed = warm + asked[:WARM], timed + asked[WARM:]
        await self._ask(warm)
        return await self._ask(timed)

    async def _ask(self, asked: Sequence[tuple[Kind, Request]]) -> Times:
        waiting, times = Random(2).sample(asked, len(asked)), defaultdict[Kind, list[float]](list)

        async def connection() -> None:
            while waiting:
                kind, request = waiting.pop()
                times[kind].append((await fetch(request))[1])

        await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
        return times

    def _port(self, service: str, size: int) -> int:
        return int(self.stack.url(service if size == SMALL else f"{service}#2").rsplit(":", 1)[1])

    async def _head(self, role: str, agency: str) -> str:
        who = {"sub": "s1", "roles": [role], "agency": agency, "name": "Officer", "ttl": 7200}
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.post(f"{self.stack.url('identity')}/token", json=who)
        return f"authorization: Bearer {answer.json()['access_token']}\r\n"

    async def _later(self, service: str, size: int, head: str) -> str:
        """The query of the page after DEEP rows of the work list."""
        page = (await fetch(Request(self._port(service, size), f"/work?limit={DEEP}", head)))[0].decode()
        found = re.search(r"cursor=([\w-]+)", page)
        if found is None:
            raise RuntimeError(f"{service} has no page after {DEEP} rows")
        return f"cursor={found[1]}"


async def fetch(request: Request) -> tuple[bytes, float]:
    """The body, and how long it took in ms: by a connection of its own, already open."""
    reader, writer = await asyncio.open_connection("127.0.0.1", request.port, limit=2**22)
    began = perf_counter()
    writer.write(f"GET {request.path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n{request.head}\r\n".encode())
    answer = await reader.read()
    took = (perf_counter() - began) * 1000
    writer.close()
    if not answer.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"{request.path}: {answer[:500]!r}")
    return answer.partition(b"\r\n\r\n")[2], took


def figures(times: Times) -> dict[str, Any]:
    """`desk_<office>_<family>_p99`: the ratio of the slowest kind of the family, which is judged; `…_pooled_p99`: over all its
    requests, where one slow kind hides the others."""
    found: dict[str, Any] = {"desk": {}}
    for office in OFFICES:
        kinds = dict.fromkeys(name for where, name, _ in times if where == office)
        families: dict[str, list[str]] = defaultdict(list)
        for name in kinds:
            families[name.partition(":")[0]].append(name)
            found["desk"][f"{office} {name}"] = _compared(times, office, [name])
        for family, names in families.items():
            whole = found["desk"][f"{office} {family}"] = _compared(times, office, names)
            for which in ("p50", "p99"):
                key = f"desk_{office}_{family}"
                found[f"{key}_pooled_{which}"] = whole[which]
                found[f"{key}_{which}"] = max(found["desk"][f"{office} {name}"][which] for name in names)
    return found


def _compared(times: Times, office: str, names: Sequence[str]) -> dict[str, float]:
    small, large = (
        statistics.quantiles(chain.from_iterable(times[office, name, size] for name in names), n=100)
        for size in (SMALL, LARGE)
    )
    return {
        "p50": large[49] / small[49], "p99": large[98] / small[98],
        "ms_small_p50": small[49], "ms_small_p99": small[98],
        "ms_large_p50": large[49], "ms_large_p99": large[98],
    }  # fmt: skip
