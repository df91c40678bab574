"""One thing to correct in a catalogue."""

from __future__ import annotations

from typing import NamedTuple

from dossier_shared.vocabulary.yaml import Place


class Finding(NamedTuple):
    """`place` in the document that was checked; `code` is stable."""

    place: Place
    code: str
    vi: str
    en: str
