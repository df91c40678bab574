"""How a process reaches Kafka: where, over TLS or not, as whom. Every client is made from one `Broker`.

AIOKafkaConsumer(**broker.client(), group_id=…)
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from aiokafka.client import create_conn
from aiokafka.errors import KafkaError
from aiokafka.helpers import create_ssl_context

from dossier_shared.settings import closed_transports

closed_transports.install()

Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"]
_NO_PASSWORD = ""  # of a key: OpenSSL would else ask for one at the terminal
_ANSWERS_WITHIN = 2.0  # seconds; a readiness probe does not wait longer


@dataclass(frozen=True)
class Broker:
    """`servers`: `host:port`, several separated by commas. A `ca_file` takes the place of the system's authorities;
    `certificate_file` and `key_file` are this process's own (the key may be in the certificate's file). All PEM.

    Raises ValueError, naming the variables, where these do not fit together or a file cannot be used.
    """

    servers: str
    protocol: Protocol = "PLAINTEXT"
    mechanism: Mechanism = "SCRAM-SHA-512"
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None

    def __post_init__(self) -> None:
        both = "KAFKA_USERNAME and KAFKA_PASSWORD"
        if self.sasl and not (self.username and self.password):
            raise ValueError(f"KAFKA_SECURITY_PROTOCOL={self.protocol} needs {both}")
        if not self.sasl and (self.username or self.password):
            raise ValueError(f"{both} are not used with KAFKA_SECURITY_PROTOCOL={self.protocol}")
        for name, file in self._files().items():
            if not self.tls:
                raise ValueError(f"{name} is not used with KAFKA_SECURITY_PROTOCOL={self.protocol}")
            try:
                file.open("rb").close()
            except FileNotFoundError:
                raise ValueError(f"{name}: there is no file {file}") from None
            except OSError as error:
                raise ValueError(f"{name}: {file} cannot be read: {error.strerror}") from None
        if self.key_file and not self.certificate_file:
            raise ValueError("KAFKA_KEY_FILE needs KAFKA_CERTIFICATE_FILE")
        self._try("certificates", cafile=self.ca_file)
        self._try("a certificate and its key without a password", certfile=self.certificate_file, keyfile=self.key_file)

    def _try(self, needed: str, **files: Path | None) -> None:
        given = {name: str(file) for name, file in self._files().items() if file in files.values()}
        if not given:
            return
        try:
            create_ssl_context(**files, password=_NO_PASSWORD)
        except (OSError, ValueError) as error:  # an ssl.SSLError is an OSError
            why = getattr(error, "strerror", None) or error
            found = f"{', '.join(given)} cannot be used: {', '.join(given.values())}"
            raise ValueError(f"{found}: {why}; needed: {needed}, in PEM") from None

    def _files(self) -> dict[str, Path]:
        files = {
            "KAFKA_CA_FILE": self.ca_file,
            "KAFKA_CERTIFICATE_FILE": self.certificate_file,
            "KAFKA_KEY_FILE": self.key_file,
        }
        return {name: file for name, file in files.items() if file is not None}

    @property
    def sasl(self) -> bool:
        return self.protocol.startswith("SASL_")

    @property
    def tls(self) -> bool:
        return self.protocol.endswith("SSL")

    def tls_context(self) -> ssl.SSLContext | None:
        """Read anew each time, so that a client made later has the files as they are by then."""
        if not self.tls:
            return None
        context = create_ssl_context(
            cafile=self.ca_file, certfile=self.certificate_file, keyfile=self.key_file, password=_NO_PASSWORD
        )
        assert isinstance(context, ssl.SSLContext)
        return context

    def client(self) -> dict[str, Any]:
        """What an aiokafka client needs to know of it."""
        return {"bootstrap_servers": self.servers, **self._credentials()}

    def _credentials(self) -> dict[str, Any]:
        found: dict[str, Any] = {"security_protocol": self.protocol, "ssl_context": self.tls_context()}
        if self.sasl:
            found |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
            }
        return found

    async def trouble(self) -> str | None:
        """Why it cannot be used, as far as connecting and signing in go; None where both succeed.

        A client tells only that it could not bootstrap.
        """
        found = []
        for server in self.servers.split(","):
            host, _, port = server.strip().rpartition(":")
            try:
                connecting = create_conn(host.strip("[]"), int(port), client_id="readiness", **self._credentials())
                (await asyncio.wait_for(connecting, _ANSWERS_WITHIN)).close()
            except KafkaError as error:
                who = f" as {self.username!r}" if self.sasl else ""
                found.append(f"{server.strip()} does not let us in{who}: {error}")
            except TimeoutError:
                found.append(f"{server.strip()} does not answer over {self.protocol}")
            except (OSError, ValueError) as error:
                found.append(f"{server.strip()} cannot be reached over {self.protocol}: {error}")
            else:
                return None
        return "; ".join(found)
