"""The topic of the persons' keys, followed into memory, by every process that opens what is sealed."""

from __future__ import annotations

from collections.abc import Collection, Set

from dossier_shared.adapters.compacted import Followed
from dossier_shared.contracts.topics import PERSON_KEYS
from dossier_shared.journal.persons import PersonKeys
from dossier_shared.journal.wrapping import PrivateKeys, Wrapper
from dossier_shared.settings.service import ServiceSettings
from dossier_shared.settings.wrapping_key import read_wrapping_keys


def wrapper(settings: ServiceSettings) -> Wrapper | None:
    given = settings.wrapping_keys
    return Wrapper(PrivateKeys(read_wrapping_keys(given))) if given else None


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
