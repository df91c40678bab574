"""Services that have persons' keys, as tests need them: intake makes, the others read."""

from __future__ import annotations

import os
from collections.abc import Iterable

from dossier_shared.contracts.person_keys import PersonKey
from dossier_shared.journal.dead_letters import StoredRecord
from dossier_shared.journal.persons import PersonKeys
from dossier_shared.journal.wrapping import PrivateKeys, Wrapper
from dossier_shared.settings.wrapping_key import of_development

MADE = "2025-07-01T00:00:00.000000Z"


def wrapper(*names: str) -> Wrapper:
    return Wrapper(PrivateKeys([of_development(name) for name in names]))


def ring(name: str, *older: str) -> PersonKeys:
    return PersonKeys(name, wrapper(name, *older))


def made(holder: str, readers: Iterable[str] = ("intake", "notify"), key: bytes | None = None) -> PersonKey:
    return wrapper("intake").wrap(holder, key or os.urandom(32), {name: wrapper(name).public for name in readers}, MADE)


def erased(holder: str) -> PersonKey:
    return PersonKey(holder=holder, erased=MADE)


def told(*records: PersonKey, first: int = 0) -> list[StoredRecord]:
    """As the topic has them, from this offset on."""
    return [
        StoredRecord("privacy.keys", 0, first + n, record.holder.encode(), record.model_dump_json().encode(), [])
        for n, record in enumerate(records)
    ]
