"""How a document of an agency begins and ends: as its entry in the catalogue says, else derived from its name. Pure.

Names are read as people write them: Uỷ and Ủy, UBND, composed or not, with as many blanks as there are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final, Protocol

from dossier_shared.contracts.entries import AgencyEntry
from dossier_shared.contracts.events import Letterhead

_BODIES: Final = {
    "ủy ban nhân dân": "Ủy ban nhân dân",
    "ubnd": "Ủy ban nhân dân",
    "hội đồng nhân dân": "Hội đồng nhân dân",
    "hđnd": "Hội đồng nhân dân",
}
"""Whoever signs for one of these signs on its behalf."""
_BODY: Final = re.compile(rf"({'|'.join(_BODIES)})\b[.:\s]*(.*)", re.IGNORECASE)
_UNIT: Final = re.compile(
    r"\b(phường|xã|thị trấn|đặc khu|thị xã|quận|huyện|thành phố|tỉnh|tp\.?)\s+(?=\S)", re.IGNORECASE
)
_WRITTEN_OUT: Final = re.compile(r"TM\.?\s+", re.IGNORECASE)
_MARK_OF_UY: Final = re.compile(r"\b(u)ỷ(?= ban)", re.IGNORECASE)


class Agencies(Protocol):
    """The catalogue's agencies in force, by code: a service's directory."""

    def agency(self, code: str) -> AgencyEntry | None: ...


def letterhead(agency: str, signature: Mapping[str, Any] | None = None, parent: str = "") -> Letterhead:
    """`signature`: what the catalogue says of the agency; whole, or not there. `parent`: the name of the one above."""
    known = derived(agency)
    if signature:
        on_behalf_of = _WRITTEN_OUT.sub("", _one_line(signature.get("on_behalf_of") or ""))
        known = Letterhead(
            agency_name=agency,
            lines=[_one_line(line) for line in signature.get("letterhead") or known.lines],
            on_behalf_of=f"TM. {on_behalf_of}" if on_behalf_of else "",
            title=_one_line(signature["title"]),
            place=_one_line(signature["place"]),
        )
    above = "" if known.on_behalf_of else _one_line(parent)  # a committee names nobody above itself
    return known.model_copy(update={"parent_name": above})


def in_force(directory: Agencies, agency: str) -> Letterhead | None:
    """By the catalogue's entry of today; None where there is none."""
    if (entry := directory.agency(agency)) is None:
        return None
    above = directory.agency(entry.parent) if entry.parent else None
    signature = entry.signature.model_dump() if entry.signature else None
    return letterhead(entry.name_vi, signature, above.name_vi if above else "")


def derived(agency: str) -> Letterhead:
    name = _MARK_OF_UY.sub(lambda found: "Ủy" if found[1] == "U" else "ủy", _one_line(agency))
    if (body := _BODY.match(name)) is None:
        units = list(_UNIT.finditer(name))
        place = _place(name, units[-1] if units else None)
        return Letterhead(agency_name=agency, lines=[name], title="Thủ trưởng đơn vị", place=place)
    whole, rest = _BODIES[body[1].lower()], body[2]
    return Letterhead(
        agency_name=agency,
        lines=[line for line in (whole, rest) if line],
        on_behalf_of=f"TM. {whole}",
        title="Chủ tịch",
        place=_place(rest, _UNIT.match(rest)) or name,
    )


def _place(name: str, unit: re.Match[str] | None) -> str:
    """`Bình Long` of `phường Bình Long`, `Phường 5` of `phường 5`; a name without a unit, whole."""
    place = name if unit is None else name[unit.end() :]
    if unit is not None and place[0].isdigit():
        place = f"{unit[1].capitalize()} {place}"
    return place.title() if place.isupper() else place


def _one_line(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())
