"""Loopback ports: the documented ones, or a free block, so that several stacks stand side by side."""

from __future__ import annotations

import random
import socket
from collections.abc import Mapping

from dossier_local.errors import PortTaken, StackError

LOOPBACK = "127.0.0.1"
_BLOCK = 50  # ports per stack; below 32768, where the kernel picks the ports of outgoing connections
_BLOCKS = range(20_000, 32_000, _BLOCK)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((LOOPBACK, port)) == 0


class Ports:
    """Who listens where. A name keeps its port for life, so that a restarted process is found where it was.

    With `free`, the ports come from a block whose first port is held open as its lock: no two stacks share one.
    Without, a name in `fixed` has that port and any other (a second replica) gets a free one.
    """

    def __init__(self, fixed: Mapping[str, int], *, free: bool) -> None:
        self._fixed = {} if free else dict(fixed)
        self._given: dict[str, int] = {}
        self._lock: socket.socket | None = None
        self._rest: list[int] = []

    def of(self, name: str) -> int:
        if name not in self._given:
            self._given[name] = self._fixed[name] if name in self._fixed else self._next()
        return self._given[name]

    def demand(self, name: str) -> int:
        """Its port, which must be free now."""
        port = self.of(name)
        if not is_free(port):
            raise PortTaken(name, port)
        return port

    def _next(self) -> int:
        if self._lock is None:
            self._lock, self._rest = _take_block()
        while self._rest:
            if is_free(port := self._rest.pop(0)):
                return port
        raise StackError("No free port is left in this stack's block.")

    def close(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def _take_block() -> tuple[socket.socket, list[int]]:
    for first in random.sample(_BLOCKS, len(_BLOCKS)):
        lock = socket.socket()
        try:
            lock.bind((LOOPBACK, first))
            lock.listen(1)
        except OSError:
            lock.close()
            continue
        return lock, list(range(first + 1, first + _BLOCK))
    raise StackError("No block of free ports was found on this machine.")
