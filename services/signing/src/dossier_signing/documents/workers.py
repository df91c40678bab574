"""Signing away from the event loop: processes that keep typst, pyHanko and the keys loaded, fed in batches.

Neither library is imported in the service's own process; a worker starts with the first batch. One document that kills its
worker, or never comes to an end, is found by halves in a worker apart: the others are signed meanwhile.
"""

from __future__ import annotations

import asyncio
import hashlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import AwareDatetime, BaseModel, ConfigDict

from dossier_shared.documents.printing import CannotPrint
from dossier_signing.documents.result_document import CannotSign, KeyUnreadable, ResultDocument, render

if TYPE_CHECKING:
    from dossier_signing.documents.pades import Seal


class NotWhatWasSeen(CannotSign):
    code = "preview-outdated"


SEALS_KEPT = 1024
WORKER_DIED = "worker-died"
KEY_UNREADABLE = "key-unreadable"
NO_WORKER = "no-worker"
LONGEST = 30.0  # seconds of one batch: a page takes hundredths of one


class SignJob(BaseModel):
    """``signed_at`` is the instant of the recorded intent: a repeated job gives the same bytes. ``seen``: SHA-256 of the only
    document that may be signed. ``unsigned``: nothing is signed, the document itself is the outcome."""

    model_config = ConfigDict(frozen=True)

    id: str
    leader_sub: str
    document: ResultDocument
    signed_at: AwareDatetime
    seen: str | None = None
    unsigned: bool = False


