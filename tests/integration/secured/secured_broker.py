"""The real broker as production demands it: nobody is let in unnamed, and nobody may do what no right allows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from dossier_local import broker
from dossier_local.ports import LOOPBACK, Ports
from dossier_local.processes import Process
from dossier_local.rights import USERS
from dossier_local.waiting import eventually
from dossier_shared.settings.broker import Broker, Protocol

from .authority import Authority

ROOT = "root"  # who is there before there are rights
PASSWORDS = {ROOT: "root-12345", **{user: f"{user}'s own, {user[0]}=…" for user in USERS}}

# The controller's listener is reached by the broker's own process only, unnamed.
_PROPERTIES = """\
listeners=SASL_PLAINTEXT://{host}:{sasl_plaintext},SASL_SSL://{host}:{sasl_ssl},SSL://{host}:{ssl},CONTROLLER://{host}:{controller}
listener.security.protocol.map=SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL,SSL:SSL,CONTROLLER:PLAINTEXT
inter.broker.listener.name=SASL_PLAINTEXT
sasl.enabled.mechanisms=SCRAM-SHA-512
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config={login} username="{root}" password="{password}";
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config={login};
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:{root};User:ANONYMOUS
ssl.keystore.type=PEM
ssl.keystore.location={certificate}
ssl.truststore.type=PEM
ssl.truststore.location={authority}
listener.name.ssl.ssl.client.auth=required
ssl.principal.mapping.rules=RULE:^CN=(.*)$/$1/
"""


class SecuredBroker:
    def __init__(self, ports: Mapping[Protocol, int], authority: Authority) -> None:
        self._ports, self.authority = ports, authority

    def seen_by(self, user: str, over: Protocol = "SASL_PLAINTEXT", password: str | None = None) -> Broker:
        """How `user` reaches it: by password, or over SSL by a certificate that names it."""
        servers = f"{LOOPBACK}:{self._ports[over]}"
        if over == "SSL":
            certificate = self.authority.issue(user)
            return Broker(servers, over, ca_file=self.authority.file, certificate_file=certificate)
        return Broker(
            servers,
            over,
            username=user,
            password=password or PASSWORDS[user],
            ca_file=self.authority.file if over == "SASL_SSL" else None,
        )


def environment(seen: Broker) -> dict[str, str]:
    """As a process is told of it."""
    return {
        "KAFKA_BOOTSTRAP_SERVERS": seen.servers,
        "KAFKA_SECURITY_PROTOCOL": seen.protocol,
        "KAFKA_USERNAME": seen.username,
        "KAFKA_PASSWORD": seen.password,
        "KAFKA_CA_FILE": str(seen.ca_file or ""),
        "KAFKA_CERTIFICATE_FILE": str(seen.certificate_file or ""),
    }


# who comes how: every way in, and Faust by password and by certificate
WAYS: dict[str, tuple[str, Protocol]] = {
    "intake": ("intake", "SASL_PLAINTEXT"),
    "review": ("review", "SASL_SSL"),
    "signing": ("signing", "SSL"),
    "notify": ("notify", "SASL_SSL"),
    "monitor": ("monitor", "SASL_SSL"),
    "monitor-worker": ("monitor", "SASL_PLAINTEXT"),
}


def as_itself(kafka: SecuredBroker, service: str) -> dict[str, str]:
    return environment(kafka.seen_by(*WAYS[service]))


@asynccontextmanager
async def secured_broker(folder: Path) -> AsyncIterator[SecuredBroker]:
    authority, ports = Authority(folder / "authority"), Ports({}, free=True)
    listeners: dict[Protocol, int] = {
        "SASL_PLAINTEXT": ports.of(broker.NAME), "SASL_SSL": ports.of("sasl-ssl"), "SSL": ports.of("ssl"),
    }  # fmt: skip
    process: Process | None = None
    try:
        properties = _PROPERTIES.format(
            host=LOOPBACK,
            controller=ports.of(broker.CONTROLLER),
            login="org.apache.kafka.common.security.scram.ScramLoginModule required",
            root=ROOT,
            password=PASSWORDS[ROOT],
            certificate=authority.issue("broker"),
            authority=authority.file,
            **{name.lower(): port for name, port in listeners.items()},
        )
        user = f"SCRAM-SHA-512=[name={ROOT},password={PASSWORDS[ROOT]}]"
        spec = await broker.prepare(
            folder / "kafka", folder / "kafka.log", ports, print, more=properties, first=("--add-scram", user)
        )
        process = running = Process(spec)
        made = SecuredBroker(listeners, authority)

        async def up() -> bool:
            assert running.alive, spec.log.read_text()
            return await made.seen_by(ROOT).trouble() is None

        await eventually(up, within=60)
        yield made
    finally:
        if process is not None:
            await process.stop()
        ports.close()
