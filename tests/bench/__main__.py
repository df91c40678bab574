"""`make bench`: speed and memory beside a floor, in one run, alternating, medians; writes build/bench.json.

`--only pipeline,signing` parts (how far a board is behind needs both `pipeline` and `boards`), `--rounds N` alternating rounds,
`--dossiers N` a round, `--flat N` dossiers of the memory run (0: none), `--rebuild N` events the monitor's worker takes up from
the beginning (0: none), `--desk N` requests of each kind at an officer's desk.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence, Set
from pathlib import Path
from typing import Any

from rich.console import Console
from tests.bench import desk, filing_page, hops, intake_http, latency, sample
from tests.bench.bench_signing import measure_signing
from tests.bench.boards import Boards
from tests.bench.floor import Floor
from tests.bench.pipeline import SERVICES, Feeder, Run, run
from tests.bench.rebuild import measure as measure_rebuild
from tests.bench.report import show
from tests.bench.usage import cpu_seconds, resident_mb
from tests.browser.visitor import executable

from dossier_local.stack import Stack

MONITOR = ("monitor", "monitor-worker")
INFRASTRUCTURE = ("kafka", "mongod")
AT_REST = 6  # seconds; services give free memory back every five
OUT = Path("build/bench.json")
FILERS = 200  # people who fill a filing page in, each round
ON_THE_STACK = frozenset(
    {"monitor", "boards", "pipeline", "memory", "intake", "page"}
)  # parts that need the services running
PARTS = ON_THE_STACK | {"rebuild", "signing", "desk"}
console = Console(stderr=True)
logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a new topic has no leader for a moment


async def main(
    figures: dict[str, Any], parts: Set[str], rounds: int, dossiers: int, flat: int, rebuild: int, requests: int
) -> None:
    """Fills `figures` as it goes and writes them after each part: a part that fails does not take the others' along."""
    figures |= {"rounds": rounds, "dossiers_per_round": dossiers}
    if parts & ON_THE_STACK:
        with tempfile.TemporaryDirectory(prefix="dossier-bench-") as folder:
            async with Stack(Path(folder), free_ports=True, signed=True, env={"QUOTAS": desk.ONE_FOR_ALL}) as stack:
                await _on_the_stack(stack, Path(folder), figures, parts, rounds, dossiers, flat)
    if "rebuild" in parts:
        say(f"rebuild of {rebuild} events")
        figures |= await measure_rebuild(rebuild)
        if "pipeline_per_s" in figures:  # what the services record when nobody watches
            peak = figures["pipeline_per_s"] * figures["events_per_dossier"]
            figures["fold_ratio"] = figures["rebuild_per_s"] / peak
        save(figures)
    if "desk" in parts:
        say("a desk at 1,000 dossiers and at 100,000")
        figures |= await desk.measure(requests)
        save(figures)
    if "signing" in parts:
        say("signing")
        signing = await asyncio.to_thread(measure_signing, 15.0)
        figures |= {"signing_ratio": signing["ratio"], "signing": signing}
        save(figures)


async def _on_the_stack(
    stack: Stack, folder: Path, figures: dict[str, Any], parts: Set[str], rounds: int, dossiers: int, flat: int
) -> None:
    feeder = await _start(stack, figures)
    say("warming up")
    await run(stack, feeder, 2000)
    boards = Boards(stack, feeder)
    if "monitor" in parts:
        await _monitor(stack, feeder, dossiers, figures)
        save(figures)
    if "boards" in parts:
        await stack.start(*MONITOR)
        await _boards(stack, boards, rounds, dossiers, figures)
        save(figures)
    await asyncio.gather(*(stack.stop(name) for name in MONITOR))
    if "pipeline" in parts:
        await _throughput(stack, feeder, rounds, dossiers, folder / "sample.pickle", figures)
        save(figures)
        await _latency(stack, feeder, figures)
        save(figures)
    if parts >= {"pipeline", "boards"}:
        await _behind(stack, boards, figures)
        save(figures)
    if "memory" in parts:
        await _memory(stack, feeder, flat, figures)
        save(figures)
    if "intake" in parts:
        say("intake against a bare app")
        await asyncio.gather(*(stack.stop(name) for name in ("review", "signing", "notify")))
        figures |= await _intake(stack, rounds)
        save(figures)
    if "page" in parts:
        say("the filing page against a bare one")
        figures |= await filing_page.measure(stack, rounds, FILERS)
        save(figures)


