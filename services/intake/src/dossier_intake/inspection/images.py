"""Pictures: decoded once to see that they are some, and kept without what tells where and with what they were taken.

JPEG and PNG lose whole segments only, their pixels stay as they came; a picture with nothing to lose keeps every byte.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO

import pillow_heif
from PIL import Image, ImageOps, PngImagePlugin

from dossier_intake.inspection.verdicts import BROKEN, TOO_MANY_PIXELS, Fit, Refusal

PIXELS = 80_000_000  # A3 at 600 dpi
_STEPS = (
    (90, 1.0),
    (80, 1.0),
    (80, 0.7),
    (75, 0.5),
    (75, 0.25),
)  # quality and scale of a converted picture, until it fits
_ORIENTATION = 0x0112
_PNG_KEPT = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"pHYs", b"bKGD", b"sBIT"}
)
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length
_SOI, _EOI, _SOS, _APP0, _APP1, _APP2, _APP14, _APP15, _COM = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE

Image.MAX_IMAGE_PIXELS = None  # judged here
PngImagePlugin.MAX_TEXT_MEMORY = 1024 * 1024


def jpeg(content: bytes) -> Fit:
    with _opened(content, "JPEG") as picture:
        orientation = picture.getexif().get(_ORIENTATION, 1)
        picture.draft("L", (max(picture.width // 8, 1), max(picture.height // 8, 1)))  # every byte, few of the pixels
        _decode(picture)
    return _fit("image/jpeg", content, b"".join(_jpeg_parts(content, orientation)))


def png(content: bytes) -> Fit:
    with _opened(content, "PNG") as picture:
        _decode(picture)
    return _fit("image/png", content, b"".join(_png_parts(content)))


def heic(content: bytes, limit: int) -> Fit:
    """As JPEG, upright, at most `limit` bytes."""
    try:
        picture = _of_heic(content)
    except (OSError, ValueError, SyntaxError, EOFError, RuntimeError):
        raise Refusal(BROKEN) from None
    except MemoryError:  # it is decoded whole, and then once more as another kind
        raise Refusal(TOO_MANY_PIXELS) from None
    out = BytesIO()
    for quality, scale in _STEPS:
        small = picture if scale == 1 else picture.resize((int(picture.width * scale), int(picture.height * scale)))
        out = BytesIO()
        small.save(out, "JPEG", quality=quality, icc_profile=picture.info.get("icc_profile"))
        if out.tell() <= limit:
            break
    return Fit("image/jpeg", out.getvalue(), ("converted", "metadata-removed"))


def _of_heic(content: bytes) -> Image.Image:
    """Upright. Of 60 megapixels each copy is 180 MB, so none is made that is not needed."""
    source = pillow_heif.open_heif(content, convert_hdr_to_8bit=True)
    _check_size(source.size)
    picture = source.to_pillow()
    del source
    ImageOps.exif_transpose(picture, in_place=True)
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _opened(content: bytes, kind: str) -> Image.Image:
    try:
        picture = Image.open(BytesIO(content), formats=[kind])
    except (OSError, ValueError, SyntaxError, EOFError, struct.error):
        raise Refusal(BROKEN) from None
    _check_size(picture.size)
    return picture


def _check_size(size: tuple[int, int]) -> None:
    if size[0] * size[1] > PIXELS:
        raise Refusal(TOO_MANY_PIXELS)


def _decode(picture: Image.Image) -> None:
    try:
        picture.load()
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, struct.error):
        raise Refusal(BROKEN) from None


def _fit(type_: str, content: bytes, kept: bytes) -> Fit:
    return Fit(type_) if kept == content else Fit(type_, kept, ("metadata-removed",))


def _jpeg_parts(content: bytes, orientation: int) -> Iterator[bytes]:
    """The segments that make the picture, to its first end: what phones hang on behind (a second picture, a film) goes too."""
    yield content[:2]
    if orientation != 1 and orientation in range(2, 9):
        exif = Image.Exif()
        exif[_ORIENTATION] = orientation
        data = b"Exif\x00\x00" + exif.tobytes().removeprefix(b"Exif\x00\x00")
        yield b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data
    at = 2
    while at < len(content):
        at, marker = _marker(content, at)
        if marker in _STANDALONE:
            yield content[at - 2 : at]
            continue
        if marker == _EOI:
            break
        end = at + int.from_bytes(content[at : at + 2])
        if end <= at + 1 or end > len(content):
            raise Refusal(BROKEN)
        segment = content[at + 2 : end]
        if marker == _SOS:
            end = _after_scan(content, end)
        if _kept(marker, segment):
            yield content[at - 2 : end]
        at = end
    yield b"\xff\xd9"


def _marker(content: bytes, at: int) -> tuple[int, int]:
    """Behind the next marker, and which it is; padding may stand before it."""
    start = content.find(b"\xff", at)
    while start != -1 and content[start + 1 : start + 2] == b"\xff":
        start += 1
    if start == -1 or start + 1 >= len(content):
        return len(content), _EOI
    return start + 2, content[start + 1]


def _after_scan(content: bytes, at: int) -> int:
    """Where the compressed pixels end: at the first marker that is neither a stuffed byte nor a restart."""
    while (at := content.find(b"\xff", at)) != -1:
        following = content[at + 1 : at + 2]
        if following and following[0] not in (0x00, 0xFF, *range(0xD0, 0xD8)):
            return at
        at += 1 if following == b"\xff" else 2
    return len(content)


def _kept(marker: int, segment: bytes) -> bool:
    """Of what programs may add (APPn, comments): the colours' meaning, nothing else."""
    if marker == _APP0:
        return segment.startswith(b"JFIF\x00")
    if marker == _APP2:
        return segment.startswith(b"ICC_PROFILE\x00")
    if marker == _APP14:
        return segment.startswith(b"Adobe")
    return not _APP1 <= marker <= _APP15 and marker != _COM


def _png_parts(content: bytes) -> Iterator[bytes]:
    yield content[:8]
    at = 8
    while at + 12 <= len(content):
        length, name = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        end = at + 12 + length
        if end > len(content):
            raise Refusal(BROKEN)
        if name in _PNG_KEPT:
            yield content[at:end]
        at = end
        if name == b"IEND":
            return
    raise Refusal(BROKEN)
