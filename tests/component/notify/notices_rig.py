"""Notices on broker and database in memory, before a push service that opens what it gets; processes come and go on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, cast

import httpx
from tests.unit.notify.push_service import PushService, coded

from dossier_local.memory import MemoryCollection
from dossier_notify.push.devices import Device
from dossier_notify.push.noticing import RULES, Noticing
from dossier_notify.push.pusher import Pusher
from dossier_notify.push.sending import Notices, pushing
from dossier_notify.push.services import PushServices
from dossier_notify.push.store import Attempts, Devices
from dossier_notify.push.vapid import Vapid
from dossier_notify.unpublished import Unpublished
from dossier_shared.journal.ledger import Ledger

from .rig import CLAIM, Process, World

VAPID = Vapid(coded(bytes(range(1, 33))), "mailto:it@example.vn")
ORIGIN = "http://push.test"
HOME = "https://one.example.vn/intake/?lang={lang}#d-{code}"


class MemoryDevices:
    """What `push.store.Devices` does in the database (test_devices.py)."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[Device, str | None, str]] = {}
        self.reached_ones: list[str] = []

    async def any(self) -> bool:
        return bool(self.kept)

    async def ids_of(
        self, persons: Collection[str], accounts: Collection[str]
    ) -> Sequence[tuple[str, str | None, str]]:
        return [
            (id_, person, owner)
            for id_, (_, person, owner) in self.kept.items()
            if person in persons or owner in accounts
        ]

    async def load(self, ids: Collection[str]) -> Mapping[str, Device]:
        return {id_: self.kept[id_][0] for id_ in ids if id_ in self.kept}

    async def reached(self, ids: Collection[str]) -> None:
        self.reached_ones += ids

    async def drop(self, ids: Collection[str]) -> None:
        for id_ in ids:
            self.kept.pop(id_, None)


class MemoryAttempts:
    def __init__(self) -> None:
        self.marks: set[str] = set()

    async def begin(self, references: Sequence[str]) -> set[str]:
        fresh = set(references) - self.marks
        self.marks |= fresh
        return fresh

    async def take_back(self, references: Sequence[str]) -> None:
        self.marks -= set(references)


class Noticed(World):
    """What outlives a process."""

    def __init__(self) -> None:
        super().__init__()
        self.service = PushService(ORIGIN, VAPID.public)
        self.devices, self.attempts, self.notices = MemoryDevices(), MemoryAttempts(), MemoryCollection()
        self.down = False

    def device(self, name: str, *, person: str | None = None, owner: str = "citizen-1", lang: str = "vi") -> str:
        subscription = self.service.browser(name).subscription()
        keys = subscription["keys"]
        made = Device(name, subscription["endpoint"], keys["p256dh"], keys["auth"], cast(Any, lang), VAPID.public)
        self.devices.kept[name] = (made, person, owner)
        return f"/send/{name}"

    async def answer(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            raise httpx.ConnectError("down", request=request)
        return httpx.Response(self.service.answer(request.url.path, request.headers, request.content))

    def living(self) -> Living:
        return Living(self)

    @property
    def states(self) -> list[Mapping[str, Any]]:
        return [document["state"] for document in self.notices.documents.values()]

    @property
    def outcomes(self) -> list[tuple[str, str | None]]:
        return sorted((m["status"], m.get("reason")) for state in self.states for m in state["messages"])


class Living:
    """One life of one replica: text messages as in `rig`, notices beside them."""

    def __init__(self, world: Noticed) -> None:
        self.world, self.process = world, Process(world, f"notify-1@{world.lives}")
        world.lives += 1
        clock = world.clock
        ledger = Ledger(RULES, world.notices, Unpublished(), clock, claimant=f"notify-1@{world.lives}", claim_for=CLAIM)
        devices, attempts = cast(Devices, world.devices), cast(Attempts, world.attempts)
        self.noticing = Noticing(ledger, world.dossiers, devices, clock)
        self.process.consumer.on_heard.append(self.noticing.heard)
        transport = httpx.MockTransport(world.answer)
        self.pusher = Pusher(VAPID, PushServices(ORIGIN), timeout=1.0, transport=transport)
        notices = Notices(devices, attempts, self.pusher, clock, HOME)
        margin = timedelta(seconds=7.5)
        self.effects = pushing(ledger, world.notices.open_claims, notices, margin=margin, sweep_every=2.0)

    async def run(self) -> None:
        await self.process.run()
        await self.process.sweep()
        await self.push()

    async def push(self) -> None:
        while self.effects._fresh:
            await self.effects.act_once()
        while await self.effects.sweep():
            pass