def save(figures: dict[str, Any]) -> None:
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(figures, indent=2) + "\n")


def demand_programs(parts: Set[str]) -> None:
    """Ends before anything is measured where a program is missing that a part will need."""
    if parts >= {"pipeline", "boards"} and not _has_chromium():
        sys.exit("no Chromium here: run `make system-deps`, or leave a part out (--only)")


def _has_chromium() -> bool:
    try:
        return bool(executable())
    except BaseException:  # pytest's own way to fail or to skip
        return False


def say(what: str) -> None:
    console.print(f"[dim]{time.strftime('%H:%M:%S')}[/] {what} …")


async def _start(stack: Stack, figures: dict[str, Any]) -> Feeder:
    """Also times the way from nothing running to the first delivered dossier (broker and database are up)."""
    await stack.start("identity", "provider")
    began = time.perf_counter()
    await stack.start(*SERVICES)
    feeder = Feeder(stack)
    await feeder.prepare()
    await run(stack, feeder, 1)
    figures["start_to_first_delivered_s"] = time.perf_counter() - began
    return feeder


async def _throughput(
    stack: Stack, feeder: Feeder, rounds: int, dossiers: int, path: Path, figures: dict[str, Any]
) -> None:
    recorded = await sample.take(stack)
    sample.save(recorded, path)
    pipeline: list[Run] = []
    floor: list[Run] = []
    writes: list[dict[str, float]] = [sample.writes(stack, dossiers)]
    async with Floor(stack, recorded, path) as bare:
        await bare.run(2000, writes[0])
        for number in range(rounds):
            say(f"round {number + 1} of {rounds}: pipeline, floor")
            pipeline.append(await run(stack, feeder, dossiers))
            writes.append(sample.writes(stack, dossiers))
            floor.append(await bare.run(dossiers, writes[-1]))
        costs = await bare.costs()
    everything = (*SERVICES, *INFRASTRUCTURE)
    figures |= {
        "pipeline_per_s": statistics.median(one.per_second for one in pipeline),
        "floor_per_s": statistics.median(one.per_second for one in floor),
        "throughput_ratio": _ratio([one.per_second for one in pipeline], [one.per_second for one in floor]),
        "cpu_ratio": _ratio(
            [one.cpu_per_dossier(everything) for one in pipeline], [one.cpu_per_dossier(everything) for one in floor]
        ),
        "service_cpu_ratio": _ratio(
            [one.cpu_per_dossier(SERVICES) for one in pipeline], [one.cpu_per_dossier(SERVICES) for one in floor]
        ),
        "cpu_us_per_dossier": {
            name: {"pipeline": _cpu(pipeline, name), "floor": _cpu(floor, name)} for name in everything
        },
        "writes_per_dossier": {name: statistics.median(one[name] for one in writes[1:]) for name in SERVICES},
        "events_per_dossier": float(sum(len(records) for records in recorded.records.values())),
        "floor_us_per_record": costs.per_record,
        "floor_us_per_guarded_update": costs.per_update,
    }


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Median of the rounds' own ratios: what else the machine does in a round weighs on both sides."""
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def _cpu(runs: Sequence[Run], name: str) -> float:
    return statistics.median(one.cpu_per_dossier([name]) for one in runs)


async def _latency(stack: Stack, feeder: Feeder, figures: dict[str, Any]) -> None:
    rate = figures["pipeline_per_s"] / 2
    say(f"latency at {rate:.0f} dossiers/s")
    ours = await latency.feed_evenly(stack, feeder, rate, 20)
    bare = await hops.measure(stack.kafka, rate, 15)
    for name, values in (("pipeline", ours), ("hops", bare)):
        cuts = statistics.quantiles(values, n=100)
        figures[f"{name}_p50_ms"], figures[f"{name}_p99_ms"] = cuts[49], cuts[98]
    figures["p50_ratio"] = figures["pipeline_p50_ms"] / figures["hops_p50_ms"]
    figures["p99_ratio"] = figures["pipeline_p99_ms"] / figures["hops_p99_ms"]


