"""The records of `privacy.keys`: by which key a person's data are encrypted. intake alone writes them.

Key: the holder. Value: the data key, wrapped once for each name that may read (`review`, `review.long-khanh`). An erased
person's record stays, without wrappings: who reads the topic for the first time must know that the key will never come.

A holder is a pseudonym, never a number: `p-…`; `p-…-2` for whom was erased and files again; `p-…@long-khanh` for what is filed at
an agency with deployments of its own. A person has a key for each group of readers: else whoever may read one dossier of
theirs could open those that belong to others.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from pydantic import Field

from dossier_shared.contracts.event_parts import Part
from dossier_shared.vocabulary.persons import letters_of

HolderKind = Literal["account", "telephone", "dossier", "file"]
READERS: Final = "@"  # before the deployments that may read


class Wrapping(Part):
    """The data key under the secret of two wrapping keys: the maker's and the reader's."""

    to: str  # id of the reader's wrapping key
    box: str  # base64: nonce 12, AES-256-GCM of the 32 bytes, tag 16


class PersonKey(Part):
    """What stands under one holder."""

    holder: str
    maker: str = ""  # public wrapping key (X25519, base64) of who wrapped it
    wrappings: dict[str, Wrapping] = Field(default_factory=dict)  # by the name of the reader
    made: str = ""  # instant
    erased: str | None = Field(
        default=None, exclude_if=lambda erased: erased is None
    )  # instant; there is no key any more


def person_of_holder(holder: str) -> str:
    """The pseudonym, under whichever of the person's keys."""
    return "-".join(holder.partition(READERS)[0].split("-")[:2])


def every_holder(person: str) -> str:
    """A regular expression of all the keys a person has or had."""
    return rf"^{re.escape(person)}(-[0-9]+)?({READERS}.*)?$"


def holder_of_other(key: bytes, kind: HolderKind, value: str) -> str:
    """Of who has no number known to us; whoever has one is held by it (`vocabulary.persons`)."""
    return f"{kind[0]}-" + letters_of(key, f"{kind}:{value}")
