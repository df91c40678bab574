"""A service signs what it publishes, from the moment its key is published and in force."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dossier_shared.clock import instant
from dossier_shared.contracts.envelope import Record
from dossier_shared.contracts.keys import key_id, signed_topic
from dossier_shared.journal.keyring import Keyring
from dossier_shared.journal.publisher import Sender
from dossier_shared.journal.signatures import TOGETHER, sign_together

log = structlog.get_logger()


class Signer:
    """Signs what a service sends, once its key is published and in force. Until then it sends unsigned, where that is still
    taken, and else nothing: what is not sent stays pending, and nothing is lost."""

    def __init__(
        self, service: str, private: Ed25519PrivateKey | None, keys: Keyring, now: Callable[[], datetime]
    ) -> None:
        self._service, self._private, self._keys, self._now = service, private, keys, now
        self._id = key_id(private.public_key().public_bytes_raw()) if private else ""

    def trouble(self) -> str | None:
        """Why it does not sign, where it should."""
        demanded = self._keys.demanded(self._service)
        if self._private is None:
            return "signatures are demanded, and there is no EVENT_KEY: events are not sent" if demanded else None
        key = self._keys.key(self._service, self._id)
        if key is None:
            why = "is not published"
        elif key.revoked or key.until is not None:
            why = "is revoked" if key.revoked else "is retired"
        elif key.since > instant(self._now()):
            why = f"is in force from {key.since} on"
        else:
            return None
        return f"key {self._id} {why}: events are {'not sent' if demanded else 'sent unsigned'}"

    def vouch(self, statement: bytes) -> tuple[str, bytes]:
        """Signs what the service says of itself; answers the key's id too. Both empty: it has no key."""
        return (self._id, self._private.sign(statement)) if self._private is not None else ("", b"")

    def sign(self, topic: str, records: Sequence[Record]) -> Sequence[Record] | None:
        """None: they must not be sent now."""
        if self._private is None or self.trouble() is not None:
            return None if self._keys.demanded(self._service) else records
        signed: list[Record] = []
        for first in range(0, len(records), TOGETHER):
            signed += sign_together(self._private, self._id, topic, records[first : first + TOGETHER])
        return signed


class SigningSender:
    """A sender of a service's events; what belongs on other topics goes as it is."""

    def __init__(self, sender: Sender, service: str, signer: Signer) -> None:
        self._sender, self._signer = sender, signer
        own = signed_topic(service)
        self._topic = own.name if own is not None else None

    def trouble(self) -> str | None:
        """Why events are not signed, where they should be."""
        return self._signer.trouble()

    @property
    def vouch(self) -> Callable[[bytes], tuple[str, bytes]]:
        return self._signer.vouch

    async def send(self, topic: str, records: Sequence[Record]) -> list[bool]:
        if topic != self._topic:
            return await self._sender.send(topic, records)
        signed = self._signer.sign(topic, records)
        if signed is None:
            log.error("events held back", why=self.trouble())
            return [False] * len(records)
        return await self._sender.send(topic, signed)
