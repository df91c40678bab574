"""What a provider of messages has done: an append-only file of JSON lines, on disk before anyone is told.

A reference sent twice has two entries. Nothing is ever removed: the ledger is a witness, not a help. It holds numbers and texts,
if only of made-up people: nobody else's to read.
"""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

Entry = dict[str, Any]


class ProviderLedger:
    """`record` returns once its entries are fsynced; entries of requests that arrive together share one fsync."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = path
        self._by_reference: defaultdict[str, list[Entry]] = defaultdict(list)
        self._waiting: list[tuple[Sequence[Entry], asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None
        path.touch(0o600)
        path.chmod(0o600)  # one of before, too
        self._file = path.open("ab+", buffering=0)
        self._size = self._load()

    def _load(self) -> int:
        """Reads what is there; a last line cut short by a crash was never answered for, and goes."""
        self._file.seek(0)
        content = self._file.read()
        whole = content[: content.rfind(b"\n") + 1]
        self._file.truncate(len(whole))
        for line in whole.splitlines():
            entry = orjson.loads(line)
            self._by_reference[entry["reference"]].append(entry)
        return len(whole)

    def entries(self, reference: str) -> list[Entry]:
        return self._by_reference.get(reference, [])

    async def record(self, entries: Sequence[Entry]) -> None:
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((entries, done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all())
        await done

    async def _write_all(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            lines = b"".join(orjson.dumps(entry) + b"\n" for entries, _ in group for entry in entries)
            try:
                await asyncio.to_thread(self._append, lines)
            except OSError as error:
                self._file.truncate(self._size)
                for _, done in group:
                    if not done.done():
                        done.set_exception(error)
                continue
            self._size += len(lines)
            for entries, done in group:
                for entry in entries:
                    self._by_reference[entry["reference"]].append(entry)
                if not done.done():  # a client that went away
                    done.set_result(None)

    def _append(self, lines: bytes) -> None:
        left = memoryview(lines)
        while left:
            left = left[self._file.write(left) :]
        os.fsync(self._file.fileno())

    def stream(self) -> Iterator[bytes]:
        """The file as far as it was fsynced when this began."""
        left = self._size
        with self.path.open("rb") as file:
            while left > 0 and (piece := file.read(min(left, 1 << 18))):
                left -= len(piece)
                yield piece

    def close(self) -> None:
        self._file.close()