class SignedResult(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: str
    pdf: bytes
    sha256: str
    size: int
    certificate_serial: str
    certificate_subject: str
    signed_at: AwareDatetime


class SignFailure(BaseModel):
    """``code``: CannotSign's and CannotPrint's codes, ``keys-unavailable`` (nobody's), ``key-unreadable`` (this signer's),
    ``no-worker``, ``worker-died`` (these retryable) or ``unexpected``. A worker that died had this one job, in a worker of its
    own."""

    model_config = ConfigDict(frozen=True)

    id: str
    code: str
    detail: str
    retryable: bool


class SigningWorkers:
    def __init__(self, keys: Path, workers: int = 1, batch: int = 16, longest: float = LONGEST) -> None:
        self._keys = keys
        self._workers = workers
        self._batch = batch
        self._longest = longest
        self._in_hand = 0  # batches
        self._pool: ProcessPoolExecutor | None = None
        self._spare: ProcessPoolExecutor | None = None
        self._apart = asyncio.Lock()
        self._closed = False

    async def sign_many(self, jobs: Sequence[SignJob]) -> list[SignedResult | SignFailure]:
        """One outcome per job, in order."""
        batches = [list(jobs[start : start + self._batch]) for start in range(0, len(jobs), self._batch)]
        outcomes = await asyncio.gather(*(self._sign(batch) for batch in batches))
        return [outcome for batch in outcomes for outcome in batch]

    async def close(self) -> None:
        """Finishes what was handed in; nothing is accepted afterwards."""
        self._closed = True
        pool, self._pool = self._pool, None
        if pool is not None:
            await asyncio.to_thread(pool.shutdown, wait=True)

    async def _sign(self, batch: list[SignJob]) -> list[SignedResult | SignFailure]:
        pool = self._running_pool()
        outcomes = await self._try(pool, batch)
        if outcomes is not None:
            return outcomes
        if self._pool is pool:
            self._pool = None
        pool.shutdown(wait=False)
        async with self._apart:  # one after the other: whose worker dies now has killed it
            try:
                return await self._sign_apart(batch)
            finally:
                await self._leave_spare()

    async def _sign_apart(self, batch: list[SignJob]) -> list[SignedResult | SignFailure]:
        """Making a signed document changes nothing outside: it may be made again."""
        if self._spare is None:
            self._spare = self._new_pool(1)
            if not await _starts(self._spare):
                await self._leave_spare()
                detail = "no worker can be started"
                return [SignFailure(id=job.id, code=NO_WORKER, detail=detail, retryable=True) for job in batch]
        outcomes = await self._try(self._spare, batch)
        if outcomes is not None:
            return outcomes
        await self._leave_spare()
        if len(batch) == 1:
            detail = "its worker died, or did not come to an end"
            return [SignFailure(id=batch[0].id, code=WORKER_DIED, detail=detail, retryable=True)]
        half = len(batch) // 2
        return [*await self._sign_apart(batch[:half]), *await self._sign_apart(batch[half:])]

    async def _leave_spare(self) -> None:
        spare, self._spare = self._spare, None
        if spare is not None:
            await asyncio.to_thread(spare.shutdown, wait=True)

    async def _try(self, pool: ProcessPoolExecutor, batch: list[SignJob]) -> list[SignedResult | SignFailure] | None:
        """None: a worker has died, or was ended because it took too long."""
        loop = asyncio.get_running_loop()
        self._in_hand += 1
        try:
            started = loop.run_in_executor(pool, os.getpid)
            signing = loop.run_in_executor(pool, sign_batch, self._keys, batch)
            await asyncio.wait([started])  # however long it takes to start
            started.exception()
            async with asyncio.timeout(self._longest * self._in_hand):
                return await signing
        except TimeoutError:
            _kill(pool)
        except asyncio.CancelledError:
            _kill(pool)  # the service is leaving: what would be made is nobody's, and may never come to an end
            raise
        except BrokenProcessPool:
            pass
        finally:
            self._in_hand -= 1
        return None

    def _running_pool(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = self._new_pool(self._workers)
        return self._pool

    def _new_pool(self, workers: int) -> ProcessPoolExecutor:
        if self._closed:
            raise ConnectionAbortedError("the signing workers are closed")  # it passes: the next life signs
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(workers, mp_context=context, initializer=_prepare_worker)


def _kill(pool: ProcessPoolExecutor) -> None:
    for process in list((pool._processes or {}).values()):
        process.kill()


async def _starts(pool: ProcessPoolExecutor) -> bool:
    """A worker that dies before it has a document died of something else: of memory, of what is not installed."""
    try:
        await asyncio.get_running_loop().run_in_executor(pool, os.getpid)
    except BrokenProcessPool:
        return False
    return True


def sign_batch(keys: Path, jobs: Sequence[SignJob]) -> list[SignedResult | SignFailure]:
    return [sign_one(keys, job) for job in jobs]


def sign_one(keys: Path, job: SignJob) -> SignedResult | SignFailure:
    try:
        return _signed(keys, job)
    except (CannotSign, CannotPrint) as error:
        return SignFailure(id=job.id, code=error.code, detail=str(error), retryable=False)
    except KeyUnreadable as error:
        return SignFailure(id=job.id, code=KEY_UNREADABLE, detail=str(error), retryable=True)
    except OSError as error:
        return SignFailure(id=job.id, code="keys-unavailable", detail=str(error), retryable=True)
    except Exception as error:  # one document's fault must not become its batch's
        return SignFailure(id=job.id, code="unexpected", detail=f"{type(error).__name__}: {error}", retryable=False)


def _signed(keys: Path, job: SignJob) -> SignedResult:
    second = job.signed_at.astimezone(UTC).replace(microsecond=0)
    page = ended(render(job.document, second))
    if job.unsigned:
        return _outcome(job, page, second)
    if job.seen is not None and hashlib.sha256(page).hexdigest() != job.seen:
        raise NotWhatWasSeen("the document is not the one that was previewed")
    seal = _seal(keys, job.leader_sub, job.document.leader_name, job.document.agency_vi, second.date().toordinal())
    return _outcome(job, seal.sign(page, second), second, seal.serial, seal.subject)


def ended(page: bytes) -> bytes:
    """As the signed file begins: the signature's update starts on a line of its own (PDF/A-2 6.1.9)."""
    return page if page.endswith((b"\n", b"\r")) else page + b"\n"


def _outcome(job: SignJob, pdf: bytes, second: datetime, serial: str = "", subject: str = "") -> SignedResult:
    return SignedResult(
        id=job.id,
        pdf=pdf,
        sha256=hashlib.sha256(pdf).hexdigest(),
        size=len(pdf),
        certificate_serial=serial,
        certificate_subject=subject,
        signed_at=second,
    )


@lru_cache(maxsize=SEALS_KEPT)
def _seal(keys: Path, sub: str, name: str, agency: str, _day: int) -> Seal:
    """Kept for one ``_day`` of signing: a certificate renewed in between is picked up on the next."""
    from dossier_signing.documents.authority import DevelopmentAuthority
    from dossier_signing.documents.pades import Seal

    return Seal(DevelopmentAuthority(keys).leader_signer(sub, name, agency))


def _prepare_worker() -> None:
    import typst  # noqa: F401

    import dossier_signing.documents.pades  # noqa: F401

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the service's to answer: it finishes the batch in hand
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A killed service leaves no orphan: a worker holds both ends of its queue and would wait for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)
