"""What of a catalogue will stand on documents, looked at before anything is filed under it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dossier_intake.catalogue.finding import Finding
from dossier_intake.catalogue.model import CatalogueDocument
from dossier_shared.vocabulary.printing import named, unprintable
from dossier_shared.vocabulary.yaml import Place


def printed(document: CatalogueDocument) -> Iterator[Finding]:
    """Names and signatures are set in capitals too."""
    for position, agency in enumerate(document.agencies):
        place: Place = ("agencies", position)
        signature = agency.signature
        yield from _found((*place, "name_vi"), agency.code, agency.name_vi, agency.name_vi.upper())
        if signature is not None:
            for name in ("title", "place", "on_behalf_of"):
                text = getattr(signature, name) or ""
                yield from _found((*place, "signature", name), agency.code, text, text.upper())
            for number, line in enumerate(signature.letterhead):
                yield from _found((*place, "signature", "letterhead", number), agency.code, line, line.upper())
    for position, procedure in enumerate(document.procedures):
        place = ("procedures", position)
        yield from _found((*place, "name_vi"), procedure.code, procedure.name_vi)
        yield from _found((*place, "name_en"), procedure.code, procedure.name_en)
        for where, text in _words(procedure.form, (*place, "form")):
            yield from _found(where, procedure.code, text)


def _words(node: Any, place: Place) -> Iterator[tuple[Place, str]]:
    """Titles of fields and labels of answers, in both languages."""
    if isinstance(node, dict):
        for key, inner in node.items():
            if key in ("title", "vi", "en") and isinstance(inner, str):
                yield (*place, key), inner
            else:
                yield from _words(inner, (*place, key))
    elif isinstance(node, list):
        for number, inner in enumerate(node):
            yield from _words(inner, (*place, number))


def _found(place: Place, code: str, *texts: str) -> Iterator[Finding]:
    odd = {letter: named(letter) for text in texts for letter in unprintable(text)}
    if odd:
        letters = ", ".join(odd.values())
        yield Finding(
            place,
            "unprintable-text",
            f"{code}: có ký tự không in được lên văn bản: {letters}. Hãy thay bằng chữ.",
            f"{code}: it has characters that cannot be printed on a document: {letters}. Replace them with letters.",
        )
