"""The papers of a dossier in the order they came, read from its journal: so those of older dossiers and of supplements too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

from dossier_intake.filing.documents import EXTENSIONS, safe_name
from dossier_intake.state import State
from dossier_shared.journal.dossier import Dossier
from dossier_shared.problems import NotFound

CameWith = Literal["filing", "completion", "supplement"]
# Events that bring papers: `documents` in their data, the names in the same order in their sealed part.
BRINGS: Final[Mapping[str, CameWith]] = {
    "submitted": "filing", "completed": "completion", "supplement-received": "supplement",
}  # fmt: skip
NAMELESS = "tai-lieu"


class FiledPaper(NamedTuple):
    """`n` counts from 1 and stays. `id`: SHA-256 of its bytes. `at`: an instant."""

    n: int
    code: str
    id: str
    type: str
    size: int
    name: str
    came_with: CameWith
    at: str


def papers_of(dossier: Dossier[State]) -> list[FiledPaper]:
    """Of a dossier loaded whole."""
    found: list[FiledPaper] = []
    for event in dossier.tail("intake", 0):
        if (came_with := BRINGS.get(event.type)) is None:
            continue
        names = event.open().get("documents", ())
        for position, paper in enumerate(event.data.get("documents", ())):
            name = names[position] if position < len(names) else NAMELESS
            found.append(_filed(len(found) + 1, paper, name, came_with, event.time))
    return found


def _filed(n: int, paper: Mapping[str, Any], name: str, came_with: CameWith, at: str) -> FiledPaper:
    type_ = paper["type"]
    shown = safe_name(name, type_) if type_ in EXTENSIONS else NAMELESS  # what a replay calls it is anybody's word
    return FiledPaper(n, paper["code"], paper["id"], type_, paper["size"], shown, came_with, at)


def paper_at(papers: list[FiledPaper], asked: str) -> FiledPaper:
    """`asked`: as it stands in the address."""
    if asked.isascii() and asked.isdigit() and len(asked) <= 4 and 1 <= int(asked) <= len(papers):
        return papers[int(asked) - 1]
    raise NotFound(
        "paper-not-found",
        "Hồ sơ không có giấy tờ mang số này. Hãy xem danh sách giấy tờ của hồ sơ.",
        "The dossier has no paper of that number. See the list of its papers.",
    )
