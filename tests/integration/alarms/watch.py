"""Monitor on a stack of its own, two web nodes, with rules that a handful of dossiers can break."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition

from dossier_local.memory import Author
from dossier_local.stack import Stack
from dossier_monitor.alarms.offsets import Offsets
from dossier_shared.adapters.kafka import KafkaSender
from dossier_shared.contracts.envelope import Event, decode, encode
from dossier_shared.contracts.events import Accepted, Signed, Submitted
from dossier_shared.contracts.topics import ALARM, BY_SOURCE

RULES = """
- id: late
  kind: late-share
  name: {vi: Nhiều hồ sơ quá hạn, en: Many late dossiers}
  raise: 0.5
  clear: 0.25
  at_least: 4
  severity: warning
  told: [agency]
- id: aside
  kind: dead-letters
  name: {vi: Bản ghi không đọc được, en: Unreadable records}
  raise: 1
  clear: 0
  severity: critical
  told: [operators]
- id: forgotten
  kind: stalled
  name: {vi: Hồ sơ bị bỏ quên, en: Stalled dossiers}
  raise: 1
  clear: 0
  days: 5
  severity: info
  told: [agency]
- id: silent
  kind: silent-agency
  name: {vi: Cơ quan không có hoạt động, en: Silent agency}
  raise: 8
  clear: 1
  severity: info
  told: [above]
"""


class Told:
    """One dossier as intake and signing tell of it: filed on 1 July, due on the 3rd."""

    def __init__(self, agency: str, overseer: str) -> None:
        self.id = str(uuid4())
        self.code = f"{agency}-{self.id[:8]}"
        self.overseer = overseer
        self.intake, self.signing = (Author(source, self.id, agency=agency) for source in ("intake", "signing"))

    def filed(self, at: str = "2025-07-01T01:00:00.000000Z") -> Event:
        data = Submitted(
            code=self.code, procedure="1.001193", procedure_name="Đăng ký khai sinh", catalogue="1",
            channel="online", owner="citizen-1", agency_name="Xã A", overseers=[self.overseer],
        )  # fmt: skip
        return self.intake.says(data, at=at)

    def accepted(self, at: str = "2025-07-01T02:00:00.000000Z") -> Event:
        return self.intake.says(Accepted(appointment="2025-07-03T02:00:00.000000Z"), at=at)

    def signed(self, at: str = "2025-07-03T05:00:00.000000Z") -> Event:
        data = Signed(reference="r", number="1", kind="decision", outcome="approved", owner="citizen-1")
        return self.signing.says(data, at=at)


class Watch:
    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.client = httpx.AsyncClient(trust_env=False, timeout=15)
        self.sender = KafkaSender(stack.broker, client_id="neighbours")
        self._offsets = Offsets(stack.broker)
        self._tokens: dict[tuple[Any, ...], str] = {}

    async def tell(self, *events: Event) -> None:
        batches: dict[str, list[Event]] = defaultdict(list)
        for event in events:
            batches[BY_SOURCE[event.source].name].append(event)
        for topic, batch in batches.items():
            assert all(await self.sender.send(topic, [encode(event) for event in batch]))

    async def tick(self, at: str) -> None:
        """Business time goes on: something happens elsewhere."""
        await self.tell(Told("H99.1", "H99").filed(at))

    async def as_(self, *roles: str, agency: str | None = None, **more: str) -> dict[str, str]:
        wish = (roles, agency)
        if wish not in self._tokens:
            person = {"sub": f"u-{roles[0]}", "roles": list(roles), "agency": agency, "name": "X", "ttl": 900}
            answer = await self.client.post(self.stack.url("identity") + "/token", json=person)
            self._tokens[wish] = answer.json()["access_token"]
        return {"authorization": f"Bearer {self._tokens[wish]}", **more}

    async def get(self, path: str, *roles: str, agency: str | None = None, node: str = "monitor") -> httpx.Response:
        headers = await self.as_(*(roles or ("admin",)), agency=agency)
        return await self.client.get(self.stack.url(node) + path, headers=headers)

    async def alarms(self, rule: str, *roles: str, agency: str | None = None, **about: str) -> list[dict[str, Any]]:
        query = "&".join(f"{name}={value}" for name, value in about.items())
        answer = await self.get(f"/api/v1/alarms?{query}", *roles, agency=agency)
        assert answer.status_code == 200, answer.text
        return [item for item in answer.json()["items"] if item["rule"] == rule]

    async def acknowledge(
        self, alarm: str, note: str, key: str, *roles: str, agency: str | None = None
    ) -> httpx.Response:
        headers = await self.as_(*roles, agency=agency, **{"idempotency-key": key})
        path = f"{self.stack.url('monitor')}/api/v1/alarms/{alarm}/acknowledge"
        return await self.client.post(path, headers=headers, json={"note": note})

    async def published(self, alarm: str) -> list[Event]:
        """What the topic says of one alarm, duplicates dropped."""
        found: dict[int, Event] = {}
        for event in await read(self.stack.kafka, ALARM.name, ALARM.partitions):
            if event.dossier == alarm:
                found.setdefault(event.seq, event)
        return [found[seq] for seq in sorted(found)]

    async def read_up(self, group: str) -> bool:
        """Whether a consumer group has committed everything on the topic of alarms."""
        reading = await self._offsets.read(datetime.now(UTC))
        return reading is not None and reading.lag[group] == 0

    async def aclose(self) -> None:
        await self.client.aclose()
        await self.sender.stop()
        await self._offsets.stop()


async def read(kafka: str, topic: str, partitions: int) -> Sequence[Event]:
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    try:
        places = [TopicPartition(topic, number) for number in range(partitions)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        events: list[Event] = []
        while any([await consumer.position(place) < end for place, end in ends.items()]):
            for batch in (await consumer.getmany(timeout_ms=500)).values():
                events += [decode(record) for record in batch]
        return events
    finally:
        await consumer.stop()
