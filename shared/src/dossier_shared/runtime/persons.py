"""The topic of the persons' keys, followed into memory, by every process that opens what is sealed."""

from __future__ import annotations

from collections.abc import Collection, Set

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from dossier_shared.adapters.compacted import Followed
from dossier_shared.adapters.security_module import InModule, NoSuchKey
from dossier_shared.contracts.topics import PERSON_KEYS
from dossier_shared.journal.persons import PersonKeys
from dossier_shared.journal.wrapping import Agreement, PrivateKeys, Together, Wrapper
from dossier_shared.settings.pkcs11_uri import TokenKey
from dossier_shared.settings.reading import refuse
from dossier_shared.settings.service import ServiceSettings
from dossier_shared.settings.wrapping_key import read_all


def wrapper(settings: ServiceSettings) -> Wrapper | None:
    """Ends the process, as other settings that cannot be used do, where a security module does not have the key."""
    if not settings.wrapping_keys:
        return None
    try:
        return Wrapper(Together([_place(key) for key in read_all(settings.wrapping_keys)]))
    except NoSuchKey as error:
        refuse(settings.service, f"{settings.model_config['env_prefix']}WRAPPING_KEY: {error}")


def _place(key: X25519PrivateKey | TokenKey) -> Agreement:
    return InModule(key) if isinstance(key, TokenKey) else PrivateKeys([key])


class Persons:
    """`topics`: others of this process, by which a broker that has no such topic is told from one that answers nothing yet."""

    def __init__(self, topics: Collection[str], settings: ServiceSettings) -> None:
        self.keys = PersonKeys(settings.called, wrapper(settings), settings.service)
        self.followed = Followed((PERSON_KEYS,), self.keys.take, self.keys.whole, self._absent)
        self._topics = frozenset(topics)

    def _absent(self, there: Set[str]) -> None:
        """A deployment of before has the topic only once it is provisioned again: nothing is encrypted there."""
        if self._topics <= there:
            self.keys.whole()
