"""Births filed on a line of 300 kbit/s and 400 ms that loses three requests in ten and is cut ten times, and what counts.

make bad-line RUNS=50 SEED=0
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

from PIL import Image
from playwright.async_api import Browser, FilePayload, async_playwright
from rich.console import Console
from rich.table import Table
from tests.component.desks import Desk
from tests.component.intake.test_file_online import DEMANDED, EXAMPLE

from dossier_intake.inspection.inspectors import Inspectors
from dossier_local.stack import Stack
from dossier_local.waiting import patience
from dossier_shared.http.auth import COOKIE
from dossier_shared.vocabulary.persons import person_of

from .bad_line import BadLine, bad_line
from .listening import listening
from .patient import LONG_LOAD, Patient
from .test_file_online import OWN, fields, phone
from .visitor import launch

LOST, LATE, RATE = 0.3, 0.4, 300_000 / 8
CUTS = 10
LONGEST = 180.0  # seconds for one filing, until it is said to be stuck
TYPING = 10.0  # minutes, at most
PAPERS = (*DEMANDED, "G15-KQ003303", "G15-KQ003159")
SIDES = ((900, 640), (420, 300), (420, 300))  # of photographs of noise, which nothing makes smaller


@dataclass(slots=True)
class Run:
    """`wrong`: what was promised and is not so."""

    seed: int
    seconds: float = 0
    requests: int = 0
    broken: int = 0
    cuts: int = 0
    dossiers: int = 0
    papers: int = 0
    size: int = 0
    typing: float = 0
    wrong: list[str] = field(default_factory=list)
    story: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"seed {self.seed}: {self.seconds:.0f} s, {self.requests} requests, {self.broken} lost, {self.cuts} cuts, "
            f"{self.dossiers} dossier, {self.papers} papers, {self.size} bytes, {self.typing:.1f} min of typing"
            + "".join(f"\n  WRONG: {one}" for one in self.wrong)
        )


def photograph(rng: Random, n: int) -> FilePayload:
    across, down = SIDES[n]
    out = BytesIO()
    Image.frombytes("L", (across, down), rng.randbytes(across * down)).save(out, "JPEG", quality=60)
    return {"name": f"Ảnh chụp {n}.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


async def filing(intake: Desk, base: str, browser: Browser, seed: int) -> Run:
    """By a person of its own. One dossier, with every byte of three photographs and every word, whatever the line did."""
    rng, run = Random(seed), Run(seed)
    number = f"075090{100_000 + seed:06d}"
    person = person_of(b"of these tests alone", "citizen", number)
    papers = {code: photograph(rng, n) for n, code in enumerate(PAPERS)}
    answers = OWN | {name: value for name, (value, *_) in fields().items()} | {"applicant.citizen_id": number}
    async with bad_line(base, seed) as line, phone(browser, line.address) as visitor:
        line.lost, line.late, line.rate = LOST, LATE, RATE
        every = sum(
            len(one["buffer"]) for one in papers.values()
        )  # all of it has to travel: so there is time for each cut
        line.cuts_at = [(at, rng.uniform(0.3, 3)) for at in sorted(rng.randrange(every) for _ in range(CUTS))]
        await visitor.page.context.add_cookies(
            [{"name": COOKIE, "value": f"m{seed}|citizen||{person}", "url": line.address}]
        )
        visitor.page.context.set_default_timeout(LONG_LOAD)
        somebody = Patient(visitor.page, answers, papers, rng)
        began, code = monotonic(), ""
        try:
            async with asyncio.timeout(patience(LONGEST)):
                code = await somebody.file()
        except TimeoutError:
            run.wrong.append(f"no receipt after {monotonic() - began:.0f} s")
            run.story = await _story(somebody, line)
        run.seconds, run.typing = monotonic() - began, somebody.minutes_of_typing
        run.requests, run.broken, run.cuts = line.requests, line.broken, line.cuts
    await _judge(run, intake, person, papers, answers, code)
    if not run.story:
        run.story = sorted([*somebody.did, *line.log])
    return run


async def _judge(
    run: Run, intake: Desk, person: str, papers: dict[str, FilePayload], answers: dict[str, str], code: str
) -> None:
    found = [(one["_id"], one["state"]) async for one in intake.runtime.dossiers.table.find({"state.person": person})]
    run.dossiers = len(found)
    if run.dossiers != 1:
        run.wrong.append(f"{run.dossiers} dossiers")
    for _id, state in found[:1]:
        have = [(one["code"], await intake.runtime.files.get(one["id"])) for one in state["documents"]]
        run.papers, run.size = len(have), sum(len(content or b"") for _, content in have)
        if sorted(have, key=lambda one: one[0]) != sorted((code, one["buffer"]) for code, one in papers.items()):
            run.wrong.append(f"papers: {[(code, len(content or b'')) for code, content in have]}")
        if state["code"] != code:
            run.wrong.append(f"the receipt says {code}, the dossier {state['code']}")
        if state["applicant"]["address"] != answers["applicant.address"]:
            run.wrong.append(f"words: {state['applicant']}")
        dossier = (await intake.runtime.dossiers.load([_id]))[_id]
        (form,) = [
            event.open()["form"]
            for one in dossier.journal
            if (event := dossier.event("intake", one)).type == "submitted"
        ]
        if form != EXAMPLE:
            run.wrong.append(f"answers: {form}")
    if left := await intake.runtime.db["drafts"].count_documents({"person": person, "revision": {"$gt": 1}}):
        run.wrong.append(f"{left} drafts with something in them are left")
    if run.cuts != CUTS:
        run.wrong.append(f"the line was cut {run.cuts} times")
    if run.typing > TYPING:
        run.wrong.append(f"{run.typing:.1f} minutes of typing")


async def _story(somebody: Patient, line: BadLine) -> list[str]:
    """Where it stands, what was done, and what the line did at the end."""
    seen: Any = "the page does not answer"
    with suppress(Exception):
        async with asyncio.timeout(5):
            seen = await somebody.page.evaluate("document.body.innerText")
    return [f"at {somebody.page.url}: {str(seen)[:2000]}", *somebody.did[-30:], *line.log[-60:]]


async def filings(intake: Desk, base: str, seeds: range, at_once: int) -> AsyncIterator[Run]:
    """As they end."""
    room = asyncio.Semaphore(at_once)
    async with async_playwright() as playwright:
        browser = await launch(playwright)

        async def one(seed: int) -> Run:
            async with room:
                return await filing(intake, base, browser, seed)

        for ending in asyncio.as_completed([asyncio.create_task(one(seed)) for seed in seeds]):
            yield await ending
        await browser.close()


@asynccontextmanager
async def intake_of_its_own() -> AsyncIterator[tuple[Desk, str]]:
    with tempfile.TemporaryDirectory(prefix="bad-line-") as folder:
        inspectors = Inspectors(10 * 1024 * 1024, processes=1)
        try:
            async with Stack(Path(folder), free_ports=True) as stack, listening(stack, inspectors) as made:
                yield made
        finally:
            await inspectors.close()


def table(runs: list[Run]) -> Table:
    drawn = Table(title=f"{len(runs)} filings, {sum(not run.wrong for run in runs)} as promised")
    for name in ("seed", "seconds", "requests", "lost", "cuts", "dossiers", "papers", "bytes", "min of typing", ""):
        drawn.add_column(name, justify="right")
    for run in sorted(runs, key=lambda one: one.seed):
        figures = (
            run.seed,
            f"{run.seconds:.0f}",
            run.requests,
            run.broken,
            run.cuts,
            run.dossiers,
            run.papers,
            run.size,
        )
        drawn.add_row(*map(str, figures), f"{run.typing:.1f}", "wrong" if run.wrong else "")
    return drawn


async def run_all(runs: int, seed: int, at_once: int, story: bool) -> int:
    done: list[Run] = []
    async with intake_of_its_own() as (intake, base):
        async for run in filings(intake, base, range(seed, seed + runs), at_once):
            done.append(run)
            print(f"[{len(done)}/{runs}] {run}", flush=True)
            for line in run.story if story or run.wrong else ():
                print("   ", line, flush=True)
    Console(width=120).print(table(done))
    return int(any(run.wrong for run in done))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0, help="of the first; each run has the next")
    parser.add_argument("--at-once", type=int, default=2)
    parser.add_argument("--story", action="store_true", help="what was done and asked, of runs as promised too")
    given = parser.parse_args()
    sys.exit(asyncio.run(run_all(given.runs, given.seed, given.at_once, given.story)))


if __name__ == "__main__":
    main()
