"""The QR codes on a photograph, as text. Runs in a worker; the photograph is read and kept nowhere."""

from __future__ import annotations

import json
from io import BytesIO

import pillow_heif
import zxingcpp
from PIL import Image, ImageOps

from dossier_intake.inspection.images import PIXELS
from dossier_intake.inspection.kinds import HEIC, kind_of
from dossier_intake.inspection.verdicts import BROKEN, NO_QR_CODE, TOO_COMPLEX, TOO_MANY_PIXELS, Fit, Refusal, Unfit

JSON = "application/json"
SIDES = (1600, 3200)  # pixels at which it is looked for: most are found in the small picture, and that is fast
MOST, LONGEST = 10, 3000  # codes of one photograph; characters of one, as many as a QR code can have


def qr_codes(content: bytes) -> Fit | Unfit:
    """A JSON list of texts in `content` of the answer."""
    try:
        found: list[str] = []
        for side in SIDES:
            codes = zxingcpp.read_barcodes(
                _opened(content, side), formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
            )
            found = [code.text[:LONGEST] for code in codes[:MOST] if code.text]
            if found:
                return Fit(JSON, json.dumps(found).encode())
        return NO_QR_CODE
    except Refusal as refusal:
        return refusal.verdict
    except MemoryError:
        return TOO_COMPLEX
    except (OSError, ValueError, SyntaxError, EOFError, RuntimeError, IndexError):
        return BROKEN


def _opened(content: bytes, side: int) -> Image.Image:
    """Grey, upright, neither side longer than `side`; a JPEG is decoded no larger than that needs."""
    if kind_of(content) == HEIC:
        source = pillow_heif.open_heif(content, convert_hdr_to_8bit=True)
        _check(source.size)
        picture = source.to_pillow()
    else:
        picture = Image.open(BytesIO(content), formats=["JPEG", "PNG", "WEBP"])
        _check(picture.size)
        picture.draft("L", (side, side))
    picture = ImageOps.exif_transpose(picture)
    picture.thumbnail((side, side))
    return picture.convert("L")


def _check(size: tuple[int, int]) -> None:
    if size[0] * size[1] > PIXELS:
        raise Refusal(TOO_MANY_PIXELS)
