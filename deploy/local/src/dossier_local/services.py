"""Every process above the broker and the database, as data: how it is started and where it listens."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from dossier_shared.contracts.deployments import called


@dataclass(frozen=True, slots=True)
class Service:
    """One kind of process. `env` may name other processes' addresses: `{provider}` becomes the provider's URL."""

    name: str
    module: str
    port: int
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def argv(self) -> tuple[str, ...]:
        """The same entry point as in production."""
        return (sys.executable, "-m", self.module)

    @property
    def prefix(self) -> str:
        return self.name.partition(".")[0].upper().replace("-", "_") + "_"


_URLS = (
    "{{" + ", ".join(f'"{name}": "{{{name}}}"' for name in ("intake", "review", "signing", "notify", "monitor")) + "}}"
)

DEVELOPMENT_ONLY = (
    Service(
        "identity",
        "dossier_local.identity",
        8010,
        {
            "IDENTITY_DATA": "{data}",
            "IDENTITY_CLIENTS": '{{"monitor": {{"secret": "development", "roles": ["recount"]}}}}',
        },
    ),
    Service("provider", "dossier_local.provider", 8011, {"PROVIDER_LEDGER": "{data}/ledger.jsonl"}),
)
PRODUCT = (
    Service("intake", "dossier_intake", 8001),
    Service("review", "dossier_review", 8002),
    Service("signing", "dossier_signing", 8003, {"SIGNING_DATA": "{data}"}),
    Service("notify", "dossier_notify", 8004, {"NOTIFY_PROVIDER_URL": "{provider}"}),
    Service(
        "monitor",
        "dossier_monitor",
        8005,
        {
            "MONITOR_SERVICES": _URLS,
            "MONITOR_CLIENT_SECRET": "development",
            "MONITOR_RECOUNT_HOUR": "-1",  # on demand only
        },
    ),
    Service("monitor-worker", "dossier_monitor.worker", 8006, {"MONITOR_WORKER_DATA": "{data}"}),
)
ALL = DEVELOPMENT_ONLY + PRODUCT
REGISTERS = Service("registers", "dossier_local.registers", 8012)
"""Registers of the State, simulated: only where it is asked for (`dossier up --registers`)."""


def with_registers(services: Sequence[Service] = ALL) -> tuple[Service, ...]:
    """The same, and intake asks the simulated registers."""
    asking = {"INTAKE_POPULATION_URL": "{registers}", "INTAKE_RESULTS_URL": "{registers}"}
    told = [replace(one, env={**one.env, **asking}) if one.name == "intake" else one for one in services]
    return (REGISTERS, *told)


def database_of(service: str, deployment: str = "") -> str:
    """Where the stack, and what is told of in documents, keep it; an agency may call its own as it likes."""
    return f"dossier_{service}" + (f"_{deployment.replace('-', '_')}" if deployment else "")


def of_deployment(service: str, deployment: str, port: int = 0) -> Service:
    """A process of a deployment (`dossier deployments`), called `review.long-khanh`."""
    common, prefix = next(one for one in PRODUCT if one.name == service), f"{service.upper()}_"
    own = {f"{prefix}DEPLOYMENT": deployment, f"{prefix}DATABASE": database_of(service, deployment)}
    return Service(called(service, deployment), common.module, port, {**common.env, **own})


WITH_PAGES = frozenset(service.name for service in PRODUCT) - {"monitor-worker"}  # what NEIGHBOURS names


# What may be given by an environment variable instead of being started here.
INFRASTRUCTURE = {"kafka": "KAFKA_BOOTSTRAP_SERVERS", "mongod": "MONGODB_URL"}


def split(name: str) -> tuple[str, str]:
    """`review#2` is the second replica of review: ("review", "2")."""
    base, _, instance = name.partition("#")
    return base, instance or "1"
