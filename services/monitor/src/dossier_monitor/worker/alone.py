"""One worker per instance name. It has no database to keep a lease in: a lock in its data folder stands for one.

The lock is the kernel's, so it is free the moment its holder is dead. A folder the instance never used says nothing of another
machine: then whoever the broker still counts as this member is waited for as long as a dead one counts. Who counts after that
lives.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import socket
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TextIO

import structlog
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from dossier_shared.clock import instant
from dossier_shared.settings.broker import Broker

log = structlog.get_logger()


class Taken(Exception):
    """Another worker has this instance's name."""


class Alone:
    """`known`: this folder is where this instance was before, so that whoever had its name is dead."""

    def __init__(self, folder: Path, member: str, instance: str) -> None:
        """Raises Taken where another process of this machine has it."""
        self.member, self.instance = member, instance
        self._file: TextIO = (folder / f"{member}.lock").open("a+", encoding="utf-8")
        self._file.seek(0)
        before = self._file.read()
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise Taken(self._told(before)) from None
        self.known = bool(before)
        self._file.truncate(0)
        mine = {"pid": os.getpid(), "host": socket.gethostname(), "since": instant(datetime.now(UTC))}
        self._file.write(json.dumps(mine))
        self._file.flush()

    def close(self) -> None:
        """Gives the name back, as the end of the process does."""
        self._file.close()

    async def wait(self, broker: Broker, group: str, patience: float) -> None:
        """Returns once nobody else is this member. Raises Taken."""
        deadline = monotonic() + patience
        while not self.known and (where := await self._elsewhere(broker, group)) is not None:
            if monotonic() > deadline:
                raise Taken(f"instance {self.instance} is held by a process at {where}: {self._advice()}")
            await asyncio.sleep(0.5)

    async def _elsewhere(self, broker: Broker, group: str) -> str | None:
        """The address of the group's member of this name."""
        admin = AIOKafkaAdminClient(**broker.client())
        try:
            await admin.start()
            (answer,) = await admin.describe_consumer_groups([group])
        except (KafkaError, OSError) as error:
            log.warning("not known whether another worker has this name", error=repr(error)[:200])
            return None
        finally:
            await admin.close()
        members = answer.groups[0][5]
        return next((host for _, client, host, *_ in members if client == self.member), None)

    def _told(self, holder: str) -> str:
        try:
            found = json.loads(holder)
            who = f"process {found['pid']} on {found['host']} since {found['since']}"
        except (ValueError, KeyError, TypeError):
            who = "another process"
        return f"instance {self.instance} is held by {who}: {self._advice()}"

    def _advice(self) -> str:
        return "stop that one, or give this one another MONITOR_WORKER_INSTANCE"
