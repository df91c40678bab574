"""E6: two processes with one instance name. Only one of them works; nothing is sent twice, whoever it is."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from tests.component.notify.test_on_stack import all_are_told, some, tell_all

from dossier_local.ports import Ports
from dossier_local.processes import Process, Spec
from dossier_local.stack import Stack
from dossier_local.waiting import eventually
from dossier_monitor.worker.alone import Alone, Taken
from dossier_monitor.worker.publishing import GROUP
from dossier_shared.adapters.mongo import Database, connect, database
from dossier_shared.runtime import lease
from dossier_shared.runtime.lease import Fenced, Lease

Eventually = Callable[..., Awaitable[Any]]
# a claim that outlasts the sleep: only the lease tells the sleeper that another acts by now
QUICK = {"NOTIFY_CLAIM_SECONDS": "60", "NOTIFY_PROVIDER_TIMEOUT_SECONDS": "1", "NOTIFY_SWEEP_SECONDS": "0.2"}


@asynccontextmanager
async def again(stack: Stack, name: str, **env: str) -> AsyncIterator[Process]:
    """A second process just like one of the stack's, at a port of its own."""
    ports = Ports({}, free=True)
    own = {**stack.env(name), f"{name.upper().replace('-', '_')}_PORT": str(ports.of(name)), **env}
    module = stack.services[name].module
    log = stack.folder / "logs" / f"{name}-again.log"
    log.unlink(missing_ok=True)
    process = Process(Spec(f"{name}-again", (sys.executable, "-m", module), log, stack.folder / name, own))
    try:
        yield process
    finally:
        await process.stop()
        ports.close()


def told_in_one_line(log: Path, name: str, pid: int) -> None:
    """Beside the log's own lines, which are JSON."""
    lines = [line for line in log.read_text().splitlines() if not line.startswith("{")]
    assert len(lines) == 1, log.read_text()
    assert lines[0].startswith(f"{name}: instance 1 is held by process {pid} on "), lines
    assert "since 20" in lines[0]
    assert f"{name.upper().replace('-', '_')}_INSTANCE" in lines[0]


@pytest.mark.long
async def test_e6_two_processes_with_one_instance_name(
    new_stack: Callable[..., Awaitable[Stack]], eventually: Eventually
) -> None:
    """The second is refused in a line; killed, the first is back at once; woken, a sleeper sends nothing."""
    stack = await new_stack()
    await stack.start("identity", "provider", "review")
    await stack.start("notify", env=QUICK)

    told = some(24)
    async with again(stack, "notify") as second, again(stack, "review") as reviewer:
        await tell_all(stack, told)
        assert [await second.wait(30), await reviewer.wait(30)] == [78, 78]
        told_in_one_line(second.spec.log, "notify", stack.pid("notify"))
        told_in_one_line(reviewer.spec.log, "review", stack.pid("review"))
    await all_are_told(stack, told, eventually)

    more = some(24)
    await stack.kill("notify")
    await stack.start("notify", env=QUICK)
    await tell_all(stack, more)
    await all_are_told(stack, more, eventually)

    last = some(24)
    await stack.restart("notify", env={**QUICK, "CRASH_AT": "effect.intent:1:stop"})
    sleeper = stack.pid("notify")
    await tell_all(stack, last)
    await eventually(lambda: Path(f"/proc/{sleeper}/stat").read_text().rpartition(")")[2].split()[0] == "T", within=30)
    async with again(stack, "notify", CRASH_AT="") as second:
        await all_are_told(stack, last, eventually)
        stack.resume("notify")
        assert await stack.wait("notify") == 78
        told_in_one_line(stack.log("notify"), "notify", second.pid)
        await all_are_told(stack, last, eventually)
        assert second.alive


@pytest.mark.long
async def test_e6_two_workers_of_the_monitor_with_one_instance_name(stack: Stack, tmp_path: Path) -> None:
    """The worker has no database: a lock in its folder, and where the folder is another, the broker's word."""
    await stack.start("monitor-worker")
    try:
        async with again(stack, "monitor-worker") as second:
            assert await second.wait(30) == 78
            told_in_one_line(second.spec.log, "monitor-worker", stack.pid("monitor-worker"))
        held = pytest.raises(Taken, match=r"instance 1 is held by a process at /127\.0\.0\.1")
        with held, closing(Alone(tmp_path, "monitor-worker-1", "1")) as alone:
            await alone.wait(stack.broker, GROUP, 0.5)
        assert await stack.is_ready("monitor-worker")
        await stack.kill("monitor-worker")
        await stack.start("monitor-worker")
    finally:
        await stack.stop("monitor-worker")


@pytest.fixture
async def db(stack: Stack) -> AsyncIterator[Database]:
    client = connect(stack.mongodb)
    name = f"lease_{os.urandom(4).hex()}"
    yield database(client, name)
    await client.drop_database(name)
    client.close()


async def test_e6_who_renews_keeps_it_and_who_is_silent_loses_it(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Lease(db, "notify", "1", lasts=0.5), Lease(db, "notify", "1", lasts=0.5)
    monkeypatch.setattr(lease, "RENEWED_EVERY", 0.1)
    await first.take()
    keeping = asyncio.create_task(first.keep())
    with pytest.raises(Fenced, match=f"held by process {os.getpid()}"):
        await second.take()
    keeping.cancel()

    async def taken() -> Lease:
        """A renewal that was under way may still arrive, once."""
        another = Lease(db, "notify", "1")
        try:
            await another.take()
        except Fenced as error:
            raise AssertionError from error
        return another

    third = await eventually(taken)
    assert (third.epoch, await third.holds()) == (first.epoch + 1, True)
    assert not await first.holds()
    assert "held by process" in str(first.fenced)
    with pytest.raises(Fenced):
        await first.renew()
    await Lease(db, "notify", "2").take()  # another name is another lease


async def test_e6_a_name_given_back_or_left_by_the_dead_is_free_at_once(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a lease that would last for hours."""
    first = Lease(db, "notify", "1", lasts=9999)
    await first.take()
    await first.give_back()
    assert not await first.holds()
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", "import signal; signal.pause()")
    monkeypatch.setattr(lease, "HERE", {**lease.HERE, "pid": child.pid, "began": lease._began(child.pid)})
    second = Lease(db, "notify", "1", lasts=9999)
    await second.take()
    monkeypatch.undo()
    third = Lease(db, "notify", "1", lasts=9999)
    taking = asyncio.create_task(third.take())
    assert (await asyncio.wait([taking], timeout=1))[1] == {taking}  # it lives
    child.send_signal(signal.SIGKILL)
    await child.wait()
    await asyncio.wait_for(taking, 5)
    assert (second.epoch, third.epoch) == (2, 3)


async def test_e6_a_number_means_nothing_on_another_machine(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "HERE", {**lease.HERE, "place": "another", "pid": 2**22 + 1, "began": "1"})
    await Lease(db, "notify", "1", lasts=1).take()
    monkeypatch.undo()
    here = Lease(db, "notify", "1")
    taking = asyncio.create_task(here.take())
    assert (await asyncio.wait([taking], timeout=0.6))[1] == {taking}
    await asyncio.wait_for(taking, 5)  # it has run out


async def test_e6_a_database_put_back_leaves_the_name_to_who_runs(db: Database) -> None:
    running = Lease(db, "notify", "1")
    await running.take()
    await db["leases"].delete_many({})
    await running.renew()
    assert await running.holds()
    await db["leases"].update_one({}, {"$set": {"epoch": 0, "boot": "of the backup"}})
    await running.renew()
    assert (running.epoch, await running.holds()) == (1, True)
