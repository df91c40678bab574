"""What becomes of an intent to sign. Pure."""

from __future__ import annotations

from typing import NamedTuple


class Made(NamedTuple):
    """A signed result in the file store. `certificate`: serial, hexadecimal."""

    file: str
    size: int
    certificate: str


class NotMade(NamedTuple):
    """It cannot be made as it stands; a repetition would not help."""

    code: str
