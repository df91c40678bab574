"""The stack the services stand on: broker, database, and the services themselves as processes of their own.

    async with Stack(folder, free_ports=True) as stack:      # broker, database, topics
        await stack.start("identity", "intake", "review")     # each its own process, ready when this returns
        await stack.start("review#2")                         # a second replica: INSTANCE=2, its own port
        await stack.kill("review")                            # SIGKILL, and it is gone when this returns
        await stack.restart("review", env={"CRASH_AT": "published"})
        await stack.stop("kafka"); await stack.start("kafka")

All methods that wait are coroutines; nothing blocks the event loop. Whatever happens to this process, its children go with
it (leash.py). Another terminal can restart or kill one of them (control.py). With KAFKA_BOOTSTRAP_SERVERS or MONGODB_URL in
the environment that part is used as given and never stopped.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

import httpx

from dossier_local import broker, control, database, event_keys, state
from dossier_local.addresses import broker_at
from dossier_local.errors import NotOurs, NotReadyInTime, ProcessFailed, StackError
from dossier_local.loopback import http
from dossier_local.ports import LOOPBACK, Ports
from dossier_local.processes import Process, Spec
from dossier_local.services import ALL, INFRASTRUCTURE, WITH_PAGES, Service, split
from dossier_local.topics import provision
from dossier_shared.settings.broker import Broker
from dossier_shared.settings.service import DEVELOPMENT_KEY

READY_WITHIN = 180.0  # seconds; generous: a busy laptop starts eight processes at once


class Stack:
    """Processes on one data folder. `services` replaces the table of services (tests use stand-ins); `given`: broker or
    database (`kafka`, `mongod`) by address instead of the environment's. `signed`: with keys made here; nothing else is taken."""

    def __init__(
        self,
        folder: Path,
        *,
        free_ports: bool = False,
        env: Mapping[str, str] | None = None,
        services: Sequence[Service] = ALL,
        given: Mapping[str, str] | None = None,
        signed: bool = False,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.folder = folder.resolve()
        self.services = {service.name: service for service in services}
        self._common = {"DEVELOPMENT": "true", **(env or {})}
        self._own: dict[str, dict[str, str]] = {}
        self._signed = signed
        self._say = say
        self._processes: dict[str, Process] = {}
        self._logged: set[str] = set()  # whose log of this run is begun
        self._lock: TextIO | None = None
        self._control: asyncio.Task[None] | None = None
        fixed = broker.FIXED_PORTS | database.FIXED_PORTS | {s.name: s.port for s in services}
        self._ports = Ports(fixed, free=free_ports)
        self._given = dict(given or {}) or {
            name: os.environ[key] for name, key in INFRASTRUCTURE.items() if os.environ.get(key)
        }

    # --- addresses

    @property
    def kafka(self) -> str:
        """Bootstrap servers."""
        return self._given.get(broker.NAME) or f"{LOOPBACK}:{self._ports.of(broker.NAME)}"

    @property
    def broker(self) -> Broker:
        """The same with what it takes to connect."""
        return broker_at(self.kafka)

    @property
    def mongodb(self) -> str:
        return self._given.get(database.NAME) or database.url(self._ports.of(database.NAME))

    def url(self, name: str) -> str:
        """Base URL of a service, without a trailing slash."""
        return f"http://{LOOPBACK}:{self._ports.of(name)}"

    def env(self, name: str | None = None) -> dict[str, str]:
        """What a service is configured with; without a name, what all share (for a client or a stand-in)."""
        shared = {
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka,
            "MONGODB_URL": self.mongodb,
            "OIDC_ISSUER": self.url("identity"),
            "PERSON_KEY": DEVELOPMENT_KEY,
            **self._common,
        }
        if name is None:
            return shared
        base, instance = split(name)
        service = self.services[base]
        neighbours = {other: self.url(other) for other in self.services if other in WITH_PAGES}
        names = {other.replace("-", "_"): self.url(other) for other in self.services}
        data = self.folder / base
        own = {key: value.format(data=data, **names) for key, value in service.env.items()}
        key = event_keys.development_key(self.folder, base)
        if self._signed and key.exists():
            own["EVENT_KEY"] = key.read_text()
        listen = {"HOST": LOOPBACK, "PORT": str(self._ports.of(name)), "INSTANCE": instance}
        shared.setdefault("NEIGHBOURS", json.dumps(neighbours))  # behind a proxy the public addresses are others
        return {**shared, **own, **{service.prefix + k: v for k, v in listen.items()}, **self._own.get(name, {})}

    def log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name.replace('#', '-')}.log"

    # --- the whole

    async def __aenter__(self) -> Self:
        """Broker, database and topics; no service yet."""
        self._lock = state.lock(self.folder)
        try:
            if left := await asyncio.to_thread(state.sweep, self.folder):
                self._say(f"Stopped what an earlier run left: {', '.join(left)}")
            await self.start(*(name for name in INFRASTRUCTURE if name not in self._given))
            await provision(self.broker)
            if self._signed:
                await event_keys.develop(self.broker, self.folder)
            self._control = asyncio.create_task(control.obey(self))
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def start_all(self, *names: str) -> None:
        """Every service of the table (or those named), after what they need."""
        wanted = names or tuple(self.services)
        first = [name for name in wanted if name in ("identity", "provider", "registers")]
        await self.start(*first)
        await self.start(*(name for name in wanted if name not in first))

    async def close(self) -> None:
        """Stops the services, then broker and database; frees ports and folder. Safe to call twice."""
        if self._control is not None:
            self._control.cancel()
            await asyncio.gather(self._control, return_exceptions=True)
            self._control = None
        await asyncio.gather(*(self._stop(name) for name in list(self._processes) if name not in INFRASTRUCTURE))
        await asyncio.gather(*(self._stop(name) for name in list(self._processes)))
        self._ports.close()
        if self._lock is not None:
            state.clear(self.folder)
            self._lock.close()
            self._lock = None

    # --- one process

    async def start(self, *names: str, env: Mapping[str, str] | None = None, ready: bool = True) -> None:
        """Starts processes side by side and waits until each is ready. `env` is added to each now and at later restarts.

        With `ready=False` it returns as soon as they are started (a service that is to crash on its way up, say).
        """
        for name in names:
            if env is not None:
                self._own[name] = dict(env)
        results = await asyncio.gather(*(self._start(name, ready=ready) for name in names), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def stop(self, name: str, grace: float = 20) -> int:
        """SIGTERM, then SIGKILL after `grace` seconds. Returns the exit status."""
        self._demand_ours(name)
        return await self._stop(name, grace)

    async def kill(self, name: str, number: int = signal.SIGKILL) -> int:
        """Sends the signal and waits for the end. Returns the exit status (-9 for SIGKILL)."""
        code = await self._process(name).kill(number)
        self._forget(name)
        return code

    async def restart(self, name: str, env: Mapping[str, str] | None = None) -> None:
        """Stops it if it runs, starts it again on the same port; `env` replaces what was given to it alone before."""
        self._demand_ours(name)
        await self._stop(name)
        await self.start(name, env=env)

    def pause(self, name: str) -> None:
        """SIGSTOP: it keeps its connections and does nothing."""
        self._process(name).send(signal.SIGSTOP)

    def resume(self, name: str) -> None:
        self._process(name).send(signal.SIGCONT)

    async def wait(self, name: str, timeout: float = 30) -> int:
        """Waits until it ends by itself (a crash point, say). Returns the exit status."""
        code = await self._process(name).wait(timeout)
        self._forget(name)
        return code

    def alive(self, name: str) -> bool:
        return name in self._processes and self._processes[name].alive

    def pid(self, name: str) -> int:
        return self._process(name).pid

    @property
    def running(self) -> tuple[str, ...]:
        return tuple(name for name in self._processes if self.alive(name))

    @property
    def started(self) -> tuple[str, ...]:
        """Every process that was started and not stopped, dead or alive."""
        return tuple(self._processes)

    async def is_ready(self, name: str) -> bool:
        """Alive and answering."""
        if not self.alive(name):
            return False
        probes: dict[str, Callable[[int], Awaitable[bool]]] = {
            broker.NAME: broker.is_ready,
            database.NAME: database.is_ready,
        }
        return await probes.get(name, _answers)(self._ports.of(name))

    # --- inside

    async def _start(self, name: str, *, ready: bool) -> None:
        if self.alive(name):
            return
        if name not in self._logged and self.log(name).exists():
            self.log(name).replace(self.log(name).with_suffix(".previous.log"))
        self._logged.add(name)
        self._processes[name] = Process(await self._spec(name))
        self._save()
        if ready:
            await self._wait_ready(name)

    async def _spec(self, name: str) -> Spec:
        self._demand_ours(name)
        if name == broker.NAME:
            return await broker.prepare(self.folder / name, self.log(name), self._ports, self._say)
        if name == database.NAME:
            return database.prepare(self.folder / name, self.log(name), self._ports)
        base, _ = split(name)
        if base not in self.services:
            raise StackError(f"There is no service {base!r}. There are: {', '.join(self.services)}.")
        self._ports.demand(name)
        return Spec(name, self.services[base].argv, self.log(name), self.folder / base, self.env(name))

    async def _wait_ready(self, name: str) -> None:
        process, deadline = self._processes[name], time.monotonic() + READY_WITHIN
        while not await self.is_ready(name):
            if not process.alive:
                raise ProcessFailed(name, process.returncode, process.spec.log)
            if time.monotonic() > deadline:
                raise NotReadyInTime(name, READY_WITHIN, process.spec.log)
            await asyncio.sleep(0.05)

    async def _stop(self, name: str, grace: float = 20) -> int:
        if name not in self._processes:
            return 0
        code = await self._processes[name].stop(grace)
        self._forget(name)
        return code

    def _process(self, name: str) -> Process:
        self._demand_ours(name)
        if name not in self._processes:
            raise StackError(f"{name} is not running.")
        return self._processes[name]

    def _demand_ours(self, name: str) -> None:
        if name in self._given:
            raise NotOurs(name, INFRASTRUCTURE[name])

    def _forget(self, name: str) -> None:
        self._processes.pop(name, None)
        self._save()

    def _save(self) -> None:
        if self._lock is not None:
            entries = {
                name: state.Entry(p.pid, p.started, self._ports.of(name), str(p.spec.log))
                for name, p in self._processes.items()
            }
            state.save(self.folder, self.env(), entries, self._given)


async def _answers(port: int) -> bool:
    try:
        async with http(timeout=2) as client:
            return (await client.get(f"http://{LOOPBACK}:{port}/health/ready")).is_success
    except httpx.TransportError:
        return False
