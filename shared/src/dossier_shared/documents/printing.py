"""From data and a template to a PDF/A-2b; what cannot be printed is a typed failure.

Data reaches a template as one JSON string in `sys.inputs.document`, and is only ever used as data, never as markup. Each template
may import what lies in this room's `templates/` by its name: `#import "frame.typ": *`.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from dossier_shared.documents.fonts import compiler
from dossier_shared.vocabulary import printing


class CannotPrint(Exception):
    """This document cannot be made as it stands; a repetition would not help.

    CannotPrint
    ├── UnprintableText   no font has part of the text: it is written otherwise, or printed with its code points in its place
    └── RenderingFailed   the template did not compile: our fault, not the data's
    """

    code = "unexpected"


class UnprintableText(CannotPrint):
    code = "unprintable-text"


class RenderingFailed(CannotPrint):
    code = "rendering-failed"


def typeset(template: bytes, data: Mapping[str, object], made_at: datetime, *, substitute: bool = False) -> bytes:
    """The same template, data and instant (wall clock) give the same bytes. `substitute`: letters no font has are printed as
    their code points, and nothing is refused for them. Raises UnprintableText, RenderingFailed."""
    if not substitute:
        return _set(template, data, made_at)
    try:
        return _set(template, written(data, printing.substituted), made_at)
    except UnprintableText:  # what the doors know of the fonts is wrong of a letter: still no dead end
        return _set(template, written(data, printing.plainest), made_at)


def joined(pdfs: Sequence[bytes]) -> bytes:
    """One PDF/A of several: what the first says of itself, the pages of all."""
    if len(pdfs) == 1:
        return pdfs[0]
    import pikepdf

    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdfs[0])) as whole:
        for pdf in pdfs[1:]:
            with pikepdf.open(io.BytesIO(pdf)) as more:
                whole.pages.extend(more.pages)
        whole.save(out, deterministic_id=True)
    return out.getvalue()


def page_count(pdf: bytes) -> int:
    import pikepdf

    with pikepdf.open(io.BytesIO(pdf)) as document:
        return len(document.pages)


def forget() -> None:
    """Typst keeps what it has set until ten more documents were: after a large one that is hundreds of megabytes."""
    for _ in range(11):
        compiler().compile(b"", format="pdf")


def written(data: Any, write: Callable[[str], str]) -> Any:
    """A copy with every text of it written by `write`."""
    if isinstance(data, str):
        return write(data)
    if isinstance(data, Mapping):
        return {key: written(value, write) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [written(value, write) for value in data]
    return data


def _set(template: bytes, data: Mapping[str, object], made_at: datetime) -> bytes:
    import typst

    try:
        pdf = compiler().compile(
            {**_beside(), "main": template},  # type: ignore[type-var]  # its stubs know of one file only
            format="pdf",
            sys_inputs={
                "document": json.dumps(data, ensure_ascii=False),
                "fonts": json.dumps(printing.FAMILIES),
            },
            pdf_standards="a-2b",
            pdf_tags=False,
            timestamp=made_at.astimezone(UTC).replace(microsecond=0),
        )
    except typst.TypstError as error:
        if "could not be displayed" in str(error) or "glyph" in str(error):
            raise UnprintableText(str(error)) from error
        raise RenderingFailed(str(error)) from error
    if not isinstance(pdf, bytes):
        raise RenderingFailed("the compiler answered without a document")
    return pdf


@cache
def _beside() -> dict[str, bytes]:
    """What templates import."""
    folder = files("dossier_shared.documents").joinpath("templates")
    return {file.name: file.read_bytes() for file in folder.iterdir()}
