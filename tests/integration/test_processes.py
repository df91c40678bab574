"""Processes are started as in production, found again, and never left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from dossier_local import state
from dossier_local.errors import AlreadyRunning, NotReadyInTime, PortTaken, ProcessFailed, StackError
from dossier_local.ports import Ports, is_free
from dossier_local.processes import Process, Spec, is_running
from dossier_local.services import Service
from dossier_local.stack import Stack

Eventually = Callable[..., Awaitable[Any]]


async def environment(stack: Stack, name: str) -> dict[str, str]:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer: dict[str, str] = (await client.get(stack.url(name) + "/env")).json()
        return answer


async def test_a_service_gets_the_documented_environment(bare: Stack) -> None:
    await bare.start("standin", env={"CRASH_AT": "published:2"})
    seen = await environment(bare, "standin")
    assert seen["KAFKA_BOOTSTRAP_SERVERS"] == bare.kafka
    assert seen["MONGODB_URL"] == bare.mongodb
    assert seen["OIDC_ISSUER"] == bare.url("identity")
    assert seen["STANDIN_HOST"] == "127.0.0.1"
    assert bare.url("standin").endswith(":" + seen["STANDIN_PORT"])
    assert (seen["STANDIN_INSTANCE"], seen["DEVELOPMENT"], seen["CRASH_AT"]) == ("1", "true", "published:2")


async def test_a_second_replica_has_its_own_port_and_instance(bare: Stack) -> None:
    await bare.start("standin", "standin#2")
    assert bare.url("standin") != bare.url("standin#2")
    assert (await environment(bare, "standin#2"))["STANDIN_INSTANCE"] == "2"


async def test_restart_keeps_the_port_and_takes_the_new_environment(bare: Stack) -> None:
    await bare.start("standin", env={"CRASH_AT": "somewhere"})
    url, pid = bare.url("standin"), bare.pid("standin")
    await bare.restart("standin", env={})
    assert bare.url("standin") == url
    assert bare.pid("standin") != pid
    assert "CRASH_AT" not in await environment(bare, "standin")


async def test_kill_is_over_when_it_returns(bare: Stack) -> None:
    await bare.start("standin")
    pid = bare.pid("standin")
    assert await bare.kill("standin") == -signal.SIGKILL
    assert not psutil.pid_exists(pid)
    assert not bare.alive("standin")
    await bare.start("standin")
    assert await bare.is_ready("standin")


async def test_stop_is_clean_and_a_deaf_process_is_killed(bare: Stack) -> None:
    await bare.start("standin")
    assert await bare.stop("standin") == 0
    await bare.start("standin", env={"MANNERS": "deaf"})
    assert await bare.stop("standin", grace=0.3) == -signal.SIGKILL


async def test_a_paused_process_answers_only_when_resumed(bare: Stack) -> None:
    await bare.start("standin")
    bare.pause("standin")
    async with httpx.AsyncClient(trust_env=False, timeout=0.5) as client:
        with pytest.raises(httpx.TimeoutException):
            await client.get(bare.url("standin"))
    bare.resume("standin")
    assert (await environment(bare, "standin"))["STANDIN_INSTANCE"] == "1"


async def test_a_paused_process_can_be_stopped(bare: Stack) -> None:
    await bare.start("standin")
    bare.pause("standin")
    assert await bare.stop("standin") == 0


async def test_a_failing_start_shows_the_log(bare: Stack) -> None:
    with pytest.raises(ProcessFailed, match=r"status 1 before it was ready(.|\n)*this stand-in was told to fail"):
        await bare.start("standin", env={"MANNERS": "fails"})


async def test_a_process_that_never_becomes_ready(bare: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dossier_local.stack.READY_WITHIN", 0.5)
    with pytest.raises(NotReadyInTime, match="standin runs but was not ready"):
        await bare.start("standin", env={"MANNERS": "never-ready"})


async def test_stopping_takes_the_children_of_the_process_with_it(bare: Stack, eventually: Eventually) -> None:
    await bare.start("standin", env={"MANNERS": "parent"})
    child = int(bare.log("standin").read_text().split("child")[1])
    assert psutil.pid_exists(child)
    await bare.stop("standin")
    await eventually(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE)


async def test_an_unknown_name_is_told_what_there_is(bare: Stack) -> None:
    with pytest.raises(StackError, match="There are: standin"):
        await bare.start("standing")


async def test_a_taken_port_is_named(tmp_path: Path, standin: Service) -> None:
    async def nobody(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(nobody, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    stack = Stack(tmp_path, services=[Service("standin", "standin", port, standin.env)])
    async with server:
        with pytest.raises(PortTaken, match=f"Port {port}, where standin should listen"):
            await stack.start("standin")


async def test_a_child_outlives_the_thread_that_asked_for_it(bare: Stack, eventually: Eventually) -> None:
    started: list[Process] = []
    spec = await bare._spec("standin")
    thread = threading.Thread(target=lambda: started.append(Process(spec)))
    thread.start()
    thread.join()
    try:
        async with httpx.AsyncClient(trust_env=False) as client:

            async def answers() -> bool:
                try:
                    return (await client.get(bare.url("standin"))).is_success
                except httpx.TransportError:
                    return False

            await eventually(answers)
        assert started[0].alive
    finally:
        await started[0].stop()


async def test_another_process_with_the_same_id_does_not_count() -> None:
    me = psutil.Process()
    assert is_running(me.pid, me.create_time())
    assert not is_running(me.pid, me.create_time() - 1)


def test_stacks_side_by_side_share_no_port() -> None:
    one, two = Ports({}, free=True), Ports({}, free=True)
    try:
        ours, theirs = {one.of(f"p{n}") for n in range(20)}, {two.of(f"p{n}") for n in range(20)}
        assert len(ours) == len(theirs) == 20
        assert not ours & theirs
        assert one.of("p0") == one.of("p0")
        assert all(is_free(port) for port in ours | theirs)
    finally:
        one.close()
        two.close()


def test_documented_ports_are_kept_and_replicas_get_free_ones() -> None:
    ports = Ports({"review": 8002}, free=False)
    try:
        assert ports.of("review") == 8002
        assert ports.of("review#2") != 8002
    finally:
        ports.close()


async def test_a_folder_has_one_owner_at_a_time(tmp_path: Path) -> None:
    held = state.lock(tmp_path)
    state.save(tmp_path, {}, {})
    with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"):
        async with Stack(tmp_path, free_ports=True):
            pass
    held.close()
    state.lock(tmp_path).close()


def test_a_sweep_stops_what_was_left_and_nothing_else(tmp_path: Path) -> None:
    left = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    bystander = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    try:
        born = psutil.Process(left.pid).create_time()
        other = psutil.Process(bystander.pid).create_time() - 100  # an id used again by somebody else
        entries = {
            "left": state.Entry(left.pid, born, 1, ""),
            "reused": state.Entry(bystander.pid, other, 2, ""),
        }
        state.save(tmp_path, {}, entries)
        assert state.sweep(tmp_path) == ["left"]
        assert left.wait(5) == -signal.SIGTERM
        assert bystander.poll() is None
        assert state.load(tmp_path).processes == {}
    finally:
        for process in (left, bystander):
            process.kill()
            process.wait()


async def test_a_spec_starts_in_its_own_folder_and_logs_to_its_own_file(tmp_path: Path) -> None:
    argv = (sys.executable, "-c", "import os; print(os.getcwd(), os.environ['GREETING'])")
    process = Process(Spec("hello", argv, tmp_path / "log" / "hello.log", tmp_path / "home", {"GREETING": "chào"}))
    assert await process.wait(10) == 0
    assert (tmp_path / "log" / "hello.log").read_text().split() == [str(tmp_path / "home"), "chào"]
