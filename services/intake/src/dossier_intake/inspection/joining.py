"""Photographs of one paper's pages as one PDF, each as it is: nothing is compressed again. Runs in a worker."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import img2pdf

from dossier_intake.inspection.verdicts import BROKEN, TOO_COMPLEX, Fit, Unfit

PDF = "application/pdf"
_A4 = (img2pdf.mm_to_pt(210), img2pdf.mm_to_pt(297))


def join(content: bytes, sizes: Sequence[int]) -> Fit | Unfit:
    """`content`: JPEG files one behind the other. Each stands on a page of A4, upright as its orientation says."""
    pages, at = [], 0
    for size in sizes:
        pages.append(BytesIO(content[at : at + size]))
        at += size
    try:
        made = img2pdf.convert(
            pages,
            layout_fun=img2pdf.get_layout_fun(_A4, auto_orient=True),
            rotation=img2pdf.Rotation.ifvalid,
            nodate=True,
        )
    except MemoryError:
        return TOO_COMPLEX
    except (img2pdf.ImageOpenError, OSError, ValueError, SyntaxError, NotImplementedError):
        return BROKEN
    return Fit(PDF, made, pages=len(pages))
