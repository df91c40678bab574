"""What a person is shown where a consumer has stopped: the records that cannot be read, from the group's offset on."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any, NamedTuple

from dossier_shared.contracts.envelope import Event, RawRecord
from dossier_shared.contracts.resend_request import read_request
from dossier_shared.errors import BadRecord
from dossier_shared.journal.hearing import Hearing, Position, asks
from dossier_shared.journal.keyring import Keyring
from dossier_shared.journal.registry import Registry
from dossier_shared.journal.stream import read_event
from dossier_shared.repair import topics
from dossier_shared.settings.broker import Broker

SHOWN = 500  # records, of those that cannot be read
AT_MOST = 20_000  # records of a partition that are looked at at once


def understood(raw: RawRecord, keys: Keyring | None = None, registry: Registry | None = None) -> Event | None:
    """None: a request to publish again. Raises BadRecord."""
    if asks(raw.topic):
        read_request(raw)
        return None
    return read_event(raw, keys, registry)


class Found(NamedTuple):
    """What cannot be read, from the group's offset to `until`; `records` are the first of them."""

    unreadable: int
    records: list[dict[str, Any]]
    until: dict[Position, int]


async def look(
    broker: Broker, hearing: Hearing, keys: Keyring | None = None, registry: Registry | None = None
) -> Found:
    """Finds the unreadable records. It shows their keys, not their content: that is to be read on the topic itself."""
    begin, ends = await asyncio.gather(
        topics.committed(broker, hearing.group, hearing.topics), topics.ends(broker, hearing.topics)
    )
    found = Found(0, [], {})
    for place, end in ends.items():
        first, count = begin.get(place, 0), 0
        if first >= end:
            continue
        async with aclosing(topics.read(broker, place.topic, place.partition, first=first)) as read:
            async for records in read:
                for raw in records:
                    count += _looked_at(raw, found.records, keys, registry)
                found.until[Position(*place)] = records[-1].offset + 1
                if records[-1].offset + 1 - first >= AT_MOST:
                    break
        found = found._replace(unreadable=found.unreadable + count)
    return found


def _looked_at(raw: RawRecord, shown: list[dict[str, Any]], keys: Keyring | None, registry: Registry | None) -> bool:
    try:
        understood(raw, keys, registry)
    except BadRecord as why:
        if len(shown) < SHOWN:
            key = (raw.key or b"")[:100].decode(errors="replace")
            shown.append(
                {"topic": raw.topic, "partition": raw.partition, "offset": raw.offset, "key": key,
                 "size": len(raw.value or b""), "reason": why.reason, "detail": why.detail[:200]}
            )  # fmt: skip
        return True
    return False
