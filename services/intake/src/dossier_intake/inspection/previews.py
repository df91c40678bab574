"""A page of a paper as a picture. Runs in a worker: what it is given was made by anybody, though it was looked into."""

from __future__ import annotations

from io import BytesIO

import pypdfium2 as pdfium
from PIL import Image, ImageOps

from dossier_intake.inspection.images import PIXELS
from dossier_intake.inspection.kinds import CMS, PDF, kind_of
from dossier_intake.inspection.verdicts import (
    BROKEN,
    PAGE_UNKNOWN,
    PREVIEW,
    TOO_COMPLEX,
    TOO_MANY_PIXELS,
    Fit,
    Refusal,
    Unfit,
)

TALL = 4  # times its width a picture may be at most: a till roll is shown smaller
_QUALITY, _EFFORT = 80, 2


def page(content: bytes, number: int, width: int) -> Fit | Unfit:
    """`number` counts from 1; a picture is its only page. At most `width` pixels wide."""
    try:
        kind = kind_of(content)
        if kind == CMS:
            raise Refusal(PAGE_UNKNOWN)  # a signature has none
        picture = _of_pdf(content, number, width) if kind == PDF else _of_picture(content, number, width)
        out = BytesIO()
        picture.save(out, "WEBP", quality=_QUALITY, method=_EFFORT)
        return Fit(PREVIEW, out.getvalue())
    except Refusal as refusal:
        return refusal.verdict
    except MemoryError:
        return TOO_COMPLEX
    except (pdfium.PdfiumError, OSError, ValueError, SyntaxError):
        return BROKEN


def _of_pdf(content: bytes, number: int, width: int) -> Image.Image:
    with pdfium.PdfDocument(content) as pdf:
        if not 1 <= number <= len(pdf):
            raise Refusal(PAGE_UNKNOWN)
        pdf.init_forms()  # else what was filled in is not drawn
        sheet = pdf[number - 1]
        across, down = (max(side, 1.0) for side in sheet.get_size())
        scale = min(width / across, TALL * width / down)
        picture: Image.Image = sheet.render(scale=scale).to_pil().convert("RGB")
        return picture


def _of_picture(content: bytes, number: int, width: int) -> Image.Image:
    if number != 1:
        raise Refusal(PAGE_UNKNOWN)
    with Image.open(BytesIO(content), formats=["JPEG", "PNG"]) as opened:
        if opened.width * opened.height > PIXELS:
            raise Refusal(TOO_MANY_PIXELS)
        opened.draft("RGB", (width, TALL * width))  # a JPEG is decoded no larger than it is needed
        picture = ImageOps.exif_transpose(opened)
        picture.thumbnail((width, TALL * width))
        if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
            cut = picture.convert("RGBA")
            picture = Image.new("RGB", cut.size, "white")
            picture.paste(cut, mask=cut)
        return picture.convert("RGB")
