"""The fonts documents are set with. `make install` and the image's build put them into this room's `fonts/` (shared/fonts.txt).

    python -m dossier_shared.documents.fonts TARGET      writes what each family covers, for the doors (part of `make contracts`)

Nothing else is looked at, neither the system's fonts nor typst's own: what can be printed is the same wherever it is printed.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from dossier_shared.vocabulary import printing

if TYPE_CHECKING:
    import typst

FOLDER = Path(__file__).parent / "fonts"
ORDER = (
    "Tinos", "Noto Sans Khmer", "Noto Sans Cham", "Noto Sans Tai Viet", "Noto Sans Lao", "Noto Sans Thai", "Noto Naskh Arabic",
    "Noto Sans S Chinese", "Noto Sans Korean", "Noto Sans Symbols", "Noto Sans Symbols 2",
)  # fmt: skip
"""Letters of the Vietnamese languages first; signs last."""


_own = threading.local()


def compiler() -> typst.Compiler:
    """The thread's own: a compiler takes one document at a time, and refuses whoever comes meanwhile."""
    import typst

    if not hasattr(_own, "compiler"):
        _own.compiler = typst.Compiler(font_paths=fonts(), ignore_system_fonts=True)
    own: typst.Compiler = _own.compiler
    return own


@cache
def fonts() -> typst.Fonts:
    import typst

    if absent := printing.absent(FOLDER):
        raise RuntimeError(absent)
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FOLDER])


def covered() -> dict[str, str]:
    """By family, in ORDER: the code points every style of it has, as ranges in hexadecimal."""
    from fontTools.ttLib import TTFont

    found: dict[str, set[int]] = {}
    for font in fonts().fonts():
        if font.path is None:
            raise ValueError(f"{font.family} is a font of typst's own")
        with TTFont(font.path, lazy=True) as file:
            points = set(file.getBestCmap())
        found[font.family] = found.get(font.family, points) & points
    if set(found) != set(ORDER):
        raise ValueError(f"fonts without a place in ORDER, or the reverse: {sorted(set(found) ^ set(ORDER))}")
    return {family: ",".join(_spans(sorted(point for point in found[family] if point >= 0x20))) for family in ORDER}


def _spans(points: Iterable[int]) -> Iterator[str]:
    first = last = -2
    for point in (*points, -1):
        if point != last + 1:
            if first >= 0:
                yield f"{first:x}" if first == last else f"{first:x}-{last:x}"
            first = point
        last = point


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(orjson.dumps(covered(), option=orjson.OPT_INDENT_2) + b"\n")
