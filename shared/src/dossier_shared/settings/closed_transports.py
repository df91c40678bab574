"""Makes a write to a closed connection raise OSError under uvloop, as aiokafka expects.

asyncio's own transports drop such a write, or raise OSError, which aiokafka takes for a broken connection. uvloop raises
RuntimeError, which ended the client's metadata task (seen in a fault test: the broker was back after half a minute, but the
consumer waited for metadata for ever while the service was ready). With OSError the client connects anew.
"""

from __future__ import annotations

from typing import Any

from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError

_send = AIOKafkaConnection.send


def _send_or_say(self: Any, request: Any, expect_response: bool = True) -> Any:
    try:
        return _send(self, request, expect_response)
    except RuntimeError as error:
        self.close(reason=CloseReason.CONNECTION_BROKEN)
        raise KafkaConnectionError(f"Connection at {self._host}:{self._port} broken: {error}") from error


def install() -> None:
    """Once in a process, before the first client."""
    AIOKafkaConnection.send = _send_or_say
