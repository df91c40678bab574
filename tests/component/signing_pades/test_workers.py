import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from dossier_signing.documents.result_document import ResultDocument
from dossier_signing.documents.workers import SignedResult, SignFailure, SigningWorkers, SignJob, sign_one

Eventually = Callable[..., Awaitable[Any]]
IN_ITS_OWN_PROCESS = """
import asyncio, multiprocessing, sys, time
from pathlib import Path
from dossier_signing.documents.workers import SigningWorkers, SignJob

async def main() -> None:
    workers = SigningWorkers(Path(sys.argv[1]))
    (result,) = await workers.sign_many([SignJob.model_validate_json(sys.argv[2])])
    loaded = {"typst", "pyhanko", "cryptography"} & set(sys.modules)
    (worker,) = multiprocessing.active_children()
    print(result.sha256, worker.pid, ",".join(loaded) or "none", flush=True)
    await asyncio.sleep(60)

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.fixture
async def workers(keys: Path) -> AsyncIterator[SigningWorkers]:
    workers = SigningWorkers(keys, batch=4)
    yield workers
    await workers.close()


@pytest.fixture
def job(new_document: Callable[..., ResultDocument], now: datetime) -> Callable[..., SignJob]:
    def make(name: str, **changes: object) -> SignJob:
        return SignJob(
            id=name, leader_sub="u-1", document=new_document("permit", number=name, **changes), signed_at=now
        )

    return make


async def test_outcomes_come_in_order_each_with_its_own_fate(
    workers: SigningWorkers, job: Callable[..., SignJob], keys: Path
) -> None:
    jobs = [job(f"{number}/GP", **({"holder_name": "😀"} if number == 5 else {})) for number in range(10)]
    outcomes = await workers.sign_many(jobs)
    assert [outcome.id for outcome in outcomes] == [one.id for one in jobs]
    assert [type(outcome) for outcome in outcomes] == [SignFailure if n == 5 else SignedResult for n in range(10)]
    assert outcomes[3] == await asyncio.to_thread(sign_one, keys, jobs[3]), "two processes, one result"


async def test_nothing_to_sign_starts_nothing(workers: SigningWorkers) -> None:
    assert await workers.sign_many([]) == []
    assert not multiprocessing.active_children()


async def test_a_killed_worker_is_replaced_and_its_jobs_are_repeated(
    workers: SigningWorkers, job: Callable[..., SignJob]
) -> None:
    jobs = [job(f"{number}/GP") for number in range(4)]
    first = await workers.sign_many(jobs)
    (worker,) = multiprocessing.active_children()
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGSTOP)  # the jobs are certainly in its hands when it dies
    in_flight = asyncio.create_task(workers.sign_many(jobs))
    await asyncio.sleep(0)
    os.kill(worker.pid, signal.SIGKILL)
    assert await in_flight == first
    assert await workers.sign_many(jobs) == first


class Deadly(SignJob):
    """Whoever unpacks it is gone."""

    def __reduce__(self) -> Any:
        return os._exit, (9,)


class Endless(SignJob):
    """Whoever unpacks it never comes back."""

    def __reduce__(self) -> Any:
        return time.sleep, (600,)


@pytest.mark.parametrize(("poison", "batch"), [(Deadly, 2), (Endless, 1)])
async def test_one_document_that_ends_its_worker_is_found_and_the_others_are_signed(
    keys: Path, job: Callable[..., SignJob], poison: type[SignJob], batch: int
) -> None:
    workers = SigningWorkers(keys, batch=batch, longest=4.0)
    jobs = [job(f"{number}/GP") for number in range(2 * batch)]
    jobs[-1] = poison.model_validate(jobs[-1].model_dump())
    try:
        outcomes = await workers.sign_many(jobs)
    finally:
        await workers.close()
    assert [outcome.id for outcome in outcomes] == [one.id for one in jobs]
    assert {type(outcome) for outcome in outcomes[:-1]} == {SignedResult}
    assert isinstance(failure := outcomes[-1], SignFailure)
    assert (failure.code, failure.retryable) == ("worker-died", True)
    assert not multiprocessing.active_children()


async def test_where_no_worker_can_be_started_no_document_is_to_blame(
    workers: SigningWorkers, job: Callable[..., SignJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stillborn(_: SigningWorkers, count: int) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(count, mp_context=context, initializer=os._exit, initargs=(9,))

    jobs = [job(f"{number}/GP") for number in range(5)]
    with monkeypatch.context() as broken:
        broken.setattr(SigningWorkers, "_new_pool", stillborn)
        outcomes = await workers.sign_many(jobs)
    assert [(type(one), getattr(one, "code", "")) for one in outcomes] == [(SignFailure, "no-worker")] * 5
    assert all(isinstance(outcome, SignedResult) for outcome in await workers.sign_many(jobs))


async def test_a_document_that_never_ends_does_not_keep_a_service_that_leaves(
    keys: Path, job: Callable[..., SignJob]
) -> None:
    workers = SigningWorkers(keys)
    assert isinstance((await workers.sign_many([job("1/GP")]))[0], SignedResult)
    signing = asyncio.create_task(workers.sign_many([Endless.model_validate(job("2/GP").model_dump())]))
    await asyncio.sleep(1.0)
    signing.cancel()
    await asyncio.gather(signing, return_exceptions=True)
    async with asyncio.timeout(10):
        await workers.close()
    assert not multiprocessing.active_children()


async def test_closing_finishes_what_was_handed_in_and_takes_no_more(keys: Path, job: Callable[..., SignJob]) -> None:
    workers = SigningWorkers(keys, batch=2)
    in_flight = asyncio.create_task(workers.sign_many([job(f"{number}/GP") for number in range(6)]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await workers.close()
    assert all(isinstance(outcome, SignedResult) for outcome in await in_flight)
    assert not multiprocessing.active_children()
    with pytest.raises(ConnectionError, match="closed"):
        await workers.sign_many([job("7/GP")])


async def test_the_service_stays_lean_and_leaves_no_orphan_when_killed(
    tmp_path: Path, keys: Path, job: Callable[..., SignJob], eventually: Eventually
) -> None:
    script = tmp_path / "service.py"
    script.write_text(IN_ITS_OWN_PROCESS)
    one = job("1/GP")
    service = subprocess.Popen([sys.executable, script, keys, one.model_dump_json()], stdout=subprocess.PIPE, text=True)
    try:
        assert service.stdout is not None
        with service.stdout:
            sha256, worker, loaded = (await asyncio.to_thread(service.stdout.readline)).split()
    finally:
        service.kill()
        service.wait()
    result = await asyncio.to_thread(sign_one, keys, one)
    assert isinstance(result, SignedResult)
    assert result.sha256 == sha256
    assert loaded == "none"

    def gone() -> bool:
        try:
            return psutil.Process(int(worker)).status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    try:
        await eventually(gone, within=10)
    finally:
        if not gone():
            os.kill(int(worker), signal.SIGKILL)
