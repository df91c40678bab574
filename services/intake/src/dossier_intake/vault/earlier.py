"""Papers handed in before, as another filing may name them again. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from dossier_shared.clock import parse_instant

MOST: Final = 3  # of one paper, the newest first


class Earlier(NamedTuple):
    sha256: str
    file_name: str
    at: datetime


def earlier_papers(papers: Iterable[Mapping[str, Any]], codes: Collection[str]) -> dict[str, list[Earlier]]:
    """Of a vault's papers, the newest first, those that came as one of `codes` and that the account itself brought."""
    found: dict[str, list[Earlier]] = {}
    for one in papers:
        if one["reusable"] and one["code"] in codes and len(kept := found.setdefault(one["code"], [])) < MOST:
            kept.append(Earlier(one["sha256"], one["file_name"], parse_instant(one["at"])))
    return {code: kept for code, kept in found.items() if kept}
