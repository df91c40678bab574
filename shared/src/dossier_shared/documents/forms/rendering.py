"""Forms as PDF/A-2b."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final

from dossier_shared.documents.forms.models import Form
from dossier_shared.documents.forms.sheets import Sheet, pieces, sheet
from dossier_shared.documents.printing import forget, joined, page_count, typeset, written
from dossier_shared.vocabulary import printing
from dossier_shared.vocabulary.printing import PrintedText, check_printed, unprintable

PART: Final = 4000  # of `_weight`: 60 to 80 MB of memory while it is set
LITTLE: Final = 400
ROWS: Final = 300  # of a register at once


def render_form(form: Form, made_at: datetime, *, substitute: bool = False) -> bytes:
    """As `render_forms`, of one."""
    return render_forms([form], made_at, substitute=substitute)


def render_forms(forms: Sequence[Form], made_at: datetime, *, substitute: bool = False) -> bytes:
    """One print run: each form begins a page, and its pages are counted for themselves. The same forms and instant (wall clock)
    give the same bytes. Takes a processor for a while: call it off the event loop.

    Raises Invalid `unprintable-text` that names the letters no font has; with `substitute` they are printed as their code points,
    and the paper says so. ValueError: nothing to print. RenderingFailed: a fault of ours.
    """
    if not forms:
        raise ValueError("a print run without a form")
    sheets = [sheet(form) for form in forms]
    if substitute:
        sheets = [_substituted(one) for one in sheets]
    else:
        check_printed([place for number, one in enumerate(sheets) for place in _odd(one, f"/{number}", one["title"])])
    about = {"title": sheets[0]["title"], "author": sheets[0]["agency"]}
    made: list[bytes] = []
    next_page = 1
    for part in _parts(piece for one in sheets for piece in pieces(one, ROWS)):
        if not part[0]["whole"]:  # a piece of a register is a part of its own
            part[0]["first_page"] = 1 if part[0]["begins"] else next_page
        made.append(typeset(_template(), {**about, "sheets": part}, made_at, substitute=substitute))
        if _weight(part) > LITTLE:
            forget()
        if not part[0]["whole"]:
            next_page = part[0]["first_page"] + page_count(made[-1])
    return joined(made)


def _parts(sheets: Iterable[Sheet]) -> Iterator[list[Sheet]]:
    """What is set at once: memory is needed for all of a part."""
    part: list[Sheet] = []
    weight = 0
    for one in sheets:
        one["qr"] = _qr(one["qr"]) if one.get("qr") else ""
        own = _weight(one)
        if part and (weight + own > PART or not one["whole"] or not part[-1]["whole"]):
            yield part
            part, weight = [], 0
        part.append(one)
        weight += own
    yield part


def _weight(said: Any) -> int:
    """About 15 KB of memory each: a text, and more for a long one."""
    if isinstance(said, str):
        return 1 + len(said) // 100
    if isinstance(said, dict):
        return sum(map(_weight, said.values()))
    return sum(map(_weight, said)) if isinstance(said, list | tuple) else 0


def _odd(said: Any, path: str, title: str) -> Iterator[PrintedText]:
    """What of a sheet has letters that cannot be printed."""
    if isinstance(said, str):
        if unprintable(said):
            yield PrintedText(path, title, title, said)
    elif isinstance(said, dict):
        for key, value in said.items():
            yield from _odd(value, f"{path}/{key}", title)
    elif isinstance(said, list | tuple):
        for index, value in enumerate(said):
            yield from _odd(value, f"{path}/{index}", title)


def _substituted(one: Sheet) -> Sheet:
    plain: Sheet = written(one, printing.substituted)
    return plain if plain == written(one, str) else {**plain, "substituted": plain["in_points"]}


def _qr(url: str) -> str:
    """As SVG; level M: a stamp or a fold may cover a little of it."""
    import segno

    out = io.BytesIO()
    segno.make(url, error="m", micro=False).save(out, kind="svg", border=0, xmldecl=False, svgns=True)
    return out.getvalue().decode()


@cache
def _template() -> bytes:
    return files("dossier_shared.documents").joinpath("templates/forms.typ").read_bytes()
