"""One run from a fresh stack to the verdict: start everything, play the stories, wait for quiet, reconcile, print."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from pymongo import MongoClient
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from dossier_local import addresses, state
from dossier_local.elsewhere import Elsewhere
from dossier_local.errors import StackError
from dossier_local.frame import run as run_command
from dossier_local.reconciliation import Report, Where, reconcile, tables
from dossier_local.reconciliation.stored_source import SERVICES
from dossier_local.roles import login_links
from dossier_local.simulation.acks import AckFile
from dossier_local.simulation.client import Client
from dossier_local.simulation.plan import Pace, Story
from dossier_local.simulation.quiet import Watch, until_quiet
from dossier_local.simulation.stories import Players, Tally
from dossier_local.stack import Stack

STUCK_AFTER = 90.0  # seconds without any movement
CLIENTS = "clients.jsonl"
LEDGER = Path("provider") / "ledger.jsonl"
BARS = ("filed", "accepted", "signed", "delivered")

Plan = Callable[[Client], Awaitable[Sequence[Story]]]


@dataclass(frozen=True, slots=True)
class Options:
    """`seconds`: how long the stories are spread over. `now`: see `reconciliation.judge`."""

    folder: Path
    seconds: Callable[[Sequence[Story]], float]
    through: str | None = None  # the origin of a system that runs already; None: one of its own
    free_ports: bool = False
    json: Path | None = None
    keep: bool = False
    patience: float = 120.0
    seed: int = 0
    measure_at_the_end: bool = True  # open ones against the last moment of business time; else by their last event


@dataclass(slots=True)
class Outcome:
    report: Report
    tally: Tally
    stirring: list[str]

    @property
    def good(self) -> bool:
        return self.report.reconciled and not self.tally.trouble and not self.stirring


async def run(options: Options, plan: Plan, console: Console) -> Outcome:
    began = time.monotonic()
    if options.through is not None:
        outcome = await _elsewhere(options, options.through, plan, console)
        await _tell(outcome, options, console, time.monotonic() - began)
        return outcome
    await asyncio.to_thread(wipe, options.folder)
    stack = Stack(options.folder, free_ports=options.free_ports, signed=True, say=console.print)
    async with stack:
        await asyncio.to_thread(demand_empty, stack.mongodb)
        console.print("Khởi động các dịch vụ … / starting the services …")
        await stack.start_all()
        console.print(f"Sẵn sàng sau {time.monotonic() - began:.0f} s / ready.")
        await _say_where(options.folder, stack, console)
        outcome = await play(stack, options, plan, console)
        await _tell(outcome, options, console, time.monotonic() - began)
        if options.keep:
            console.print("Hệ thống vẫn chạy; Ctrl-C để dừng. / Everything keeps running; Ctrl-C stops it.")
            await asyncio.Event().wait()
    return outcome


async def _elsewhere(options: Options, through: str, plan: Plan, console: Console) -> Outcome:
    """On services that others keep running. Their counters are not read: they begin anew with every restart."""
    there = Elsewhere.found(options.folder, through)
    options.folder.mkdir(parents=True, exist_ok=True)
    (options.folder / CLIENTS).unlink(missing_ok=True)
    await asyncio.to_thread(demand_empty, there.mongodb, through)
    console.print(f"Qua {through} … / through {through} …")
    return await play(there, options, plan, console)


async def _tell(outcome: Outcome, options: Options, console: Console, seconds: float) -> None:
    _print(outcome, console)
    if options.json is not None:
        text = json.dumps(_json(outcome, seconds), indent=1, ensure_ascii=False)
        await asyncio.to_thread(options.json.write_text, text + "\n", "utf-8")


async def play(stack: Stack | Elsewhere, options: Options, plan: Plan, console: Console) -> Outcome:
    """On a stack whose services run."""
    listening = [*SERVICES, *(["monitor"] if "monitor" in stack.started else [])]
    acks, watch = AckFile(stack.folder / CLIENTS), Watch(stack.mongodb, listening)
    urls = {name: stack.url(name) for name in ("identity", "intake", "review", "signing", "notify")}
    client = Client(urls, acks, patience=options.patience, seed=options.seed)
    tally = Tally()
    try:
        stories = await plan(client)
        pace = Pace(stories, options.seconds(stories))
        with _progress(console) as progress:
            show = _shower(progress, stories, tally, watch)
            shown = asyncio.create_task(_repeat(show))
            try:
                await Players(client, stories, pace, tally).play()
            finally:
                shown.cancel()
                await asyncio.gather(shown, return_exceptions=True)
            stirring = await until_quiet(watch, stuck_after=STUCK_AFTER, seen=show)
        await acks.close()
        if isinstance(stack, Elsewhere):
            await stack.save_ledger(stack.folder / LEDGER)
        last = max(s.occurred_at for story in stories for s in (story.filed, *story.steps)) if stories else None
        now = last if options.measure_at_the_end else None
        report = await reconcile(
            Where.of(stack),
            stack.folder / CLIENTS,
            stack.folder / LEDGER,
            now=now,
            counters=isinstance(stack, Stack),
        )
        return Outcome(report, tally, stirring)
    finally:
        await client.close()
        watch.close()


def wipe(folder: Path) -> None:
    """Each run begins afresh. Raises AlreadyRunning where another process holds the folder."""
    if (folder / "lock").exists():
        state.lock(folder).close()
        state.sweep(folder)
        shutil.rmtree(folder)


def demand_empty(mongodb: str, through: str | None = None) -> None:
    """A database given by URL is not ours to empty, and old dossiers would not reconcile. `through`: see Options."""
    with MongoClient[dict[str, Any]](mongodb, serverSelectionTimeoutMS=10_000) as client:
        for service in SERVICES:
            if client[f"dossier_{service}"]["dossiers"].find_one({}, {"_id": 1}) is not None:
                if through is not None:
                    raise StackError(
                        f"The system at {through} already holds dossiers (dossier_{service}). The demo wants an empty "
                        'one: `docker compose --profile "*" down --volumes` deletes all data, then `docker compose up '
                        "--detach`."
                    )
                raise StackError(
                    f"MONGODB_URL names a database that already holds dossiers (dossier_{service}). This needs an empty "
                    "one, and topics to match: unset MONGODB_URL and KAFKA_BOOTSTRAP_SERVERS to use the embedded ones."
                )


def command(work: Coroutine[Any, Any, Outcome]) -> None:
    """Runs it as a command: exit status 1 unless everything agrees; Ctrl-C and SIGTERM stop all it started."""

    async def until_told() -> Outcome:
        task = asyncio.current_task()
        if task is not None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await work

    try:
        outcome = run_command(until_told())
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise typer.Exit(130) from None
    if not outcome.good:
        raise typer.Exit(1)


# -- what people see -------------------------------------------------------------------------------------------------------


async def _say_where(folder: Path, stack: Stack, console: Console) -> None:
    console.print(f"\n[bold]Xem trực tiếp / watch live:[/bold] {stack.url('monitor')}/")
    console.print("Liên kết đăng nhập một lần / one-time login links (one private window per role):")
    for role, page, link in await login_links(addresses.find(folder)):
        console.print(f"  {role:<10} {page}\n             {link}", soft_wrap=True, highlight=False)
    console.print()


def _progress(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description:<24}"), BarColumn(40), TextColumn("{task.completed:>6.0f} / {task.total:.0f}"),
        TimeElapsedColumn(),
    )  # fmt: skip
    return Progress(*columns, console=console, transient=not console.is_terminal)


def _shower(progress: Progress, stories: Sequence[Story], tally: Tally, watch: Watch) -> Callable[[], Awaitable[None]]:
    actions = [step.action for story in stories for step in story.steps]
    signs = actions.count("sign")
    by_rule = sum(1 for story in stories if story.by_rule)
    waits = sum(story.waits_at_the_end for story in stories)
    totals = dict(zip(BARS, (len(stories), actions.count("accept"), signs, signs + by_rule - waits), strict=True))
    rows = {name: progress.add_task(tables.TITLES[name], total=totals[name]) for name in BARS}

    async def show() -> None:
        for name, row in rows.items():
            done = await asyncio.to_thread(watch.delivered) if name == "delivered" else tally.counts[name]
            progress.update(row, completed=done)

    return show


async def _repeat(show: Callable[[], Awaitable[None]]) -> None:
    while True:
        await show()
        await asyncio.sleep(1)


def _print(outcome: Outcome, console: Console) -> None:
    report = outcome.report
    for table in (tables.figures(report), tables.stages(report), tables.sources(report)):
        console.print(table)
    for lines in (outcome.tally.trouble, outcome.stirring, [str(finding) for finding in report.findings]):
        for line in lines[:20]:
            console.print(line, style="red", markup=False, highlight=False, soft_wrap=True)
        if len(lines) > 20:
            console.print(f"… {len(lines) - 20} more", style="red")
    verdict = "[bold green]Khớp. / Everything agrees." if outcome.good else "[bold red]Không khớp. / It does not agree."
    console.print(f"{verdict}[/]")


def _json(outcome: Outcome, seconds: float) -> dict[str, Any]:
    extra = {"trouble": outcome.tally.trouble, "stirring": outcome.stirring, "seconds": round(seconds, 1)}
    return {**outcome.report.as_json(), "reconciled": outcome.good, **extra}
