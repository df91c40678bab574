"""Tiny PDFs to hand in: valid files, a few dozen different ones, so that storing them does not dominate."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256

VARIANTS = 24  # different scans of each paper


@lru_cache(maxsize=2048)
def scan(code: str, variant: int) -> bytes:
    """One page with the paper's code on it."""
    text = f"BT /F1 14 Tf 60 760 Td ({_ascii(code)} - ban quet {variant:03d}) Tj ET".encode()
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(text), text),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def id_of(content: bytes) -> str:
    return sha256(content).hexdigest()


def _ascii(text: str) -> str:
    return "".join(letter for letter in text if letter.isascii() and letter not in "()\\")