async def _memory(stack: Stack, feeder: Feeder, flat: int, figures: dict[str, Any]) -> None:
    figures["rss_mb"] = await _at_rest(stack)
    if not flat:
        return
    say(f"memory over {flat} dossiers more")
    await run(stack, feeder, max(flat // 10, 1))
    figures["rss_mb_early"] = await _at_rest(stack)
    await run(stack, feeder, flat - flat // 10)
    figures["rss_mb"] = await _at_rest(stack)


async def _at_rest(stack: Stack) -> dict[str, float]:
    """Resident megabytes once everything heard is written and free memory is given back."""
    await _caught_up(stack, SERVICES)
    await asyncio.sleep(AT_REST)
    return {name: resident_mb(stack.pid(name)) for name in SERVICES}


async def _monitor(stack: Stack, feeder: Feeder, dossiers: int, figures: dict[str, Any]) -> None:
    """What watching costs, and what an open dossier costs the worker that counts it."""
    say("the monitor's cost")
    await stack.start(*MONITOR)
    await _caught_up(stack)
    await run(stack, feeder, dossiers // 2, MONITOR)
    watched = await run(stack, feeder, dossiers, MONITOR)
    await _caught_up(stack)
    before = resident_mb(stack.pid("monitor-worker"))
    opened = Feeder(stack, intake_http.PROCEDURE)
    await opened.prepare()
    count = 5000
    for body in opened.batches(count):
        await opened.send(body)
    await _caught_up(stack)
    figures["with_monitor_per_s"] = watched.per_second
    figures["monitor_cpu_us_per_dossier"] = watched.cpu_per_dossier(MONITOR)
    figures["monitor_rss_mb"] = {name: resident_mb(stack.pid(name)) for name in MONITOR}
    figures["monitor_bytes_per_open_dossier"] = (resident_mb(stack.pid("monitor-worker")) - before) * 2**20 / count


async def _boards(stack: Stack, boards: Boards, rounds: int, dossiers: int, figures: dict[str, Any]) -> None:
    await boards.prepare()
    say("the pipeline with a hundred boards, and with none")
    figures |= await boards.throughput(2 * rounds + 1, dossiers)
    await _caught_up(stack)
    say("a thousand clients of one node, and a hundred")
    figures |= await boards.many()


async def _behind(stack: Stack, boards: Boards, figures: dict[str, Any]) -> None:
    """At half of the peak, which is known by now; at half of what is reached with boards; at a quarter of the peak."""
    await stack.start(*MONITOR)
    peak = figures["pipeline_per_s"]
    rates = {"": peak / 2, "watched_": figures["with_100_boards_per_s"] / 2, "quarter_": peak / 4}
    for name, rate in rates.items():
        await _caught_up(stack, MONITOR)
        say(f"a hundred boards and one Chromium at {rate:.0f} dossiers/s")
        found = await boards.latency(rate, 20)
        figures |= {f"{name}{key}": value for key, value in found.items() if not name or key.startswith("board_")}
        figures[f"{name}board_offered_per_s"] = rate
    await asyncio.gather(*(stack.stop(name) for name in MONITOR))


async def _caught_up(stack: Stack, names: Sequence[str] = ("monitor-worker",)) -> None:
    """Until their processor time stands still."""
    last, calm = 0.0, 0
    for _ in range(300):
        now = cpu_seconds([stack.pid(name) for name in names])
        calm = calm + 1 if now - last < 0.1 * len(names) else 0
        if calm >= 3:
            return
        last = now
        await asyncio.sleep(1)


async def _intake(stack: Stack, rounds: int) -> dict[str, float]:
    rates = await intake_http.measure(stack, rounds, 4)
    return {
        "intake_per_s": rates["intake"],
        "bare_app_per_s": rates["bare"],
        "intake_ratio": rates["intake"] / rates["bare"],
    }


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--dossiers", type=int, default=5000)
    options.add_argument("--flat", type=int, default=100_000)
    options.add_argument("--rebuild", type=int, default=1_000_000)
    options.add_argument("--desk", type=int, default=500)
    options.add_argument(
        "--only", type=lambda text: frozenset(text.split(",")), default=PARTS, metavar=",".join(sorted(PARTS))
    )
    given = options.parse_args()
    if unknown := given.only - PARTS:
        options.error(f"no such part: {', '.join(sorted(unknown))}")
    chosen = given.only if given.rebuild else given.only - {"rebuild"}
    demand_programs(chosen)
    found: dict[str, Any] = {}
    try:
        asyncio.run(main(found, chosen, given.rounds, given.dossiers, given.flat, given.rebuild, given.desk))
    finally:
        save(found)
        show(found)
        sys.stdout.write(f"{OUT}\n")
