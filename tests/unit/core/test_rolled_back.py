"""What a later version wrote is read by the one that is put back."""

from __future__ import annotations

from dossier_local.contracts.stories import story
from dossier_shared.contracts.envelope import chain_hash, encode, from_entry, to_entry


def test_an_entry_with_more_in_it_is_the_same_event() -> None:
    for event in story():
        later = {**to_entry(event), "kept_by_a_later_version": 1}
        read = from_entry(event.dossier, event.source, later)
        assert read == event
        assert chain_hash(read) == event.hash
        assert encode(read) == encode(event)
