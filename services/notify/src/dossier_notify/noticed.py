"""Notices to devices, put together: the list of devices always, what sends to them where there is a key."""

from __future__ import annotations

from fastapi import FastAPI

from dossier_notify.pages.notices import PAGE, notices_page
from dossier_notify.push.api import devices_router
from dossier_notify.push.noticing import RULES, Noticing
from dossier_notify.push.privacy import devices_of_person_router
from dossier_notify.push.pusher import Pusher
from dossier_notify.push.sealing import DeviceBoxes
from dossier_notify.push.sending import Notices, clean, pushing
from dossier_notify.push.services import PushServices
from dossier_notify.push.store import Attempts, Devices
from dossier_notify.settings import Settings
from dossier_notify.store import notices_kept
from dossier_notify.unpublished import unpublished
from dossier_shared.http.root import own_url
from dossier_shared.runtime.service import Runtime


class Noticed:
    """Made before the application, as what prepares the service is; `routes` once there is one."""

    def __init__(self, settings: Settings, runtime: Runtime) -> None:
        key = settings.person_key.encode()
        self._vapid, self._services = settings.vapid, PushServices(settings.push_services)
        self._home = settings.neighbours.get("intake")
        self.devices = Devices(runtime.db, runtime.clock, key, DeviceBoxes(runtime.persons.keys, key))
        self._pusher: Pusher | None = None
        runtime.purging.forget_persons.append(self.devices.forget)
        runtime.add(prepare=self.devices.ensure_indexes)
        if self._vapid is not None:
            self._pusher = Pusher(self._vapid, self._services, timeout=settings.call_timeout)
            self._send(settings, runtime, self._pusher)

    def _send(self, settings: Settings, runtime: Runtime, pusher: Pusher) -> None:
        kept, attempts = notices_kept(runtime.db), Attempts(runtime.db, runtime.clock)
        ledger = unpublished(RULES, kept, settings, runtime)
        notices = Notices(self.devices, attempts, pusher, runtime.clock, self._address("#d-{code}"))
        effects = pushing(ledger, kept.open_claims, notices, margin=settings.margin, sweep_every=settings.sweep_seconds)
        noticing = Noticing(ledger, runtime.dossiers, self.devices, runtime.clock)

        async def prepare() -> None:
            await kept.ensure_indexes()
            await attempts.ensure_indexes()

        runtime.add(
            prepare=prepare,
            effects=[effects],
            tasks=[lambda: clean(kept, runtime.clock)],
            on_heard=[noticing.heard],
        )

    def routes(self, app: FastAPI) -> None:
        public = self._vapid.public if self._vapid is not None else None
        app.include_router(devices_router(self.devices, self._services, public))
        app.include_router(notices_page(self.devices, public, self._address()))
        app.include_router(devices_of_person_router(self.devices))

    async def aclose(self) -> None:
        if self._pusher is not None:
            await self._pusher.aclose()

    def _address(self, place: str = "") -> str:
        """Where the person's dossiers are; where nobody said where intake is, the list of devices."""
        return f"{self._home}/?lang={{lang}}{place}" if self._home else own_url(f"{PAGE}?lang={{lang}}")
