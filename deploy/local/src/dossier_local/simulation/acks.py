"""The clients' own file: what they were told, on disk before it counts. Acknowledgements that come together share an fsync."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import orjson

from dossier_local.reconciliation.world import Ack


class AckFile:
    """Appends; an earlier run's lines stay unless the file is removed first."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file = path.open("ab", buffering=0)
        self._waiting: list[tuple[Sequence[Ack], asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def write(self, acks: Sequence[Ack]) -> None:
        """Returns once they are fsynced."""
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((acks, done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all())
        await done

    async def _write_all(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            lines = b"".join(orjson.dumps(asdict(ack)) + b"\n" for acks, _ in group for ack in acks)
            try:
                await asyncio.to_thread(self._append, lines)
            except OSError as error:
                for _, done in group:
                    if not done.done():
                        done.set_exception(error)
                continue
            for _, done in group:
                if not done.done():
                    done.set_result(None)

    def _append(self, lines: bytes) -> None:
        left = memoryview(lines)
        while left:
            left = left[self._file.write(left) :]
        os.fsync(self._file.fileno())

    async def close(self) -> None:
        if self._writer is not None:
            await self._writer
        self._file.close()
