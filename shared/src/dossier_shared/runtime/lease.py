"""The lease on an instance's name: one process at a time has it, by an entry in the service's database with a growing epoch.

`leases` holds one document per instance. The holder renews it every second. A second process that sees it renewed is refused. A
lease that is not renewed runs out after three seconds, by the database's clock; where the holder is provably gone (same machine,
same namespace of processes), it is taken over at once. The next holder's epoch is one higher (fencing): an older process that
was only suspended finds that out before it acts on anything outside, and ends.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

import structlog

from dossier_shared.adapters.mongo import Database, DuplicateKey
from dossier_shared.clock import instant

log = structlog.get_logger()
LASTS = 3.0  # seconds
RENEWED_EVERY = 1.0
LOOKS_EVERY = 0.2
_LIVE: set[str] = set()  # leases held within this very process: tests run several services in one
Document = Mapping[str, Any]


class Fenced(RuntimeError):
    """Another process has the lease: this one must not act any more."""


class Lease:
    def __init__(self, db: Database, service: str, instance: str, *, lasts: float = LASTS) -> None:
        self.service, self.instance = service, instance
        self.table: Any = db["leases"]
        self.lasts = lasts
        self.boot = token_hex(8)  # this process's life
        self.epoch = 0
        self.fenced: str | None = None  # who has it instead
        self._until = 0.0  # by our own clock: certainly ours so long

    async def take(self) -> None:
        """Waits until the lease is ours. Raises Fenced where another process keeps renewing it."""
        await self._ensure()
        first: tuple[Any, Any] | None = None
        while True:
            asked = _now()
            holder = await self.table.find_one({"_id": self.instance}) or {}
            gone = holder.get("boot") if _gone(holder) else None
            taken = await self.table.find_one_and_update(
                {"_id": self.instance, "$or": [{"boot": gone}, {"$expr": {"$lt": ["$until", "$$NOW"]}}]},
                [{"$set": self._mine({"$add": ["$epoch", 1]}) | {"since": "$$NOW"}}],
                return_document=True,
            )
            if taken is not None:
                self.epoch, self._until = int(taken["epoch"]), asked + self.lasts
                _LIVE.add(self.boot)
                return
            if first is not None and (holder.get("boot"), holder.get("until")) != first:
                self.fenced = self._told(holder)
                raise Fenced(self.fenced)
            first = first or (holder.get("boot"), holder.get("until"))
            await asyncio.sleep(LOOKS_EVERY)

    async def _ensure(self) -> None:
        with suppress(DuplicateKey):
            await self.table.insert_one({"_id": self.instance, "epoch": 0, "boot": None, "until": _PAST})

    def _mine(self, epoch: Any) -> dict[str, Any]:
        until = {"$add": ["$$NOW", int(self.lasts * 1000)]}
        return {"epoch": epoch, "boot": self.boot, "until": until} | {name: {"$literal": v} for name, v in HERE.items()}

    async def renew(self) -> None:
        """Raises Fenced where another process has a higher epoch. A database put back may have a lower one or none: we go on."""
        asked = _now()
        await self._ensure()
        found = await self.table.find_one_and_update(
            {"_id": self.instance, "$or": [{"boot": self.boot}, {"epoch": {"$lt": self.epoch}}]},
            [{"$set": self._mine(self.epoch) | {"since": {"$ifNull": ["$since", "$$NOW"]}}}],
        )
        if found is None:
            self._until = 0.0
            self.fenced = self._told(await self.table.find_one({"_id": self.instance}) or {})
            raise Fenced(self.fenced)
        self._until = asked + self.lasts

    async def holds(self) -> bool:
        """To be asked right before an effect outside. A process that was suspended asks the database again."""
        if self.fenced is not None or not self.epoch:
            return False
        if _now() < self._until:
            return True
        with suppress(Exception):
            await self.renew()
            return True
        return False

    async def keep(self) -> None:
        """Renews for ever; an outage is waited out. Raises Fenced where another process took over."""
        while True:
            await asyncio.sleep(RENEWED_EVERY)
            try:
                await self.renew()
            except Fenced:
                raise
            except Exception as error:
                log.warning("lease not renewed", error=repr(error)[:200])

    async def give_back(self) -> None:
        """Gives the lease back: the next process of this name need not wait."""
        _LIVE.discard(self.boot)
        if self.epoch and self.fenced is None:
            self._until, self.epoch = 0.0, 0
            await self.table.update_one({"_id": self.instance, "boot": self.boot}, {"$set": {"until": _PAST}})

    def _told(self, holder: Document) -> str:
        since = instant(holder["since"]) if holder.get("since") else "?"
        return (
            f"instance {self.instance} is held by process {holder.get('pid')} on {holder.get('host')}"
            f" since {since} (epoch {holder.get('epoch')}): stop that one, or give this one another"
            f" {self.service.upper().replace('-', '_')}_INSTANCE"
        )


def _gone(holder: Document) -> bool:
    """Provably: its numbers mean the same here, and there is no such process."""
    if holder.get("boot") is None or HERE["place"] is None or holder.get("place") != HERE["place"]:
        return False
    if (holder.get("pid"), holder.get("began")) == (HERE["pid"], HERE["began"]):
        return holder["boot"] not in _LIVE
    return _began(int(holder["pid"])) != holder.get("began")


def _now() -> float:
    """Goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def _began(pid: int) -> str | None:
    """When the process began, in ticks of its machine; None: there is none, or it has ended and is not buried yet."""
    with suppress(OSError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if fields[0] in "ZX" else fields[19]
    return None


def _place() -> str | None:
    """Where the numbers of processes mean the same: one boot of one machine, one namespace. None where nothing tells."""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    return None


HERE = {"host": socket.gethostname(), "pid": os.getpid(), "began": _began(os.getpid()), "place": _place()}
_PAST = datetime(1970, 1, 1, tzinfo=UTC)
