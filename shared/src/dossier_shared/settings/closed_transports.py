"""Makes aiokafka live through uvloop's word for a connection that is closed already.

asyncio's own transports drop what is written to a closed one, or raise OSError, which aiokafka takes for a broken connection;
uvloop raises RuntimeError. It ended the client's metadata task (seen in a fault test: the broker back after half a minute, the
consumer waiting for metadata for ever, the service calling itself ready). Said as the error it is, the client connects anew.
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
