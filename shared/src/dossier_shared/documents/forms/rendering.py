"""Forms as PDF/A-2b."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from dossier_shared.documents.forms.models import Form
from dossier_shared.documents.forms.sheets import Sheet, sheet
from dossier_shared.documents.printing import typeset, written
from dossier_shared.vocabulary import printing
from dossier_shared.vocabulary.printing import PrintedText, check_printed, unprintable


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
    for one in sheets:
        one["qr"] = _qr(one["qr"]) if one.get("qr") else ""
    return typeset(_template(), {"title": sheets[0]["title"], "author": sheets[0]["agency"], "sheets": sheets}, made_at,
                   substitute=substitute)  # fmt: skip


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
