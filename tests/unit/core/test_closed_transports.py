"""A connection that uvloop has closed is a broken connection to aiokafka, and nothing worse."""

from __future__ import annotations

import asyncio
import socket

import pytest
import uvloop
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest

from dossier_shared.settings.broker import Broker


def test_what_is_written_to_a_closed_connection_is_a_connection_error() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(_write_to_a_closed_one(), 10))


async def _write_to_a_closed_one() -> None:
    ours, theirs = socket.socketpair()
    assert Broker("127.0.0.1:9").servers  # whoever makes a client comes by here
    reader, writer = await asyncio.open_connection(sock=ours)
    connection = AIOKafkaConnection("127.0.0.1", 9)
    connection._reader, connection._writer, connection._versions = reader, writer, {3: (0, 1)}
    connection._read_task = asyncio.create_task(asyncio.sleep(5))
    writer.transport.abort()
    await asyncio.sleep(0.01)
    with pytest.raises(KafkaConnectionError, match="broken"):
        await connection.send(MetadataRequest([]))
    assert not connection.connected()
    theirs.close()
